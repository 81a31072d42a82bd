import type { Attempt } from '../../core/run/decision.ts'
import type { RunState } from '../../core/run/run-state.ts'
import type { Cancellation } from './backend.ts'
import type { Pins } from './pinned-objects.ts'

/** A run that has not ended, in memory: all of it can be folded and read again. */
export interface LiveRun {
  readonly id: string
  readonly pins: Pins
  state: RunState
  /** `idle` waits for a time or a person and holds no slot. */
  phase: 'starting' | 'idle' | 'queued' | 'active'
  /** Durable intents that no worker has been given yet. */
  attempts: readonly Attempt[]
  /** Intents without an outcome may stand in its journal; they are decided about when its turn comes, not before. */
  interrupted: boolean
  /** It goes on in a worker of its own, because it may be what brought down the one before. */
  alone: boolean
  /** Workers that died under it. */
  strikes: number
  /** Asked for while an attempt was being performed; `ended` is resolved with the answer. */
  cancel?: { readonly by: Cancellation; readonly ended: PromiseWithResolvers<'cancelled' | 'already-finished'> }
  /** Resolved once the request is durable. */
  readonly accepted: PromiseWithResolvers<void>
}

export function liveRun(state: RunState, pins: Pins): LiveRun {
  const accepted = Promise.withResolvers<void>()
  // Whoever starts the run hears of a failure; a second starter may not be there to.
  accepted.promise.catch(() => {})
  return {
    id: state.request.runId,
    pins,
    state,
    phase: 'starting',
    attempts: [],
    interrupted: false,
    alone: false,
    strikes: 0,
    accepted,
  }
}
