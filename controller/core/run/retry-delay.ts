import type { Step } from '../model/generated/kinds.ts'
import { fractionOf } from './run-id.ts'

const absent = { attempts: 3, delaySeconds: 2, factor: 2 }
const longestBackoffMs = 3_600_000
/** A vendor that asks for more than this has refused. */
export const longestVendorWaitMs = 86_400_000

export function attemptsOf(retry: Step['retry']): number {
  return retry?.attempts ?? absent.attempts
}

/**
 * Milliseconds before the attempt that follows the given one. The jitter (three quarters to five quarters) is derived from the
 * names, so that a thousand runs that failed together do not come back together and a replay sees the same times.
 */
export function retryDelay(
  retry: Step['retry'],
  attempt: number,
  names: readonly [runId: string, step: string, connection: string],
  afterMs = 0,
): number {
  const { delaySeconds = absent.delaySeconds, factor = absent.factor } = retry ?? absent
  const backoff = Math.min(longestBackoffMs, delaySeconds * 1_000 * factor ** (attempt - 1))
  return Math.max(afterMs, Math.round(backoff * (0.75 + fractionOf(...names, attempt) / 2)))
}
