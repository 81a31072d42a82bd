import type { Digest } from '../model/effective.ts'
import type { Json, JsonMap } from '../model/values.ts'
import type { CaseChange } from './cases.ts'
import type { RequestTrace } from './outcome.ts'

/** Raised only when the order in which the interpreter asks for effects changes; a run is finished by the epoch that it began with. */
export const epoch = 1

export interface TriggerOfRun {
  readonly kind: 'alert' | 'webhook' | 'schedule' | 'manual' | 'bulk' | 'workflow'
  readonly id: string
  /** Dedupe key of what arrived: one delivery, one run. */
  readonly deliveryId: string
}

/** The run that a step of which began this one. */
export interface ParentOfRun {
  readonly runId: string
  /** Instance of its step. */
  readonly step: string
  /** 1 for a run whose parent has none. */
  readonly depth: number
  /** Nobody awaits its end. */
  readonly detached?: true
}

/** Pins everything that the run will ever read: later changes to the fleet do not reach it. */
export interface RunRequested {
  readonly type: 'RunRequested'
  readonly at: number
  readonly runId: string
  readonly epoch: number
  readonly tenant: { readonly path: string; readonly uid: string }
  readonly workflow: {
    readonly name: string
    readonly owner: string
    readonly release: string
    readonly digest: Digest
  }
  readonly contextDigest: Digest
  readonly commit: string
  readonly trigger: TriggerOfRun
  readonly inputs: JsonMap
  readonly parent?: ParentOfRun
  /** Its actions are performed by the sandbox; no vendor hears of it. */
  readonly sandbox?: true
}

export interface RunStarted {
  readonly type: 'RunStarted'
  readonly at: number
}

/** The intent: durable before anything leaves the process. */
export interface AttemptScheduled {
  readonly type: 'AttemptScheduled'
  readonly at: number
  readonly step: string
  readonly connection: string
  /** Counts from 1. The same number twice means that the first one was interrupted. */
  readonly attempt: number
  readonly action: string
  readonly input: JsonMap
  readonly timeoutMs: number
  readonly idempotent: boolean
  /** It may be repeated because an earlier attempt is looked up first. */
  readonly isLookedUp?: true
  /** Every connection that performs this step, in the order of the binding. */
  readonly connections: readonly string[]
}

/** Of one connection of an action; or, without `connection`, of a step as a whole: skipped, decided, computed, approved. */
export interface AttemptSucceeded {
  readonly type: 'AttemptSucceeded'
  readonly at: number
  readonly step: string
  readonly connection?: string
  readonly outputs: JsonMap
  readonly skipped?: true
  /** Of a block that chose: `then`, `else`, the id of a case, or `default`. */
  readonly branch?: string
  /** A block has begun, and a second event ends it. */
  readonly opens?: true
  /** What a `forEach` goes through, pinned: the list that it came from is not read again. */
  readonly items?: readonly Json[]
  readonly requests?: readonly RequestTrace[]
  /** The person who said so, where the outcome was unknown. */
  readonly by?: string
}

export interface AttemptFailed {
  readonly type: 'AttemptFailed'
  readonly at: number
  readonly step: string
  readonly connection?: string
  readonly code: string
  readonly message: string
  /** False where another attempt follows; a TimerSet says when. */
  readonly final: boolean
  /** What the vendor asked to wait. */
  readonly afterMs?: number
  readonly outputs?: JsonMap
  readonly requests?: readonly RequestTrace[]
  readonly by?: string
}

/** It may have taken effect or not: only a person can tell. */
export interface AttemptUnknown {
  readonly type: 'AttemptUnknown'
  readonly at: number
  readonly step: string
  readonly connection: string
  readonly code: string
  readonly message: string
  readonly requests?: readonly RequestTrace[]
}

export interface TimerSet {
  readonly type: 'TimerSet'
  readonly at: number
  readonly step: string
  /** Absent where the step itself sleeps. */
  readonly connection?: string
  readonly fireAt: number
  /** Present where the attempt was not sent yet, and why: it comes again under the same number. */
  readonly postponed?: string
}

export interface TimerFired {
  readonly type: 'TimerFired'
  readonly at: number
  readonly step: string
  readonly connection?: string
}

export interface ApprovalRequested {
  readonly type: 'ApprovalRequested'
  readonly at: number
  readonly step: string
  readonly message: string
  readonly approvers: readonly string[]
  /** When no answer becomes a no; it never becomes a yes. */
  readonly expiresAt?: number
  /** Present where a guardrail asks: what will be performed is what was shown. */
  readonly action?: { readonly name: string; readonly input: JsonMap }
}

export interface ApprovalGiven {
  readonly type: 'ApprovalGiven'
  readonly at: number
  readonly step: string
  readonly approved: boolean
  readonly by: string
  readonly comment?: string
}

/** The intent to begin another run, whose id derives from this run and the step: however often it is begun, it is one run. */
export interface ChildRequested {
  readonly type: 'ChildRequested'
  readonly at: number
  readonly step: string
  readonly runId: string
  readonly workflow: {
    readonly name: string
    readonly owner: string
    readonly release: string
    readonly digest: Digest
  }
  readonly inputs: JsonMap
  readonly detached?: true
}

/** What there is to know of a child: how it ended or, where it is detached, that it is accepted. */
export interface ChildFinished {
  readonly type: 'ChildFinished'
  readonly at: number
  readonly step: string
  readonly runId: string
  readonly outcome: 'succeeded' | 'failed' | 'cancelled' | 'quarantined' | 'detached'
  readonly outputs: JsonMap
  readonly message?: string
}

/** What a step writes into a case of the tenant; the case is what all such events of all runs make of it. */
export interface CaseChanged {
  readonly type: 'CaseChanged'
  readonly at: number
  readonly step: string
  readonly case: string
  readonly change: CaseChange
}

export interface RunSucceeded {
  readonly type: 'RunSucceeded'
  readonly at: number
  readonly outputs: JsonMap
}

export interface RunFailed {
  readonly type: 'RunFailed'
  readonly at: number
  readonly code: string
  readonly message: string
  readonly step?: string
}

/** The run is to end: what waits fails, what is being performed is awaited, then `onCancelSteps` are performed. */
export interface CancelRequested {
  readonly type: 'CancelRequested'
  readonly at: number
  readonly by: string
  readonly reason: string
}

export interface RunCancelled {
  readonly type: 'RunCancelled'
  readonly at: number
  readonly by: string
  readonly reason: string
  /** It ended at once: nothing was awaited and nothing undone. */
  readonly killed?: true
  /** The step at which undoing failed. */
  readonly unfinished?: { readonly step: string; readonly message: string }
}

export interface RunQuarantined {
  readonly type: 'RunQuarantined'
  readonly at: number
  readonly reason: string
}

/** Everything that can stand in a run's journal. */
export type RunEvent =
  | RunRequested
  | RunStarted
  | AttemptScheduled
  | AttemptSucceeded
  | AttemptFailed
  | AttemptUnknown
  | TimerSet
  | TimerFired
  | ApprovalRequested
  | ApprovalGiven
  | ChildRequested
  | ChildFinished
  | CaseChanged
  | CancelRequested
  | RunSucceeded
  | RunFailed
  | RunCancelled
  | RunQuarantined
