import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { BoundConnection } from '../../../controller/core/model/effective.ts'
import type { Connector } from '../../../controller/core/model/generated/kinds.ts'
import { newMap } from '../../../controller/core/model/values.ts'
import type { Attempt } from '../../../controller/core/run/decision.ts'
import type { RunEvent } from '../../../controller/core/run/events.ts'
import { VendorLimits } from '../../../controller/core/run/vendor-limits.ts'

const connection = { owner: 'acme', name: 'edr' } as BoundConnection
const other = { owner: 'acme', name: 'mail' } as BoundConnection

function connector(rateLimit?: Connector['spec']['rateLimit'], requests = 1): Connector['spec'] {
  const request = { id: 'r', method: 'GET', path: '/', example: { status: 200 } } as const
  return {
    vendor: 'V',
    product: 'P',
    auth: { scheme: 'none' },
    ...(rateLimit && { rateLimit }),
    actions: [{ action: 'a', requests: Array.from({ length: requests }, () => request), output: newMap() }],
  }
}

function attempt(key: number): Attempt {
  const place = { step: 's', connection: 'edr', attempt: 1, action: 'a', input: newMap() }
  return { ...place, idempotencyKey: `run-${key}/s`, timeoutMs: 30_000, idempotent: true }
}

const place = { step: 's', connection: 'edr' }
const failed = (at: number, code: string, afterMs?: number): RunEvent => ({
  type: 'AttemptFailed',
  at,
  ...place,
  code,
  message: '',
  final: false,
  ...(afterMs !== undefined && { afterMs }),
})
const succeeded = (at: number): RunEvent => ({ type: 'AttemptSucceeded', at, ...place, outputs: newMap() })

/** Times at which attempts are sent, each coming again when it was told to. */
function timesSent(limits: VendorLimits, spec: Connector['spec'], arrivals: readonly number[]): number[] {
  const sent: number[] = []
  const waiting = arrivals.map((at, key) => ({ at, key }))
  for (;;) {
    waiting.sort((a, b) => a.at - b.at || a.key - b.key)
    const next = waiting.shift()
    if (next === undefined) return sent
    const admission = limits.admit(attempt(next.key), connection, spec, next.at)
    if (admission.kind === 'go') sent.push(next.at)
    else if (admission.kind === 'later') waiting.push({ at: admission.at, key: next.key })
    else throw new Error('nothing has failed')
  }
}

describe('the rate limit', () => {
  test('no window of the vendor’s sees more than the limit, and nothing is left out', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 60 }),
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.integer({ min: 0, max: 30_000 }), { maxLength: 150 }),
        (requests, perSeconds, arrivals) => {
          const sent = timesSent(new VendorLimits(), connector({ requests, perSeconds }), arrivals)
          expect(sent).toHaveLength(arrivals.length)
          const inWindow = sent.map((at) => sent.filter((each) => each >= at && each < at + perSeconds * 1_000).length)
          expect(Math.max(0, ...inWindow)).toBeLessThanOrEqual(requests)
        },
      ),
    )
  })

  test('an action of three requests counts as three', () => {
    const sent = timesSent(new VendorLimits(), connector({ requests: 6, perSeconds: 6 }, 3), [0, 0, 0])
    expect(sent).toEqual([0, 6_000, 12_000])
  })

  test('an attempt that was told a time takes its turn once, in the order of asking', () => {
    expect(timesSent(new VendorLimits(), connector({ requests: 10, perSeconds: 9 }), [0, 0, 0, 0])).toEqual([
      0, 1_000, 2_000, 3_000,
    ])
  })

  test('what would wait for more than a day is refused, and takes nobody’s turn', () => {
    const limits = new VendorLimits()
    const spec = connector({ requests: 1, perSeconds: 36_000 })
    const kinds = [1, 2, 3, 4].map((key) => limits.admit(attempt(key), connection, spec, 0).kind)
    expect(kinds).toEqual(['go', 'later', 'stopped', 'stopped'])
    expect(limits.admit(attempt(2), connection, spec, 72_000_000).kind).toBe('go')
  })

  test('connections do not share it', () => {
    const limits = new VendorLimits()
    const spec = connector({ requests: 1, perSeconds: 60 })
    expect(limits.admit(attempt(1), connection, spec, 0)).toEqual({ kind: 'go' })
    expect(limits.admit(attempt(2), connection, spec, 0)).toMatchObject({ kind: 'later' })
    expect(limits.admit(attempt(3), other, spec, 0)).toEqual({ kind: 'go' })
  })
})

describe('what the vendor asked to wait', () => {
  test('holds for all runs of the connection, which come back spread out', () => {
    const limits = new VendorLimits()
    limits.saw(connection, failed(1_000, 'http-429', 40_000), 1_005)
    expect(limits.stateOf(connection, 1_005)).toEqual({ breaker: 'closed', notBefore: 41_000 })
    const times = [1, 2, 3, 4].map((key) => {
      const admission = limits.admit(attempt(key), connection, connector(), 2_000)
      return admission.kind === 'later' ? admission.at : 0
    })
    expect(Math.min(...times)).toBeGreaterThanOrEqual(41_000)
    expect(Math.max(...times)).toBeLessThanOrEqual(51_000)
    expect(new Set(times).size).toBe(4)
    times.forEach((at, index) => expect(limits.admit(attempt(index + 1), connection, connector(), at).kind).toBe('go'))
  })

  test('with a rate limit they come back at that rate', () => {
    const limits = new VendorLimits()
    const spec = connector({ requests: 10, perSeconds: 9 })
    limits.saw(connection, failed(0, 'http-503', 20_000), 0)
    const times = [1, 2, 3].map((key) => limits.admit(attempt(key), connection, spec, 5_000))
    expect(times).toMatchObject([{ at: 21_000 }, { at: 22_000 }, { at: 23_000 }])
  })

  test('a failure that says no time holds nobody', () => {
    const limits = new VendorLimits()
    limits.saw(connection, failed(0, 'http-429'), 0)
    expect(limits.admit(attempt(1), connection, connector(), 1)).toEqual({ kind: 'go' })
  })
})

describe('the circuit breaker', () => {
  const opened = (): VendorLimits => {
    const limits = new VendorLimits()
    for (let i = 0; i < 5; i++) limits.saw(connection, failed(0, 'http-503'), 0)
    return limits
  }
  const until = (limits: VendorLimits, now = 0): number => limits.stateOf(connection, now).notBefore ?? 0
  const ask = (limits: VendorLimits, now: number, key = 1) =>
    limits.admit(attempt(key), connection, connector(), now).kind

  test.each([
    ['five outages in a row open it', ['http-500', 'timeout', 'unreachable', 'connection-lost', 'no-token'], 'open'],
    ['four do not', ['http-500', 'http-502', 'http-503', 'http-504'], 'closed'],
    ['refusals are answers of a product that works', Array(9).fill('http-403'), 'closed'],
    ['nor does being too fast', Array(9).fill('http-429'), 'closed'],
    ['nor what never left', Array(9).fill('bad-expression'), 'closed'],
    [
      'an answer in between begins the count anew',
      ['http-500', 'http-500', 'http-404', 'http-500', 'http-500', 'http-500'],
      'closed',
    ],
  ])('%s', (_, codes: readonly string[], state) => {
    const limits = new VendorLimits()
    for (const code of codes) limits.saw(connection, failed(0, code), 0)
    expect(limits.stateOf(connection, 0).breaker).toBe(state)
  })

  test('while it is open nothing is sent, and other connections go on', () => {
    const limits = opened()
    expect(ask(limits, 1)).toBe('stopped')
    expect(limits.admit(attempt(1), other, connector(), 1)).toEqual({ kind: 'go' })
    const [one, two] = [1, 2].map((key) => limits.admit(attempt(key), connection, connector(), 1))
    expect(one).not.toEqual(two)
  })

  test('then one attempt goes to see: a good answer closes it, a bad one opens it for longer', () => {
    const limits = opened()
    const first = until(limits)
    expect([ask(limits, first, 1), ask(limits, first, 2)]).toEqual(['go', 'stopped'])
    expect(limits.stateOf(connection, first).breaker).toBe('half-open')
    limits.saw(connection, failed(first + 100, 'timeout'), first + 100)
    const second = until(limits, first + 100)
    expect(second - first).toBeGreaterThan(first)
    expect(ask(limits, second)).toBe('go')
    limits.saw(connection, succeeded(second + 100), second + 100)
    expect(limits.stateOf(connection, second + 100)).toEqual({ breaker: 'closed', notBefore: null })
    expect([ask(limits, second + 100, 3), ask(limits, second + 100, 4)]).toEqual(['go', 'go'])
  })

  test('a probe of which nothing is heard does not keep it shut for ever', () => {
    const limits = opened()
    const first = until(limits)
    expect(ask(limits, first, 1)).toBe('go')
    expect(ask(limits, first + 29_999, 2)).toBe('stopped')
    expect(ask(limits, first + 30_000, 2)).toBe('go')
  })
})
