import type { RunEvent, RunRequested } from '../../core/run/events.ts'
import type { Approval } from '../../core/run/give-approval.ts'
import type { RunFilter, RunPage, StoredObject } from '../../core/run/journal.ts'
import type { Resolution } from '../../core/run/resolve-unknown.ts'

export interface StartRequest {
  /** As `requestRun` made it; its id makes the start idempotent. */
  readonly event: RunRequested
  /** Workflow spec, tenant context and connector specs that the run pins; those that are stored already may be left out. */
  readonly objects?: readonly StoredObject[]
}

export type Signal = ({ readonly kind: 'approval' } & Approval) | ({ readonly kind: 'resolution' } & Resolution)

export type SignalAnswer =
  | { readonly kind: 'taken' }
  | {
      readonly kind: 'refused'
      readonly code: 'unknown-run' | 'finished' | 'not-waiting' | 'already-decided' | 'unknown-step'
      readonly message: string
    }

export interface Cancellation {
  readonly by: string
  readonly reason: string
  /** The run ends at once, whatever it is doing, and undoes nothing; the runs that it awaits end with it. */
  readonly kill?: boolean
}

/** A run that could go on and does not. */
export interface OverdueRun {
  readonly runId: string
  readonly tenant: string
  /** When it could have gone on. */
  readonly since: number
  /** Nobody took it although its tenant has a free slot, or nobody woke it when its time came. */
  readonly reason: 'not-taken' | 'not-woken'
}

/** Where runs execute. Each operation is one that a durable engine offers; the contract is `test/conformance/backend.ts`. */
export interface Backend {
  /** Idempotent by run id. Resolves once the request is durable, and not before. */
  start(request: StartRequest): Promise<'accepted' | 'already-accepted'>
  /** Durable when it resolves. An answer to an approval step may come before the step asks. */
  signal(runId: string, signal: Signal): Promise<SignalAnswer>
  /**
   * Durable when it resolves. It takes effect at the run's next wait: what is being performed is awaited and journaled, the runs
   * that it awaits are cancelled and end first, then its `onCancelSteps` are performed.
   */
  cancel(runId: string, cancellation: Cancellation): Promise<'cancelled' | 'already-finished' | 'unknown-run'>
  list(filter: RunFilter): Promise<RunPage>
  history(runId: string): Promise<readonly RunEvent[] | undefined>
  /** Runs that could have gone on for so long, in milliseconds: one for each tenant, and all whose time has come. */
  overdue(forMs: number): readonly OverdueRun[]
  /** Goes on with every run that had not ended; says how many. */
  resume(): Promise<number>
  /** Awaits and journals what is being performed, and begins nothing more. */
  close(): Promise<void>
}
