import type { Change, DesiredState } from '../core/desired/index.ts'
import { isError, type Problem } from '../core/model/problems.ts'
import type { Revision } from '../core/model/snapshot.ts'
import type { ReconciledFleet } from './reconciler.ts'
import { workflowsOf } from './subscription-count.ts'

/** What others learn of a pass: small, whatever the size of the fleet. */
export interface Reconciled {
  readonly revision: Revision
  /** False where the files are those of the pass before. */
  readonly isNews: boolean
  readonly tenants: number
  readonly workflows: number
  /** Effective workflows of all tenants. */
  readonly subscriptions: number
  readonly changes: { readonly count: number; readonly first: readonly ShownChange[] }
  /** Paths of the tenants that stay at their last good state. */
  readonly frozen: readonly string[]
  /** Paths of the tenants that keep a repository of their own. */
  readonly mounted: readonly string[]
  readonly problems: Findings
  /** Those that the pass before did not have. */
  readonly fresh: Findings
  /** Why removals wait for a person's word. */
  readonly brake?: Problem
  /** Milliseconds by phase, in the order of the phases. */
  readonly timings: Readonly<Record<string, number>>
  /** Commit of the rendered branch; absent where nothing was recorded. */
  readonly rendered?: string
  /** Some tenant that has something to show. */
  readonly example?: { readonly tenant: string; readonly workflow: string }
}

export interface ShownChange {
  readonly kind: Change['kind']
  readonly path: string
  /** Absent where the tenant is removed. */
  readonly after?: Pick<Exclude<Change, { kind: 'remove' }>, 'workflows'> & { readonly digest: string }
}

export interface Findings {
  readonly errors: number
  readonly warnings: number
  /** The others are only counted. */
  readonly first: readonly Problem[]
}

/** A thousand problems read no better than two hundred, and every pass sends them from thread to thread. */
const shown = { changes: 100, problems: 500, fresh: 20 }

export function toReconciled(now: ReconciledFleet, before: ReconciledFleet | undefined): Reconciled {
  const { snapshot, desired, plan, problems, subscriptions, timings, rendered } = now
  const example = exampleOf(desired)
  return {
    revision: snapshot.revision,
    isNews: snapshot !== before?.snapshot,
    tenants: desired.tenants.size,
    workflows: desired.fleet.workflows.size,
    subscriptions,
    changes: { count: plan.changes.length, first: plan.changes.slice(0, shown.changes).map(shownChange) },
    frozen: plan.frozen.map(({ path }) => path),
    mounted: (snapshot.mounts ?? []).map(({ tenant }) => tenant),
    problems: findingsOf(problems, shown.problems),
    fresh: findingsOf(freshOf(problems, before?.problems ?? []), shown.fresh),
    timings,
    ...(plan.brake && { brake: plan.brake }),
    ...(rendered !== undefined && { rendered }),
    ...(example && { example }),
  }
}

function shownChange(change: Change): ShownChange {
  const { kind, path } = change
  if (change.kind === 'remove') return { kind, path }
  return { kind, path, after: { workflows: change.workflows, digest: change.tenant.digest } }
}

function findingsOf(problems: readonly Problem[], most: number): Findings {
  const errors = problems.filter(isError).length
  return { errors, warnings: problems.length - errors, first: problems.slice(0, most) }
}

function freshOf(problems: readonly Problem[], known: readonly Problem[]): readonly Problem[] {
  if (problems === known) return []
  const key = (item: Problem): string => `${item.code} ${item.place?.file}:${item.place?.line} ${item.message}`
  const seen = new Set(known.map(key))
  return problems.filter((item) => !seen.has(key(item)))
}

function exampleOf({ tenants }: DesiredState): Reconciled['example'] {
  const tenant = tenants.values().find((one) => workflowsOf(one) > 0)
  if (tenant?.kind !== 'valid') return undefined
  const [workflow] = tenant.workflows.keys()
  return workflow === undefined ? undefined : { tenant: tenant.path, workflow }
}
