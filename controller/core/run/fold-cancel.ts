import { newMap } from '../model/values.ts'
import type { CancelRequested, RunCancelled } from './events.ts'
import { type Failure, isSettled, type Lane, type RunState, type StepState } from './run-state.ts'
import { settleLanes } from './settle-lanes.ts'

/** What waits fails now. What is being performed, what another run does and what nobody knows the outcome of stays as it is. */
export function withCancel(state: RunState, cancel: CancelRequested): RunState {
  if (state.cancel !== undefined) return state
  const steps = new Map(state.steps)
  for (const [id, step] of steps)
    if (!isSettled(step)) steps.set(id, endCancelled({ ...step, cancelled: true }, cancel.at))
  return { ...state, cancel, steps }
}

export const notAgain: Failure = { code: 'cancelled', message: 'The run was cancelled: it is not tried again.' }
const cancelled: Failure = { code: 'cancelled', message: 'The run was cancelled.' }

/** The step as far as it has ended. */
export function endCancelled(step: StepState, at: number): StepState {
  const failed: StepState = { ...step, phase: 'failed', failure: cancelled, settledAt: at }
  if (step.phase === 'calling') {
    if (step.ended === undefined) return step
    const { outcome, outputs } = step.ended
    if (outcome !== 'succeeded' && outcome !== 'detached') return { ...failed, outputs }
    return { ...step, phase: 'succeeded', outputs, settledAt: at }
  }
  const [first] = step.lanes.values()
  if (step.phase !== 'open' || first === undefined) return { ...failed, outputs: newMap() }
  const lanes = new Map([...step.lanes].map(([name, lane]) => [name, laneLeft(lane)]))
  return settleLanes({ ...step, lanes }, first.scheduled.connections, at)
}

function laneLeft(lane: Lane): Lane {
  return lane.phase === 'retrying' || lane.phase === 'due' ? { ...lane, phase: 'failed', failure: notAgain } : lane
}

export function cancelledBecause({ by, reason, killed, unfinished }: RunCancelled): string {
  const how = killed ? ' (killed)' : ''
  const left = unfinished === undefined ? '' : `; undoing it failed at ${unfinished.step}: ${unfinished.message}`
  return `${reason === '' ? by : `${by}: ${reason}`}${how}${left}`
}
