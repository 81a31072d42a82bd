import type { Attempt } from '../../core/run/decision.ts'
import type { RunEvent } from '../../core/run/events.ts'
import type { RunState } from '../../core/run/run-state.ts'
import type { Cancellation, StartRequest } from './backend.ts'
import type { Pins } from './pinned-objects.ts'
import type { Seat, Suspicion } from './run-hosts.ts'

/** A run that has not ended, in memory: all of it can be folded and read again. */
export interface LiveRun {
  readonly id: string
  readonly pins: Pins
  state: RunState
  /** `idle` waits for a time or a person and holds no slot. */
  phase: 'starting' | 'idle' | 'queued' | 'active'
  /** Where it is advanced, while it is. */
  seat: Seat | undefined
  /** What was appended since its host was last told; of a new run, all. */
  untold: RunEvent[]
  /** What the journal does not have yet: it goes there with what is appended first. */
  unwritten: StartRequest | undefined
  /** Resolved once the journal has been given the request, durable or not. */
  readonly handedOver: PromiseWithResolvers<void>
  /** The latest append, done or not. */
  appending: Promise<unknown>
  /** Durable intents that no host has been given yet. */
  attempts: readonly Attempt[]
  /** Intents without an outcome may stand in its journal; they are decided about when its turn comes, not before. */
  interrupted: boolean
  /** Hosts that it lost in a row; it may be what brought them down. */
  suspicion: Suspicion
  /** Asked for while an attempt was being performed; `ended` is resolved with the answer. */
  cancel?:
    | { readonly by: Cancellation; readonly ended: PromiseWithResolvers<'cancelled' | 'already-finished'> }
    | undefined
  /** Resolved once the request is durable, by this start or by an earlier one. */
  readonly accepted: PromiseWithResolvers<'accepted' | 'already-accepted'>
}

export function liveRun(state: RunState, pins: Pins, unwritten?: StartRequest): LiveRun {
  const accepted = Promise.withResolvers<'accepted' | 'already-accepted'>()
  // Whoever starts the run hears of a failure; a second starter may not be there to.
  accepted.promise.catch(() => {})
  return {
    id: state.request.runId,
    pins,
    state,
    phase: 'starting',
    seat: undefined,
    untold: unwritten ? [unwritten.event] : [],
    unwritten,
    handedOver: Promise.withResolvers(),
    appending: accepted.promise,
    attempts: [],
    interrupted: false,
    suspicion: 0,
    accepted,
  }
}
