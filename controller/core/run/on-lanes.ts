import { append, type Decision, type DecisionContext } from './decision.ts'
import type { Lane, RunState, StepState } from './run-state.ts'
import { announce } from './schedule-attempt.ts'

export function onLanes(progress: StepState, state: RunState, context: DecisionContext): Decision[] {
  return [...progress.lanes.values()].flatMap((lane) => onLane(lane, state, context))
}

function onLane({ scheduled, phase, fireAt }: Lane, { request }: RunState, { now }: DecisionContext): Decision[] {
  const place = { step: scheduled.step, connection: scheduled.connection }
  const again = () => announce(request.runId, { ...scheduled, at: now, attempt: scheduled.attempt + 1 })
  switch (phase) {
    case 'scheduled':
      return [{ kind: 'await-outcome', ...place }]
    case 'unknown':
      return [{ kind: 'wait-resolution', ...place }]
    case 'retrying': {
      const at = fireAt ?? now
      if (at > now) return [{ kind: 'wait-until', at, ...place }]
      return [append({ type: 'TimerFired', at: now, ...place }), ...again()]
    }
    case 'due':
      return again()
    default:
      return []
  }
}
