import { diffPaths, formatPath, type Path, readPath } from '../merge/index.ts'
import type { Problem } from '../model/problems.ts'
import { schemaOf } from '../model/schemas.ts'
import { canonicalText, type Json, newMap } from '../model/values.ts'
import { type ObservedTenant, type Plan, planChanges, toObserved } from './plan.ts'
import type { DesiredState, DesiredWorkflow } from './resolve.ts'

/** One field that differs between two effective workflows. */
export interface FieldChange {
  readonly path: string
  readonly kind: 'added' | 'removed' | 'modified' | 'reordered'
  readonly from?: Json
  readonly to?: Json
}

/** The same effective difference at every tenant that has it. */
export interface Effect {
  readonly workflow: string
  readonly kind: 'added' | 'updated' | 'removed'
  readonly releases: { readonly from?: string; readonly to?: string }
  readonly tenants: readonly string[]
  readonly fields: readonly FieldChange[]
}

export interface Comparison {
  readonly plan: Plan
  readonly effects: readonly Effect[]
  /** Tenants whose tags, values or connections change, without a change of a workflow. */
  readonly contextOnly: readonly string[]
  /** Digest after the change, of every tenant that changes. */
  readonly digests: ReadonlyMap<string, string>
  /** Errors of the new state that the old one did not have. */
  readonly problems: readonly Problem[]
}

/** What going from one state to another does to every tenant, with equal effects told once. */
export function compareStates(from: DesiredState, to: DesiredState): Comparison {
  const observed = new Map<string, ObservedTenant>()
  for (const tenant of from.tenants.values()) if (tenant.kind === 'valid') observed.set(tenant.path, toObserved(tenant))
  const plan = planChanges(to, observed, {})

  const effects = new Map<string, Effect & { tenants: string[] }>()
  const contextOnly: string[] = []
  const digests = new Map<string, string>()
  const note = (
    kind: Effect['kind'],
    tenant: string,
    before: DesiredWorkflow | undefined,
    after: DesiredWorkflow | undefined,
  ): void => {
    const { name } = (after ?? before) as DesiredWorkflow
    const key = `${kind} ${name} ${before?.digest} ${after?.digest}`
    const known = effects.get(key)
    if (known) known.tenants.push(tenant)
    else {
      const releases = { ...(before && { from: before.release }), ...(after && { to: after.release }) }
      effects.set(key, {
        workflow: name,
        kind,
        releases,
        tenants: [tenant],
        fields: kind === 'updated' ? fieldChanges(before as DesiredWorkflow, after as DesiredWorkflow) : [],
      })
    }
  }
  for (const change of plan.changes) {
    const before = workflowsAt(from, change.kind === 'move' ? (change.from as string) : change.path)
    if (change.kind === 'remove') {
      for (const workflow of before.values()) note('removed', change.path, workflow, undefined)
      continue
    }
    const { added, updated, removed } = change.workflows
    digests.set(change.path, change.tenant.digest)
    for (const name of added) note('added', change.path, undefined, change.tenant.workflows.get(name))
    for (const name of updated) note('updated', change.path, before.get(name), change.tenant.workflows.get(name))
    for (const name of removed) note('removed', change.path, before.get(name), undefined)
    if (added.length + updated.length + removed.length === 0) contextOnly.push(change.path)
  }
  const known = new Set(from.problems.map(identity))
  const problems = to.problems.filter((item) => item.severity === 'error' && !known.has(identity(item)))
  return {
    plan,
    effects: grouped([...effects.values()]),
    contextOnly,
    digests,
    problems,
  }
}

/**
 * Tenants whose workflows differ from each other can still meet the very same difference. The widest effect comes first.
 */
function grouped(effects: readonly (Effect & { tenants: string[] })[]): Effect[] {
  const groups = new Map<string, Effect & { tenants: string[] }>()
  for (const effect of effects) {
    const { tenants, ...rest } = effect
    const key = canonicalText(rest as unknown as Json)
    const known = groups.get(key)
    if (known) known.tenants.push(...tenants)
    else groups.set(key, effect)
  }
  return [...groups.values()].sort((a, b) => b.tenants.length - a.tenants.length)
}

/** The fields that differ, each at its outermost path. */
export function fieldChanges(
  before: Pick<DesiredWorkflow, 'spec'>,
  after: Pick<DesiredWorkflow, 'spec'>,
): FieldChange[] {
  const schema = schemaOf('Workflow')
  const [from, to] = [wrap(before.spec as unknown as Json), wrap(after.spec as unknown as Json)]
  const diff = diffPaths({ from, to, schema })
  const list = (kind: FieldChange['kind'], paths: readonly Path[]): FieldChange[] =>
    outermost(paths).map((path) => {
      const [old, now] = [readPath(from, path, schema), readPath(to, path, schema)]
      return {
        path: formatPath(path),
        kind,
        ...(old !== undefined && { from: old }),
        ...(now !== undefined && { to: now }),
      }
    })
  return [
    ...list('modified', diff.modified),
    ...list('added', diff.added),
    ...list('removed', diff.removed),
    ...list('reordered', diff.reordered),
  ]
}

/** Leaves out every path that lies inside another one of the list. */
export function outermost(paths: readonly Path[]): Path[] {
  const texts = new Set(paths.map(formatPath))
  return paths.filter((path) => !path.some((_, length) => length > 0 && texts.has(formatPath(path.slice(0, length)))))
}

function wrap(spec: Json): Json {
  const document = newMap()
  document['spec'] = spec
  return document
}

function workflowsAt(state: DesiredState, path: string): ReadonlyMap<string, DesiredWorkflow> {
  const tenant = state.tenants.get(path)
  return tenant?.kind === 'valid' ? tenant.workflows : new Map()
}

function identity(item: Problem): string {
  return `${item.code} ${item.place?.file} ${item.path} ${item.message}`
}
