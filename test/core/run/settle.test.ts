import { expect, test } from 'vitest'
import { newMap } from '../../../controller/core/model/values.ts'
import type { Attempt } from '../../../controller/core/run/decision.ts'
import type { Outcome } from '../../../controller/core/run/outcome.ts'
import { settle } from '../../../controller/core/run/settle.ts'
import { workflowOf } from './scenario.ts'

const workflow = workflowOf('steps: [{ id: open, action: create_ticket, with: {}, retry: { attempts: 2 } }]')
const unknown: Outcome = { kind: 'unknown', code: 'timeout', message: 'no answer', requests: [] }

function typesOf(attempt: number, repeatable: Pick<Attempt, 'idempotent' | 'isLookedUp'>): string[] {
  const place = { step: 'open', connection: 'desk', action: 'create_ticket', input: newMap() }
  const tried: Attempt = { ...place, attempt, ...repeatable, idempotencyKey: 'run/open', timeoutMs: 1_000 }
  return settle(tried, unknown, { runId: 'run', workflow, now: 0 }).map(({ type }) => type)
}

test('an unknown outcome is tried again where that does no harm', () => {
  expect(typesOf(1, { idempotent: false })).toEqual(['AttemptUnknown'])
  expect(typesOf(1, { idempotent: true })).toEqual(['AttemptFailed', 'TimerSet'])
  expect(typesOf(2, { idempotent: true })).toEqual(['AttemptFailed'])
})

test('or where it is looked up first; after the last attempt it stays unknown, because to say that it failed would be a guess', () => {
  expect(typesOf(1, { idempotent: true, isLookedUp: true })).toEqual(['AttemptFailed', 'TimerSet'])
  expect(typesOf(2, { idempotent: true, isLookedUp: true })).toEqual(['AttemptUnknown'])
})

test('what the vendor asked to wait is kept with the attempt', () => {
  const outcome: Outcome = { kind: 'retry', code: 'http-429', message: '', afterMs: 60_000, requests: [] }
  const place = { step: 'open', connection: 'desk', action: 'create_ticket', input: newMap() }
  const tried: Attempt = { ...place, attempt: 1, idempotent: true, idempotencyKey: 'run/open', timeoutMs: 1_000 }
  expect(settle(tried, outcome, { runId: 'run', workflow, now: 5 })).toMatchObject([
    { type: 'AttemptFailed', afterMs: 60_000, final: false },
    { type: 'TimerSet', fireAt: 60_005 },
  ])
})

test('retry.codes says which failures are tried again: no others, and those that are final otherwise too', () => {
  const table: [code: string, kind: 'failed' | 'retry', codes: string | undefined, isTried: boolean][] = [
    ['http-404', 'failed', undefined, false],
    ['http-503', 'retry', undefined, true],
    ['http-404', 'failed', '[http-404]', true],
    ['http-503', 'retry', '[http-404]', false],
    ['http-503', 'retry', '[http-5xx, timeout]', true],
    ['http-503', 'retry', '[http-4xx]', false],
    ['timeout', 'retry', '[http-5xx, timeout]', true],
  ]
  for (const [code, kind, codes, isTried] of table) {
    const retry = `{ attempts: 2${codes === undefined ? '' : `, codes: ${codes}`} }`
    const policy = workflowOf(`steps: [{ id: open, action: create_ticket, with: {}, retry: ${retry} }]`)
    const place = { step: 'open', connection: 'desk', action: 'create_ticket', input: newMap() }
    const tried: Attempt = { ...place, attempt: 1, idempotent: false, idempotencyKey: 'run/open', timeoutMs: 1_000 }
    const events = settle(tried, { kind, code, message: '', requests: [] }, { runId: 'run', workflow: policy, now: 0 })
    expect([code, codes, events.map(({ type }) => type)]).toEqual([
      code,
      codes,
      isTried ? ['AttemptFailed', 'TimerSet'] : ['AttemptFailed'],
    ])
  }
})

test('no policy makes a person unnecessary where repeating may do harm', () => {
  const policy = workflowOf(
    'steps: [{ id: open, action: create_ticket, with: {}, retry: { attempts: 5, codes: [timeout] } }]',
  )
  const place = { step: 'open', connection: 'desk', action: 'create_ticket', input: newMap() }
  const tried: Attempt = { ...place, attempt: 1, idempotent: false, idempotencyKey: 'run/open', timeoutMs: 1_000 }
  expect(settle(tried, unknown, { runId: 'run', workflow: policy, now: 0 })).toMatchObject([{ type: 'AttemptUnknown' }])
})
