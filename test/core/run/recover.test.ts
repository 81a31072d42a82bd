import { describe, expect, it } from 'vitest'
import { toValue } from '../../../controller/core/model/values.ts'
import { fold, foldAll } from '../../../controller/core/run/fold.ts'
import { giveApproval } from '../../../controller/core/run/give-approval.ts'
import type { Outcome } from '../../../controller/core/run/outcome.ts'
import { recover } from '../../../controller/core/run/recover.ts'
import { resolveUnknown } from '../../../controller/core/run/resolve-unknown.ts'
import { summarise } from '../../../controller/core/run/run-summary.ts'
import { attemptOf } from '../../../controller/core/run/schedule-attempt.ts'
import { settle } from '../../../controller/core/run/settle.ts'
import type { AttemptScheduled } from '../../../controller/core/run/events.ts'
import { decisionsAfter, eventLine, journal, lineOf, workflowOf } from './scenario.ts'

const mail = 'steps: [{ id: mail, action: send_mail }]'
const mailed = '- AttemptScheduled: { step: mail, connection: mail, action: send_mail, idempotent: false }'

describe('after a crash', () => {
  it('an idempotent attempt is announced and performed again, with the same number and key', () => {
    const state = foldAll(journal('- AttemptScheduled: { step: a, connection: edr }'))
    expect(recover(state, 9).map(lineOf)).toEqual([
      'AttemptScheduled a edr 1 {"input":{}}',
      'perform a on edr #1 {} key r1/a',
    ])
  })

  it('any other becomes unknown', () => {
    expect(recover(foldAll(journal(mailed)), 9).map(lineOf)).toEqual([
      expect.stringMatching(/^AttemptUnknown mail mail interrupted/),
    ])
  })

  it('nothing is left to do where the outcome was journaled', () => {
    const events = journal(`${mailed}\n- AttemptSucceeded: { step: mail, connection: mail, outputs: {} }`)
    expect(recover(foldAll(events), 9)).toEqual([])
  })

  it('a run that stops the controller each time is quarantined', () => {
    const rows = Array.from({ length: 6 }, () => '- AttemptScheduled: { step: a, connection: edr }')
    const decisions = recover(foldAll(journal(rows.join('\n'))), 9)
    expect(decisions.map(lineOf)).toEqual([expect.stringMatching(/^RunQuarantined .*stopped 6 times/)])
  })
})

describe('an unknown outcome', () => {
  const unknown = journal(`${mailed}
- AttemptUnknown: { step: mail, connection: mail, code: interrupted, message: Stopped. }`)
  const state = foldAll(unknown)
  const place = { step: 'mail', connection: 'mail', by: 'ada' }

  it('lets the run wait, and says so in words', () => {
    expect(decisionsAfter(mail, unknown)).toEqual(['wait-resolution mail on mail'])
    expect(summarise(state)).toMatchObject({
      state: 'waiting',
      reason: 'It is not known whether step mail took effect: Stopped.',
    })
  })

  const table: [as: 'succeeded' | 'failed' | 'retry', next: string[]][] = [
    ['succeeded', ['RunSucceeded {"outputs":{}}']],
    ['failed', ['RunFailed mail resolved {"message":"ada says that it did not happen."}']],
    [
      'retry',
      ['TimerFired mail mail', 'AttemptScheduled mail mail 2 {"input":{}}', 'perform mail on mail #2 {} key r1/mail'],
    ],
  ]
  it.each(table)('that a person resolves as %s', (as, next) => {
    const resolved = resolveUnknown(state, { ...place, as }, 5)
    if (resolved.kind !== 'taken') throw new Error(resolved.message)
    expect(decisionsAfter(mail, [...unknown, ...resolved.events], 5)).toEqual(next)
  })

  it('is resolved once', () => {
    const first = resolveUnknown(state, { ...place, as: 'succeeded' }, 5)
    if (first.kind !== 'taken') throw new Error(first.message)
    const after = first.events.reduce(fold, state)
    expect(resolveUnknown(after, { ...place, as: 'failed' }, 6)).toMatchObject({ kind: 'refused', code: 'not-waiting' })
  })
})

describe('what an outcome means', () => {
  const workflow = workflowOf('steps: [{ id: a, action: x, retry: { attempts: 3, delaySeconds: 10, factor: 2 } }]')
  const scheduled = (attempt: number, idempotent: boolean) => attemptOf('r1', foldScheduled(attempt, idempotent))
  const foldScheduled = (attempt: number, idempotent: boolean): AttemptScheduled => ({
    type: 'AttemptScheduled',
    at: 0,
    step: 'a',
    connection: 'c',
    attempt,
    action: 'x',
    input: {},
    timeoutMs: 1,
    idempotent,
    connections: ['c'],
  })
  const outcome = (fields: object) =>
    toValue({ code: 'c', message: 'm', requests: [], ...fields }) as unknown as Outcome
  const lines = (attempt: number, idempotent: boolean, fields: object) =>
    settle(scheduled(attempt, idempotent), outcome(fields), { runId: 'r1', workflow, now: 0 }).map(eventLine)

  it('a final failure is final at once', () => {
    expect(lines(1, true, { kind: 'failed' })).toEqual(['AttemptFailed a c c {"message":"m"}'])
  })

  it('a passing one is tried again, later each time, and not more often than allowed', () => {
    const delays = [1, 2].map((attempt) => {
      const [, timer] = settle(scheduled(attempt, false), outcome({ kind: 'retry' }), { runId: 'r1', workflow, now: 0 })
      return timer?.type === 'TimerSet' ? timer.fireAt : Number.NaN
    })
    expect(delays[0]).toBeGreaterThanOrEqual(7_500)
    expect(delays[0]).toBeLessThanOrEqual(12_500)
    expect(delays[1]).toBeGreaterThanOrEqual(15_000)
    expect(delays[1]).toBeLessThanOrEqual(25_000)
    expect(lines(3, false, { kind: 'retry' })).toEqual(['AttemptFailed a c c {"message":"m"}'])
  })

  it('waits at least as long as the vendor asks, and takes a day for a refusal', () => {
    expect(lines(1, true, { kind: 'retry', afterMs: 60_000 })[1]).toBe('TimerSet a c {"fireAt":60000}')
    expect(lines(1, true, { kind: 'retry', afterMs: 90_000_000 })).toHaveLength(1)
  })

  it('unknown is tried again where that does no harm, and stays unknown elsewhere', () => {
    expect(lines(1, true, { kind: 'unknown' })[1]).toMatch(/^TimerSet/)
    expect(lines(1, false, { kind: 'unknown' })).toEqual(['AttemptUnknown a c c {"message":"m"}'])
  })
})

describe('an approval', () => {
  const workflow = workflowOf(`
steps: [{ id: ask, approval: { message: Sure? } }, { id: wipe, action: wipe_device }]`)
  const answer = (step: string) => ({ step, approved: true, by: 'ada' })

  it.each([
    ['an approval step, early', '', 'ask', 'taken'],
    ['a guarded action, early', '', 'wipe', 'not-waiting'],
    ['a step that is not there', '', 'nowhere', 'unknown-step'],
    ['a second time', '- ApprovalGiven: { step: ask, approved: false, by: bob }', 'ask', 'already-decided'],
    ['after the end', '- RunCancelled: { by: bob, reason: enough }', 'ask', 'finished'],
  ])('of %s', (_what, rows, step, expected) => {
    const given = giveApproval(foldAll(journal(rows)), answer(step), workflow, 1)
    expect(given.kind === 'taken' ? 'taken' : given.code).toBe(expected)
  })
})
