import { fractionOf } from './run-id.ts'

/** `half-open` lets one attempt through to see whether the product is back. */
export type Breaker =
  | { readonly state: 'closed'; readonly failures: number; readonly opened: number }
  | { readonly state: 'open'; readonly until: number; readonly opened: number }
  | { readonly state: 'half-open'; readonly probeUntil: number; readonly opened: number }

export const closedBreaker: Breaker = { state: 'closed', failures: 0, opened: 0 }

/** Failures in a row that open it. */
const failuresAllowed = 5
const firstOpenMs = 15_000
const longestOpenMs = 300_000
/** What waits for a probe looks again after this, a little apart from each other. */
const probeWaitMs = 2_000

export type Passage =
  | { readonly kind: 'pass'; readonly breaker: Breaker }
  | { readonly kind: 'stop'; readonly afterMs: number }

/** `names` spread those that are stopped, so that they do not come back together. */
export function pass(breaker: Breaker, timeoutMs: number, now: number, names: readonly string[]): Passage {
  if (breaker.state === 'closed') return { kind: 'pass', breaker }
  const until = breaker.state === 'open' ? breaker.until : breaker.probeUntil
  if (now >= until)
    // A probe of which nothing was heard counts as gone after its time.
    return { kind: 'pass', breaker: { state: 'half-open', probeUntil: now + timeoutMs, opened: breaker.opened } }
  const rest = breaker.state === 'open' ? until - now : probeWaitMs
  return { kind: 'stop', afterMs: Math.round(rest + probeWaitMs * fractionOf(...names)) }
}

/** After an attempt that had an outcome: whether the product answered as one that works. */
export function after(breaker: Breaker, isWorking: boolean, now: number, name: string): Breaker {
  if (isWorking) return closedBreaker
  // What was sent before it opened tells nothing new.
  if (breaker.state === 'open') return breaker
  const failures = breaker.state === 'closed' ? breaker.failures + 1 : failuresAllowed
  if (failures < failuresAllowed) return { state: 'closed', failures, opened: breaker.opened }
  const opened = breaker.opened + 1
  const base = Math.min(longestOpenMs, firstOpenMs * 2 ** (opened - 1))
  return { state: 'open', until: now + Math.round(base * (0.75 + fractionOf(name, opened, now) / 2)), opened }
}
