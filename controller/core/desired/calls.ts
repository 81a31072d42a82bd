import { formatPath } from '../merge/index.ts'
import type { ChildWorkflow } from '../model/effective.ts'
import type { Step, Workflow } from '../model/generated/kinds.ts'
import { type Problem, problem } from '../model/problems.ts'
import { stepListsIn, stepListsOf } from '../model/step-lists.ts'
import { suggestName } from '../model/suggest-name.ts'
import { newMap } from '../model/values.ts'
import { overlaysOf } from './chain.ts'
import { type Fleet, isUnreadable } from './fleet.ts'
import { testedSpec } from './releases.ts'
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
  let calls = known.get(spec)
  if (!calls) {
    const found = stepListsIn(spec).flatMap(({ steps, path }) => [...callsIn(steps, formatPath(['spec', ...path]))])
    calls = found.length === 0 ? none : found
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
): Called {
  const children: Record<string, ChildWorkflow> = Object.create(null)
  const calleeOf = (name: string) => workflows.get(name)?.spec
  for (const workflow of workflows.values()) {
    const calls = callsOf(workflow.spec)
    if (calls.length === 0) continue
    for (const { name, path } of calls) {
      const callee = workflows.get(name)
      if (callee === undefined) {
        const message = `${tenant} does not receive ${name}, which ${workflow.name} performs`
        return refused(problem('unknown-workflow', message, { tenant, ...placeOf(workflow, path) }))
      }
      const cycle = cycleFrom(name, workflow.name, calleeOf)
      if (cycle) {
        const message = inWords([workflow.name, ...cycle])
        return refused(problem('workflow-cycle', message, { tenant, ...placeOf(workflow, path) }))
      }
      const { owner, release, digest, spec } = callee
      children[name] = { owner, release, digest, inputs: spec.inputs ?? noInputs }
    }
    const wrong = check(workflow.spec, calleeOf).find(({ severity }) => severity === 'error')
    if (wrong) return refused({ ...wrong, tenant, ...placeOf(workflow, wrong.path ?? '') })
  }
  return Object.keys(children).length === 0 ? nobody : { kind: 'called', children: sorted(children) }
}

function refused(cause: Problem): Called {
  return { kind: 'refused', problem: cause }
}

function sorted(children: Children): Children {
  const entries = Object.entries(children).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.freeze(Object.assign(newMap(), Object.fromEntries(entries)) as unknown as Children)
}

/** In the release, where the step stands there; else in the overlay nearest to the tenant. */
function placeOf({ chain, release }: DesiredWorkflow, path: string) {
  const { head, releases } = chain.workflow
  const entry = releases.get(release) ?? head
  const stands =
    entry && !isUnreadable(entry) && callsOf(entry.resource.spec).some((call) => path.startsWith(call.path))
  const overlay = overlaysOf(chain).at(-1)
  const file = stands || !overlay ? entry?.file : overlay.file
  return {
    ...(file !== undefined && { place: { file, line: 1, column: 1 } }),
    path: stands || !overlay ? path : '/spec/patch',
  }
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

/** The same of the heads, which no tenant may have yet. */
export function checkCallsOfHeads(fleet: Fleet, check: CheckWorkflow): Problem[] {
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
    const alone = new Set(check(spec).map(wordsOf))
    for (const item of check(spec, calleeOf)) if (!alone.has(wordsOf(item))) found.push({ ...item, place })
  }
  return found
}

function wordsOf({ path, message }: Problem): string {
  return `${path} ${message}`
}
