import type { Permission, Principal } from '../core/access/authorize.ts'
import type { TriggerAddress } from '../core/access/webhook-signature.ts'
import type { BoundConnection } from '../core/model/effective.ts'
import type { CaseDetail, CaseFilter, CasePage } from '../core/run/cases.ts'
import type { RunEvent } from '../core/run/events.ts'
import type { RunFilter, RunPage } from '../core/run/journal.ts'
import type { Resolution } from '../core/run/resolve-unknown.ts'
import type { LimitState } from '../core/run/vendor-limits.ts'
import type { RunState } from '../core/run/run-state.ts'
import type { Cancellation, OverdueRun } from '../io/backend/backend.ts'
import type { AppliedTenants } from '../reconcile/applied-tenants.ts'
import type { Progress } from '../reconcile/progress.ts'
import type { Reconciled } from '../reconcile/reconciled.ts'
import type { Swept } from '../reconcile/sweep.ts'
import type { BulkRuns } from '../triggers/bulk-runs.ts'
import type { StartRun } from '../triggers/run-wanted.ts'

export interface RunHistory {
  readonly state: RunState
  readonly events: readonly RunEvent[]
  /** Connector by name of the connection, as pinned by the run. */
  readonly connectors: Readonly<Record<string, string>>
}

/** Degraded: alerts are taken and runs go on, but what is applied may not be what the fleet says. Failing: nothing is taken. */
export type Health = { readonly kind: 'healthy' } | { readonly kind: 'degraded' | 'failing'; readonly reason: string }

/** The cases of one tenant. */
export interface CaseReader {
  listCases(filter: CaseFilter): CasePage
  readCase(id: string): CaseDetail | undefined
}

/** What the API needs of the running controller. */
export interface ControllerView {
  /** The latest reconcile; undefined before the first one has ended. */
  reconciled(): Reconciled | undefined
  /** How far the pass that goes on now has come, and since when it goes on. */
  progress(): (Progress & { readonly since: number }) | undefined
  /** The tenants with their states as of the latest reconcile, as the JSON text of an answer. */
  tenantList(): Promise<Uint8Array>
  /** Tenants as they are applied, whoever is reconciling. */
  readonly applied: AppliedTenants
  health(): Health
  /** Runs that could have gone on for longer than a minute, and did not. */
  overdue(): readonly OverdueRun[]
  readonly start: StartRun
  readonly bulk: Pick<BulkRuns, 'begin' | 'progress' | 'list' | 'cancel'>
  /** Removes what is older than its tenant keeps it. */
  sweep(): Promise<Swept>
  listRuns(filter: RunFilter): RunPage
  /** Undefined where there is no such run, and where `principal` may not do this with the runs of its tenant. */
  history(runId: string, principal: Principal, permission?: Permission): RunHistory | undefined
  /** Undefined where the answer was taken; otherwise why not. */
  approve(
    runId: string,
    answer: { step: string; approved: boolean; by: string; comment?: string },
  ): Promise<string | undefined>
  /** Says what became of an attempt whose outcome is unknown. Undefined where it was taken; otherwise why not. */
  resolve(runId: string, resolution: Resolution): Promise<string | undefined>
  /** False where the run has ended already. */
  cancel(runId: string, cancellation: Cancellation): Promise<boolean>
  /** Undefined where `principal` may not read the cases of the tenant. */
  cases(tenant: { readonly path: string; readonly uid: string }, principal: Principal): CaseReader | undefined
  /** How a connection fares with its vendor. */
  limitOf(connection: BoundConnection): LimitState
  webhookSecret(tenantUid: string): string
  triggerSecret(address: TriggerAddress): string
  sourceSecret(tenantUid: string): string
  /** Looks at a tenant's own repository soon; nothing where it has none. */
  hintSource(tenant: string): Promise<void>
  /** Whether this very message was taken already. */
  isDelivered(tenantUid: string, id: string): boolean
  /** Right after its runs were asked for; resolves once it is durable. */
  recordDelivery(tenantUid: string, id: string): Promise<void>
  now(): number
}
