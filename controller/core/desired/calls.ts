import { formatPath } from '../merge/index.ts'
import type { ChildWorkflow } from '../model/effective.ts'
import type { Action, Step, Workflow } from '../model/generated/kinds.ts'
import { isError, type Problem, problem } from '../model/problems.ts'
import { performsOthers } from '../model/step-action.ts'
import { stepListsIn, stepListsOf } from '../model/step-lists.ts'
import { suggestName } from '../model/suggest-name.ts'
import { newMap } from '../model/values.ts'
import { overlaysOf } from './chain.ts'
import { type Fleet, isUnreadable } from './fleet.ts'
import { testedSpec } from './releases.ts'
import { patchPath } from './render-problems.ts'
import type { CheckWorkflow, DesiredWorkflow } from './resolve.ts'

type Spec = Workflow['spec']

export interface Call {
  /** Short name of the workflow that is performed. */
  readonly name: string
  /** Of the step. */
  readonly path: string
}

const none: readonly Call[] = []
const known = new WeakMap<Spec, readonly Call[]>()

/** The steps of a workflow that perform another one. */
export function callsOf(spec: Spec): readonly Call[] {
  if (!performsOthers(spec)) return none
  let calls = known.get(spec)
  if (!calls) {
    calls = stepListsIn(spec).flatMap(({ steps, path }) => [...callsIn(steps, formatPath(['spec', ...path]))])
    known.set(spec, calls)
  }
  return calls
}

function* callsIn(steps: readonly Step[], list: string): Generator<Call> {
  for (const step of steps) {
    const path = `${list}/[id=${step.id}]`
    if (step.workflow !== undefined) yield { name: step.workflow.name, path }
    for (const { steps: nested, path: within } of stepListsOf(step))
      yield* callsIn(nested, `${path}${formatPath(within)}`)
  }
}

const nobody: Called = { kind: 'called' }
const noInputs = { properties: {} }

type Children = Readonly<Record<string, ChildWorkflow>>

export type Called =
  | { readonly kind: 'called'; readonly children?: Children }
  | { readonly kind: 'refused'; readonly problem: Problem }

/** What the workflows of a tenant perform of one another, or why that cannot be. */
export function childrenOf(
  tenant: string,
  workflows: ReadonlyMap<string, DesiredWorkflow>,
  check: CheckWorkflow,
  actionOf: DeclaredAction,
): Called {
  let children: Record<string, ChildWorkflow> | undefined
  const around = { calleeOf: (name: string) => workflows.get(name)?.spec, actionOf }
  for (const workflow of workflows.values()) {
    for (const { name, path } of callsOf(workflow.spec)) {
      const callee = workflows.get(name)
      if (callee === undefined) {
        const message = `${tenant} does not receive ${name}, which ${workflow.name} performs`
        return refused(problem('unknown-workflow', message, { tenant, ...placeOfCall(workflow, path) }))
      }
      const cycle = cycleFrom(name, workflow.name, around.calleeOf)
      if (cycle) {
        const message = inWords([workflow.name, ...cycle])
        return refused(problem('workflow-cycle', message, { tenant, ...placeOfCall(workflow, path) }))
      }
      const { owner, release, digest, spec } = callee
      children ??= Object.create(null) as Record<string, ChildWorkflow>
      children[name] = { owner, release, digest, inputs: spec.inputs ?? noInputs }
    }
    const wrong = check(workflow.spec, around).find(isError)
    if (wrong) {
      const isOfRelease = (spec: Spec) => check(spec, around).some((item) => wordsOf(item) === wordsOf(wrong))
      return refused({ ...wrong, tenant, ...placeOf(workflow, wrong.path ?? '', isOfRelease) })
    }
  }
  return children ? { kind: 'called', children: sorted(children) } : nobody
}

function refused(cause: Problem): Called {
  return { kind: 'refused', problem: cause }
}

function sorted(children: Children): Children {
  const entries = Object.entries(children).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.freeze(Object.assign(newMap(), Object.fromEntries(entries)) as unknown as Children)
}

function placeOfCall(workflow: DesiredWorkflow, path: string) {
  return placeOf(workflow, path, (spec) => callsOf(spec).some((call) => call.path === path))
}

/** In the release, where that says it already; else in the overlay nearest to the tenant. */
function placeOf({ chain, release }: DesiredWorkflow, path: string, isOfRelease: (spec: Spec) => boolean) {
  const { head, releases } = chain.workflow
  const entry = releases.get(release) ?? head
  const overlay = overlaysOf(chain).at(-1)
  if (overlay && !(entry && !isUnreadable(entry) && isOfRelease(entry.resource.spec)))
    return { place: { file: overlay.file, line: 1, column: 1 }, path: patchPath(path) }
  return { ...(entry && { place: { file: entry.file, line: 1, column: 1 } }), path }
}

/** The names on the way from one workflow back to another; undefined where there is none. */
function cycleFrom(from: string, to: string, calleeOf: (name: string) => Spec | undefined): string[] | undefined {
  const seen = new Set<string>()
  const search = (name: string): string[] | undefined => {
    if (name === to) return [name]
    if (seen.has(name)) return undefined
    seen.add(name)
    const spec = calleeOf(name)
    for (const call of spec ? callsOf(spec) : none) {
      const rest = search(call.name)
      if (rest) return [name, ...rest]
    }
    return undefined
  }
  return search(from)
}

function inWords(names: readonly string[]): string {
  return `${names.join(' performs ')}: this has no end`
}

/** The head that a short name means; none where several workflows have it, because only a tenant tells which one is meant. */
export function headsOf({ workflows }: Fleet): (name: string) => Spec | undefined {
  const byName = Map.groupBy(workflows.values(), ({ name }) => name)
  return (name) => {
    const [one, another] = byName.get(name) ?? []
    return one && !another ? testedSpec(one, undefined) : undefined
  }
}

/** Names that lead nowhere, and circles, among the heads, which no tenant may have yet. */
export function checkCallsOfHeads(fleet: Fleet): Problem[] {
  const calleeOf = headsOf(fleet)
  const names = new Set([...fleet.workflows.values()].map(({ name }) => name))
  const found: Problem[] = []
  for (const { head, name: own } of fleet.workflows.values()) {
    if (!head || isUnreadable(head)) continue
    const { spec } = head.resource
    const calls = callsOf(spec)
    if (calls.length === 0) continue
    const place = { file: head.file, line: 1, column: 1 }
    for (const { name, path } of calls) {
      const near = suggestName(name, [...names])
      if (!names.has(name))
        found.push(
          problem('unknown-workflow', `there is no workflow \`${name}\``, {
            place,
            path: `${path}/workflow/name`,
            ...(near !== undefined && { hint: `did you mean \`${near}\`?` }),
          }),
        )
      const cycle = cycleFrom(name, own, calleeOf)
      if (cycle)
        found.push(problem('workflow-cycle', inWords([own, ...cycle]), { place, path: `${path}/workflow/name` }))
    }
  }
  return found
}

type DeclaredAction = (name: string) => Action['spec'] | undefined
const declared = new WeakMap<Fleet['actions'], DeclaredAction>()

/** The same function for the same actions, so that what was checked with them need not be checked again. */
export function actionsIn({ actions }: Fleet): DeclaredAction {
  let known = declared.get(actions)
  if (!known) {
    known = (name) => {
      const entry = actions.get(name)
      return entry && !isUnreadable(entry) ? entry.resource.spec : undefined
    }
    declared.set(actions, known)
  }
  return known
}

function wordsOf({ path, message }: Problem): string {
  return `${path} ${message}`
}
