import { append, type Decision } from './decision.ts'
import { isFinished, type Lane, type RunState } from './run-state.ts'
import { announce } from './schedule-attempt.ts'

/** A run that takes the process down each time must not do so for ever. */
const interruptionsAllowed = 5

/** True where the same attempt was interrupted before: such a run is to be performed apart from the others, so that only it can be to blame. */
export function isSuspect(state: RunState): boolean {
  return interruptedIn(state).some(({ interruptions }) => interruptions > 0)
}

/**
 * What to do about intents without an outcome, after the process that had them is gone.
 * An idempotent one is announced and performed again under the same key; any other may have taken effect, and a person decides.
 */
export function recover(state: RunState, now: number): Decision[] {
  if (isFinished(state)) return []
  const interrupted = interruptedIn(state)
  const worst = interrupted.find(({ interruptions }) => interruptions >= interruptionsAllowed)
  if (worst !== undefined) {
    const reason = `The controller stopped ${worst.interruptions + 1} times while step ${worst.scheduled.step} was being performed.`
    return [append({ type: 'RunQuarantined', at: now, reason })]
  }
  return interrupted.flatMap((lane) => recoverLane(lane, state, now))
}

function interruptedIn(state: RunState): Lane[] {
  return [...state.steps.values()].flatMap(({ lanes }) =>
    [...lanes.values()].filter(({ phase }) => phase === 'scheduled'),
  )
}

function recoverLane({ scheduled }: Lane, { request, steps }: RunState, now: number): Decision[] {
  const { step, connection, idempotent } = scheduled
  // What a cancellation found at work is not done again.
  const isCancelled = steps.get(step)?.cancelled === true
  if (idempotent && !isCancelled) return announce(request.runId, { ...scheduled, at: now })
  const message = 'The controller stopped while this was being performed: whether it took effect is not known.'
  return [append({ type: 'AttemptUnknown', at: now, step, connection, code: 'interrupted', message })]
}
