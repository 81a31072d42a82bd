import { caps } from '../model/caps.ts'
import type { Workflow } from '../model/generated/kinds.ts'
import type { Json } from '../model/values.ts'
import { append, type Decision } from './decision.ts'
import type { RunEvent } from './events.ts'
import type { RunState } from './run-state.ts'

/** When a run has gone on for as long as it may; undefined before it has begun, and where it is undone already. */
export function deadlineOf({ startedAt, cancel }: RunState, { timeoutSeconds }: Workflow['spec']): number | undefined {
  if (startedAt === undefined || cancel !== undefined) return undefined
  return startedAt + Math.min(caps.runMs, (timeoutSeconds ?? Number.POSITIVE_INFINITY) * 1_000)
}

/** True where an intent has no outcome yet: a run does not end over what may be taking effect now. */
export function isPerforming({ steps }: RunState): boolean {
  for (const { lanes } of steps.values()) for (const { phase } of lanes.values()) if (phase === 'scheduled') return true
  return false
}

/** The end of a run that is over a budget of the run as a whole. To undo a cancelled one must always be possible. */
export function overBudget(state: RunState, workflow: Workflow['spec'], now: number): Decision | undefined {
  if (state.cancel !== undefined || isPerforming(state)) return undefined
  const failed = (code: string, message: string) => append({ type: 'RunFailed', at: now, code, message })
  if (state.payload > caps.payloadBytes)
    return failed('budget-payload', `The run holds more than ${caps.payloadBytes} bytes, which is all it may.`)
  const deadline = deadlineOf(state, workflow)
  if (deadline === undefined || now < deadline) return undefined
  const seconds = Math.round((deadline - (state.startedAt ?? 0)) / 1_000)
  return failed('budget-run-time', `The run has gone on for ${seconds} seconds, which is all it may.`)
}

/** Bytes that an event adds to what its run holds. */
export function payloadOf(event: RunEvent): number {
  switch (event.type) {
    case 'RunRequested':
    case 'ChildRequested':
      return sizeOf(event.inputs)
    case 'AttemptScheduled':
      return sizeOf(event.input)
    case 'AttemptSucceeded':
      return sizeOf(event.outputs) + (event.items === undefined ? 0 : sizeOf(event.items))
    case 'ChildFinished':
      return sizeOf(event.outputs)
    case 'AttemptFailed':
      return event.outputs === undefined ? 0 : sizeOf(event.outputs)
    case 'ApprovalRequested':
      return event.message.length + (event.action === undefined ? 0 : sizeOf(event.action.input))
    default:
      return 0
  }
}

/** About as long as its JSON: near enough for a budget, and it makes no text. */
function sizeOf(value: Json): number {
  if (typeof value === 'string') return value.length + 2
  if (typeof value !== 'object' || value === null) return 8
  let size = 2
  if (Array.isArray(value)) for (const item of value as readonly Json[]) size += 1 + sizeOf(item)
  else for (const [key, item] of Object.entries(value)) size += key.length + 4 + sizeOf(item)
  return size
}
