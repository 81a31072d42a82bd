import type { BoundConnection } from '../model/effective.ts'
import type { Step } from '../model/generated/kinds.ts'
import type { JsonMap } from '../model/values.ts'
import { type Attempt, append, type Decision, type DecisionContext } from './decision.ts'
import type { AttemptScheduled } from './events.ts'
import { idempotencyKeyOf } from './run-id.ts'

const absentTimeoutSeconds = 30
/** One attempt holds a place in a host: only waits may be longer than a day. */
const longestTimeoutSeconds = 86_400

export interface NextAttempt {
  readonly runId: string
  readonly step: Step & { readonly action: string }
  readonly input: JsonMap
  readonly connection: BoundConnection
  readonly connections: readonly string[]
  readonly attempt: number
}

export function scheduleAttempt(next: NextAttempt, context: DecisionContext): Decision[] {
  const { step, connection } = next
  const action = context.connectors[connection.connectorDigest]?.actions.find(
    ({ action: name }) => name === step.action,
  )
  const event: AttemptScheduled = {
    type: 'AttemptScheduled',
    at: context.now,
    step: step.id,
    connection: connection.name,
    attempt: next.attempt,
    action: step.action,
    input: next.input,
    timeoutMs: Math.min(step.timeoutSeconds ?? absentTimeoutSeconds, longestTimeoutSeconds) * 1_000,
    idempotent: action?.idempotent === true || action?.lookup !== undefined,
    ...(action?.idempotent !== true && action?.lookup !== undefined && { isLookedUp: true }),
    connections: next.connections,
  }
  return announce(next.runId, event)
}

/** The intent, and what it intends. They come together, because an intent that is found alone means a crash. */
export function announce(runId: string, event: AttemptScheduled): Decision[] {
  return [append(event), { kind: 'perform', attempt: attemptOf(runId, event) }]
}

export function attemptOf(runId: string, event: AttemptScheduled): Attempt {
  const { step, connection, attempt, action, input, timeoutMs, idempotent, isLookedUp, connections } = event
  const idempotencyKey = idempotencyKeyOf(runId, step, connection, connections.length)
  const rest = isLookedUp === undefined ? {} : { isLookedUp }
  return { step, connection, attempt, action, input, idempotencyKey, timeoutMs, idempotent, ...rest }
}
