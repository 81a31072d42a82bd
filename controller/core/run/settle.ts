import type { Step, Workflow } from '../model/generated/kinds.ts'
import { stepsOfRun } from './each-step.ts'
import type { Attempt } from './decision.ts'
import type { RunEvent } from './events.ts'
import { stepIdOf } from './step-scope.ts'
import type { Outcome } from './outcome.ts'
import { covers } from './retry-codes.ts'
import { attemptsOf, longestVendorWaitMs, retryDelay } from './retry-delay.ts'

export interface Settling {
  readonly runId: string
  readonly workflow: Workflow['spec']
  readonly now: number
}

/**
 * What an outcome means under the step's policy: settled, tried again at a time, or unknown.
 * Unknown is reserved for what must not be repeated, whatever the policy says: an idempotent action is simply tried again. One that is looked up first
 * is tried again too, and is unknown only after its last attempt.
 */
export function settle(attempt: Attempt, outcome: Outcome, { runId, workflow, now }: Settling): RunEvent[] {
  const { step, connection } = attempt
  const place = { at: now, step, connection, requests: outcome.requests }
  if (outcome.kind === 'succeeded') return [{ type: 'AttemptSucceeded', ...place, outputs: outcome.outputs }]
  const { code, message } = outcome
  const retry = retryOf(workflow, step)
  const isPassing = retry?.codes === undefined ? outcome.kind !== 'failed' : covers(retry.codes, code)
  const afterMs = outcome.kind === 'retry' ? outcome.afterMs : undefined
  const final = !isPassing || attempt.attempt >= attemptsOf(retry) || (afterMs ?? 0) > longestVendorWaitMs
  if (outcome.kind === 'unknown' && (!attempt.idempotent || (final && attempt.isLookedUp === true)))
    return [{ type: 'AttemptUnknown', ...place, code, message }]
  const failed: RunEvent = {
    type: 'AttemptFailed',
    ...place,
    code,
    message,
    final,
    ...(afterMs !== undefined && { afterMs }),
  }
  if (final) return [failed]
  const fireAt = now + retryDelay(retry, attempt.attempt, [runId, step, connection], afterMs)
  return [failed, { type: 'TimerSet', at: now, step, connection, fireAt }]
}

function retryOf(workflow: Workflow['spec'], id: string): Step['retry'] {
  const stepId = stepIdOf(id)
  return stepsOfRun(workflow).find(({ step }) => step.id === stepId)?.step.retry
}
