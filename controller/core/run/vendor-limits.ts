import type { BoundConnection } from '../model/effective.ts'
import type { Connector } from '../model/generated/kinds.ts'
import { after, type Breaker, closedBreaker, pass } from './circuit-breaker.ts'
import type { Attempt } from './decision.ts'
import type { RunEvent } from './events.ts'
import { longestVendorWaitMs } from './retry-delay.ts'
import { fractionOf } from './run-id.ts'
import { heldBack, type RateBucket, take } from './rate-bucket.ts'

export type Admission =
  | { readonly kind: 'go' }
  /** Nothing is lost: the same attempt comes again then. */
  | { readonly kind: 'later'; readonly at: number; readonly because: string }
  /** It has failed without being sent, and may be tried again after that time. */
  | { readonly kind: 'stopped'; readonly afterMs: number; readonly because: string }

/** How a connection fares, for whoever looks. */
export interface LimitState {
  readonly breaker: Breaker['state']
  /** When it is tried again; null where nothing is in the way. */
  readonly notBefore: number | null
}

interface Kept {
  bucket?: RateBucket
  heldUntil: number
  breaker: Breaker
  /** Attempts that were told a time, by idempotency key: they do not take from the bucket twice. */
  readonly promised: Map<string, number>
}

const mostPromised = 10_000

/**
 * Whether an attempt may be sent now: the connector's rate limit, what the vendor asked for with Retry-After, and a circuit
 * breaker. By connection of the tenant that declares it, because that is the account that the vendor counts.
 */
export class VendorLimits {
  readonly #kept = new Map<string, Kept>()

  admit(
    attempt: Attempt,
    connection: BoundConnection,
    connector: Connector['spec'] | undefined,
    now: number,
  ): Admission {
    const key = keyOf(connection)
    const kept = this.#of(key)
    const passage = pass(kept.breaker, attempt.timeoutMs, now, [key, attempt.idempotencyKey])
    if (passage.kind === 'stop') {
      const because = `${connection.name} has failed several times in a row and is left alone for a while`
      return { kind: 'stopped', afterMs: passage.afterMs, because }
    }
    const { bucket } = kept
    const at = this.#turnOf(kept, attempt, connector, now)
    if (at - now > longestVendorWaitMs) {
      // Its turn is given back: it will not come.
      if (bucket) kept.bucket = bucket
      const because = `${connection.name} may not be used for more than a day: ${kept.heldUntil > now ? 'the vendor asked to wait' : 'so many wait for its rate limit'}`
      return { kind: 'stopped', afterMs: at - now, because }
    }
    if (at > now) {
      kept.promised.set(attempt.idempotencyKey, at)
      const why = kept.heldUntil > now ? 'the vendor asked to wait' : 'the vendor’s rate limit is used up'
      return { kind: 'later', at, because: `${connection.name}: ${why}` }
    }
    kept.promised.delete(attempt.idempotencyKey)
    kept.breaker = passage.breaker
    return { kind: 'go' }
  }

  /** What became of attempts, as it is journaled. */
  saw(connection: BoundConnection, event: RunEvent, now: number): void {
    if (event.type !== 'AttemptSucceeded' && event.type !== 'AttemptFailed' && event.type !== 'AttemptUnknown') return
    const key = keyOf(connection)
    const kept = this.#of(key)
    const code = event.type === 'AttemptSucceeded' ? undefined : event.code
    if (code !== undefined && !isVendors(code)) return
    kept.breaker = after(kept.breaker, code === undefined || !isOutage(code), now, key)
    const afterMs = event.type === 'AttemptFailed' ? (event.afterMs ?? 0) : 0
    // From the event's own time, as the timer of the run that was told: it must not come back a moment too early.
    if (afterMs > 0 && event.at + afterMs > kept.heldUntil) {
      kept.heldUntil = event.at + afterMs
      kept.bucket = heldBack(kept.bucket, kept.heldUntil)
      // Promises of the time before are void.
      kept.promised.clear()
    }
  }

  /** Of connections that were used since the start. */
  stateOf(connection: Pick<BoundConnection, 'owner' | 'name'>, now: number): LimitState {
    const kept = this.#kept.get(keyOf(connection))
    if (kept === undefined) return { breaker: 'closed', notBefore: null }
    const { breaker, heldUntil } = kept
    const open = breaker.state === 'open' ? breaker.until : 0
    const notBefore = Math.max(open, heldUntil)
    return { breaker: breaker.state, notBefore: notBefore > now ? notBefore : null }
  }

  #turnOf(kept: Kept, attempt: Attempt, connector: Connector['spec'] | undefined, now: number): number {
    const promised = kept.promised.get(attempt.idempotencyKey)
    if (promised !== undefined) return promised
    const limit = connector?.rateLimit
    if (limit === undefined) return kept.heldUntil > now ? spread(kept.heldUntil, now, attempt) : now
    const cost = connector?.actions.find(({ action }) => action === attempt.action)?.requests.length ?? 1
    const taken = take(kept.bucket, limit, cost, now)
    kept.bucket = taken.bucket
    return taken.notBefore
  }

  #of(key: string): Kept {
    const known = this.#kept.get(key)
    if (known) {
      // Those of runs that were cancelled never come back.
      if (known.promised.size > mostPromised) known.promised.clear()
      return known
    }
    const kept: Kept = { heldUntil: 0, breaker: closedBreaker, promised: new Map() }
    this.#kept.set(key, kept)
    return kept
  }
}

function keyOf({ owner, name }: Pick<BoundConnection, 'owner' | 'name'>): string {
  return `${owner}:${name}`
}

const longestSpreadMs = 10_000

/** Those that wait for one moment and have no rate to come back at. */
function spread(until: number, now: number, { idempotencyKey }: Attempt): number {
  return until + Math.round(Math.min(longestSpreadMs, (until - now) / 4) * fractionOf(idempotencyKey))
}

/** Codes of attempts that reached the vendor, or tried to: an expression that fails tells nothing of it. */
function isVendors(code: string): boolean {
  return isOutage(code) || /^(http-\d+|bad-answer|answer-too-large|redirect|refused-in-body)$/.test(code)
}

function isOutage(code: string): boolean {
  return /^(http-5\d\d|http-408|timeout|unreachable|connection-lost|no-token)$/.test(code)
}
