import type { Json, JsonMap } from '../model/values.ts'
import type {
  ApprovalGiven,
  ApprovalRequested,
  AttemptScheduled,
  CancelRequested,
  ChildFinished,
  ChildRequested,
  RunRequested,
} from './events.ts'

export interface Failure {
  readonly code: string
  readonly message: string
}

/** How far one connection of an action step is. */
export interface Lane {
  readonly phase: 'scheduled' | 'retrying' | 'due' | 'unknown' | 'succeeded' | 'failed'
  /** The latest intent. */
  readonly scheduled: AttemptScheduled
  /** How often the present attempt was scheduled again because a crash had interrupted it. */
  readonly interruptions: number
  readonly fireAt?: number
  /** Why the present attempt has not been sent yet. */
  readonly postponed?: string
  readonly outputs?: JsonMap
  readonly failure?: Failure
}

/** `asked` waits for a person's yes, `asleep` for a time, `calling` for another run, `open` is being performed; the other three are settled, for good unless a chosen branch fails. */
export interface StepState {
  /** Of the instance: `block`, or `block[2]` within the items of a loop. */
  readonly id: string
  readonly phase: 'asked' | 'asleep' | 'calling' | 'open' | 'succeeded' | 'skipped' | 'failed'
  readonly outputs: JsonMap
  readonly branch?: string
  /** A block that ends with an event of its own. */
  readonly opened?: true
  readonly items?: readonly Json[]
  readonly wakeAt?: number
  readonly failure?: Failure
  readonly asked?: ApprovalRequested
  readonly answer?: ApprovalGiven
  readonly child?: ChildRequested
  readonly ended?: ChildFinished
  /** It was going on when the run was cancelled: nothing of it is tried again. */
  readonly cancelled?: true
  /** Of an action step, by connection, in the order of the binding; empty until the first intent. */
  readonly lanes: ReadonlyMap<string, Lane>
  readonly startedAt: number
  readonly settledAt?: number
}

export type RunPhase = 'requested' | 'running' | 'succeeded' | 'failed' | 'cancelled' | 'quarantined'

/** A run as its journal tells it; nothing else is known of a run. Maps, because they have no prototype. */
export interface RunState {
  readonly request: RunRequested
  readonly phase: RunPhase
  /** Events folded; the version that the next append expects. */
  readonly version: number
  /** Bytes of the values that it holds, about. */
  readonly payload: number
  /** By id, in the order in which they began. */
  readonly steps: ReadonlyMap<string, StepState>
  /** Answers that came before they were asked for. */
  readonly early: ReadonlyMap<string, ApprovalGiven>
  readonly startedAt?: number
  /** The run is being cancelled. */
  readonly cancel?: CancelRequested
  readonly finishedAt?: number
  readonly outputs?: JsonMap
  /** Why it ended, where it did not succeed. */
  readonly failure?: Failure & { readonly step?: string }
}

export type FinishedRun = RunState & { readonly phase: Exclude<RunPhase, 'requested' | 'running'> }

export function isFinished(state: RunState): state is FinishedRun {
  return state.phase !== 'requested' && state.phase !== 'running'
}

export function isSettled(step: StepState): boolean {
  return step.phase === 'succeeded' || step.phase === 'skipped' || step.phase === 'failed'
}
