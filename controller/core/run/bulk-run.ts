import type { JsonMap } from '../model/values.ts'
import { runIdOf } from './run-id.ts'
import type { StateWord } from './run-summary.ts'

export interface BulkTarget {
  readonly tenant: string
  readonly uid: string
  /** Whose workflow of this name it is: another one would be another run. */
  readonly owner: string
}

/** One workflow for many tenants: pinned when it is asked for, so that what is started does not depend on restarts. */
export interface BulkRequest {
  readonly id: string
  readonly workflow: string
  /** The tag expression that chose the targets. */
  readonly to: string
  readonly inputs: JsonMap
  readonly sandbox: boolean
  readonly by: string
  readonly requestedAt: number
  /** Runs that are on their way at the same time. */
  readonly concurrency: number
  /** From 0 to 1; no number of failures ends it where absent. */
  readonly haltOnFailureRate?: number
  readonly targets: readonly BulkTarget[]
  /** Chosen, and left out with a reason. */
  readonly skipped: readonly { readonly tenant: string; readonly reason: string }[]
}

export type BulkState = 'running' | 'finished' | 'halted' | 'cancelled'

/** What has become of a target. */
export type TargetState = 'pending' | StateWord | 'refused'

/** The trigger of every run of a bulk: it says which bulk, and so tenant and bulk make the run's id. */
export function bulkTrigger(id: string) {
  return { kind: 'bulk', id: 'bulk', deliveryId: id } as const
}

export function runIdOfTarget({ id, workflow, sandbox }: BulkRequest, { uid, owner }: BulkTarget): string {
  const { id: trigger, deliveryId } = bulkTrigger(id)
  return runIdOf({
    tenantUid: uid,
    workflow: `${owner}:${workflow}`,
    trigger,
    deliveryId: sandbox ? `sandbox:${deliveryId}` : deliveryId,
  })
}

const fewest = 10

/**
 * Whether so many failures end a bulk. The rate is of the runs that have ended, but of at least ten: the first failure of
 * a thousand is no rate. Where there are fewer targets it is of all of them.
 */
export function halts(rate: number | undefined, failed: number, ended: number, targets: number): boolean {
  return rate !== undefined && failed > 0 && failed > rate * Math.max(ended, Math.min(fewest, targets))
}

const failures = new Set<TargetState>(['failed', 'quarantined', 'cancelled', 'refused'])

export function isFailure(state: TargetState): boolean {
  return failures.has(state)
}

export type BulkCounts = Readonly<Partial<Record<TargetState, number>>>

/** Tenants whose run ended for the same reason. */
export interface BulkFailure {
  readonly state: TargetState
  readonly reason: string
  readonly count: number
  /** The first of them. */
  readonly tenants: readonly { readonly tenant: string; readonly run: string }[]
}

/** How a bulk stands, or stood when it ended. */
export interface BulkSummary {
  readonly counts: BulkCounts
  readonly failures: readonly BulkFailure[]
  /** Why it starts no more runs; empty where it started them all. */
  readonly reason: string
}

export interface TargetOutcome {
  readonly tenant: string
  readonly run: string
  readonly state: TargetState
  readonly reason: string
}

const tenantsShown = 10
const reasonsShown = 50

export function summariseBulk(outcomes: Iterable<TargetOutcome>, reason: string): BulkSummary {
  const counts: Partial<Record<TargetState, number>> = {}
  const groups = new Map<
    string,
    { state: TargetState; reason: string; count: number; tenants: { tenant: string; run: string }[] }
  >()
  for (const { tenant, run, state, reason: why } of outcomes) {
    counts[state] = (counts[state] ?? 0) + 1
    if (!isFailure(state)) continue
    const key = `${state} ${why}`
    const group = groups.get(key) ?? { state, reason: why, count: 0, tenants: [] }
    groups.set(key, group)
    group.count += 1
    if (group.tenants.length < tenantsShown) group.tenants.push({ tenant, run })
  }
  const shown = [...groups.values()].sort((a, b) => b.count - a.count).slice(0, reasonsShown)
  return { counts, failures: shown, reason }
}
