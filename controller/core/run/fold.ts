import { type JsonMap, newMap } from '../model/values.ts'
import type { AttemptFailed, AttemptScheduled, AttemptSucceeded, AttemptUnknown, RunEvent, TimerSet } from './events.ts'
import { cancelledBecause, endCancelled, notAgain, withCancel } from './fold-cancel.ts'
import { type Failure, isFinished, isSettled, type Lane, type RunState, type StepState } from './run-state.ts'
import { payloadOf } from './run-budgets.ts'
import { settleLanes } from './settle-lanes.ts'

/** A journal that no interpreter can have written: never ignored, because every decision rests on the fold. */
export class JournalError extends Error {
  override readonly name = 'JournalError'
}

export function foldAll(events: Iterable<RunEvent>): RunState {
  let state: RunState | null = null
  for (const event of events) state = fold(state, event)
  if (state === null) throw new JournalError('The journal is empty.')
  return state
}

/** The state after one more event. A new value each time; the old one stays as it was. */
export function fold(state: RunState | null, event: RunEvent): RunState {
  if (state === null) {
    if (event.type !== 'RunRequested') throw new JournalError(`A journal begins with RunRequested, not ${event.type}.`)
    const payload = payloadOf(event)
    return { request: event, phase: 'requested', version: 1, payload, steps: new Map(), early: new Map() }
  }
  if (isFinished(state)) throw new JournalError(`${event.type} follows the end of run ${state.request.runId}.`)
  return { ...apply(state, event), version: state.version + 1, payload: state.payload + payloadOf(event) }
}

function apply(state: RunState, event: RunEvent): RunState {
  switch (event.type) {
    case 'RunRequested':
      throw new JournalError(`Run ${state.request.runId} is requested twice.`)
    case 'RunStarted':
      return { ...state, phase: 'running', startedAt: event.at }
    case 'AttemptScheduled':
      return withLane(state, event, scheduledLane(lane(state, event), event))
    case 'AttemptSucceeded':
      if (event.connection === undefined) return settleStep(state, event)
      return withLane(state, event, { ...known(state, event), phase: 'succeeded', outputs: event.outputs })
    case 'AttemptFailed':
      if (event.connection === undefined) return settleStep(state, event)
      return withLane(state, event, {
        ...known(state, event),
        phase: event.final ? 'failed' : 'retrying',
        failure: failureOf(event),
      })
    case 'AttemptUnknown':
      return withLane(state, event, { ...known(state, event), phase: 'unknown', failure: failureOf(event) })
    case 'TimerSet':
      if (event.connection === undefined)
        return withStep(state, { ...begun(state, event), phase: 'asleep', wakeAt: event.fireAt })
      return withLane(state, event, retryingLane(known(state, event), event, state.steps.get(event.step)?.cancelled))
    case 'TimerFired':
      if (event.connection === undefined) return withStep(state, begun(state, event))
      return withLane(state, event, { ...known(state, event), phase: 'due' })
    case 'ApprovalRequested': {
      const early = new Map(state.early)
      const answer = event.action === undefined ? early.get(event.step) : undefined
      early.delete(event.step)
      return withStep({ ...state, early }, { ...begun(state, event), phase: 'asked', asked: event, answer })
    }
    case 'ApprovalGiven': {
      const step = state.steps.get(event.step)
      if (step === undefined) return { ...state, early: new Map(state.early).set(event.step, event) }
      // The first answer holds: a second person must not turn a yes that is being acted on into a no.
      if (step.phase !== 'asked' || step.answer !== undefined) return state
      return withStep(state, { ...step, answer: event })
    }
    case 'ChildRequested':
      return withStep(state, { ...begun(state, event), phase: 'calling', child: event })
    case 'ChildFinished': {
      const step = state.steps.get(event.step)
      // It may come after the step has given up waiting, or twice where a crash came in between.
      if (step?.phase !== 'calling' || step.child?.runId !== event.runId || step.ended !== undefined) return state
      const told = { ...step, ended: event }
      return withStep(state, step.cancelled ? endCancelled(told, event.at) : told)
    }
    case 'CaseChanged':
      return withStep(state, begun(state, event))
    case 'CancelRequested':
      return withCancel(state, event)
    case 'RunSucceeded':
      return { ...state, phase: 'succeeded', finishedAt: event.at, outputs: event.outputs }
    case 'RunFailed':
      return { ...state, phase: 'failed', finishedAt: event.at, failure: { ...failureOf(event), step: event.step } }
    case 'RunCancelled':
      return {
        ...state,
        phase: 'cancelled',
        finishedAt: event.at,
        failure: { code: 'cancelled', message: cancelledBecause(event) },
      }
    default:
      return {
        ...state,
        phase: 'quarantined',
        finishedAt: event.at,
        failure: { code: 'quarantined', message: event.reason },
      }
  }
}

interface OfLane {
  readonly step: string
  readonly connection?: string
}

function lane(state: RunState, { step, connection }: OfLane): Lane | undefined {
  return connection === undefined ? undefined : state.steps.get(step)?.lanes.get(connection)
}

function known(state: RunState, event: OfLane): Lane {
  const found = lane(state, event)
  if (found === undefined) throw new JournalError(`${event.step} on ${event.connection} was never scheduled.`)
  return found
}

/** An attempt that was not sent does not count: the one that the timer announces has its number. */
function retryingLane(known: Lane, { fireAt, postponed }: TimerSet, isCancelled = false): Lane {
  if (isCancelled) return { ...known, phase: 'failed', failure: known.failure ?? notAgain }
  if (postponed === undefined) return { ...known, phase: 'retrying', fireAt }
  const scheduled = { ...known.scheduled, attempt: known.scheduled.attempt - 1 }
  return { ...known, phase: 'retrying', fireAt, postponed, scheduled }
}

function scheduledLane(previous: Lane | undefined, scheduled: AttemptScheduled): Lane {
  const again = previous?.phase === 'scheduled' && previous.scheduled.attempt === scheduled.attempt
  return { phase: 'scheduled', scheduled, interruptions: again ? previous.interruptions + 1 : 0 }
}

function withLane(state: RunState, event: OfLane & { readonly at: number }, changed: Lane): RunState {
  const step = begun(state, event)
  const lanes = new Map(step.lanes).set(changed.scheduled.connection, changed)
  return withStep(state, settleLanes({ ...step, phase: 'open', lanes }, changed.scheduled.connections, event.at))
}

function settleStep(state: RunState, event: AttemptSucceeded | AttemptFailed): RunState {
  const step = decided(state, event) ?? begun(state, event)
  const outputs: JsonMap = event.outputs ?? newMap()
  if (event.type === 'AttemptFailed')
    return withStep(state, { ...step, phase: 'failed', outputs, failure: failureOf(event), settledAt: event.at })
  if (event.opens) return withStep(state, { ...step, opened: true, items: event.items })
  const phase = event.skipped ? 'skipped' : 'succeeded'
  return withStep(state, { ...step, phase, outputs, branch: event.branch, settledAt: event.at })
}

/** A block that chose its branch has settled, and may fail all the same when the branch does. */
function decided(state: RunState, { type, step: id }: AttemptSucceeded | AttemptFailed): StepState | undefined {
  const step = state.steps.get(id)
  return type === 'AttemptFailed' && step?.phase === 'succeeded' && step.branch !== undefined ? step : undefined
}

function begun(state: RunState, { step: id, at }: { readonly step: string; readonly at: number }): StepState {
  const step = state.steps.get(id)
  if (step === undefined) return { id, phase: 'open', outputs: newMap(), lanes: new Map(), startedAt: at }
  if (isSettled(step)) throw new JournalError(`Step ${id} of run ${state.request.runId} has ended already.`)
  return step
}

function withStep(state: RunState, step: StepState): RunState {
  return { ...state, steps: new Map(state.steps).set(step.id, step) }
}

function failureOf({ code, message }: AttemptFailed | AttemptUnknown | Failure): Failure {
  return { code, message }
}
