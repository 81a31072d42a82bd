import type { Step, Workflow } from '../core/model/generated/kinds.ts'
import { isError, type Problem } from '../core/model/problems.ts'
import { fitsKind, schemaProblems } from '../core/model/schema-problems.ts'
import { performsOthers } from '../core/model/step-action.ts'
import { type Json, type JsonMap, newMap } from '../core/model/values.ts'
import { type Around, checkActions, checkCalls } from '../core/run/check-uses.ts'
import { checkTypes } from '../core/run/check-types.ts'
import { checkWorkflow } from '../core/run/check-workflow.ts'
import { type Derived, stepsApart } from '../core/run/steps-apart.ts'

type Spec = Workflow['spec']

const verdicts = new WeakMap<Spec, readonly Problem[]>()

/** What most of a workflow was taken over from. */
const origins = new WeakMap<Spec, Derived>()

/**
 * What is wrong with a workflow as it was rendered: an overlay can break the schema, or take away a step that an
 * expression reads. Where nothing is wrong with the one that it has most of its steps `from`, only the others are looked at.
 */
export function checkWorkflowSpec(spec: Spec, around?: Around, from?: Spec): readonly Problem[] {
  let verdict = verdicts.get(spec)
  if (!verdict) {
    verdict = fits(spec) ? checkWorkflow(spec, originOf(spec, from)) : schemaProblems('Workflow', documentOf(spec))
    verdicts.set(spec, verdict)
  }
  if (around === undefined || verdict.some(isError)) return verdict
  const used = [...usedActions(spec, around), ...checkCalls(spec, around)]
  // Which workflow a name means is the tenant's own.
  if (performsOthers(spec)) used.push(...checkTypes(spec, around))
  return used.length === 0 ? verdict : [...verdict, ...used]
}

function originOf(spec: Spec, from: Spec | undefined): Derived | undefined {
  if (from === undefined || from === spec || checkWorkflowSpec(from).length > 0) return undefined
  const apart = stepsApart(spec, from)
  const origin = apart && { from, apart }
  if (origin) origins.set(spec, origin)
  return origin
}

/** Tenants share most workflows, and all of a fleet share its actions. */
const ofActions = new WeakMap<Spec, { readonly of: Around['actionOf']; readonly problems: readonly Problem[] }>()

function usedActions(spec: Spec, around: Around): readonly Problem[] {
  const { actionOf } = around
  let known = ofActions.get(spec)
  if (known?.of !== actionOf) {
    const origin = origins.get(spec)
    const derived = origin && usedActions(origin.from, around).length === 0 ? origin : undefined
    const types = performsOthers(spec) ? [] : checkTypes(spec, around, derived)
    known = { of: actionOf, problems: [...checkActions(spec, around, derived), ...types] }
    ofActions.set(spec, known)
  }
  return known.problems
}

/** Steps that fit their schema. Renderings share the objects of all steps that no overlay changed. */
const fitting = new WeakSet<Step>()

/** Whether the schema allows it. Steps that were looked at in another rendering are left out, so most of a document is. */
function fits(spec: Spec): boolean {
  const { steps } = spec as { steps?: unknown }
  if (!Array.isArray(steps)) return fitsKind('Workflow', documentOf(spec))
  const fresh = (steps as Step[]).filter((step) => !fitting.has(step))
  // The list itself must not become empty by what is left out, and not twice the same by what is looked at apart.
  const rest = fresh.length > 0 ? fresh : steps.slice(0, 1)
  const slim = Object.assign(newMap(), spec, { steps: rest })
  if (!fitsKind('Workflow', documentOf(slim))) return false
  for (const step of fresh) fitting.add(step)
  return new Set((steps as Step[]).map(({ id }) => id)).size === steps.length
}

function documentOf(spec: object): JsonMap {
  const metadata = newMap()
  metadata['name'] = 'rendered'
  return Object.assign(newMap(), { apiVersion: 'headwater.dev/v1', kind: 'Workflow', metadata, spec: spec as Json })
}
