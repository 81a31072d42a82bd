import type { Attempt, Decision } from '../../core/run/decision.ts'
import type { RunEvent } from '../../core/run/events.ts'
import type { RunState } from '../../core/run/run-state.ts'
import type { Pins } from './pinned-objects.ts'

export interface ReadyAttempt {
  readonly attempt: Attempt
  readonly secret: string | null
}

/** One whole advance of a run: perform what is durable as an intent, then decide until the next intent or wait. */
export interface AdvanceTask {
  readonly pinsKey: string
  /** Left out where the worker should have them. */
  readonly pins?: Pins
  readonly state: RunState
  readonly attempts: readonly ReadyAttempt[]
  readonly now: number
  /** True when the controller is stopping: journal what was performed, announce nothing new. */
  readonly settleOnly: boolean
}

export type Wait = Extract<Decision, { kind: 'wait-until' }>

export type AdvanceAnswer =
  | { readonly kind: 'need-pins' }
  | {
      readonly kind: 'advanced'
      /** To be appended before `attempts` are performed. */
      readonly events: readonly RunEvent[]
      readonly attempts: readonly Attempt[]
      readonly waits: readonly Wait[]
      /** A bug that the interpreter ran into after these events. */
      readonly fault?: string
    }
