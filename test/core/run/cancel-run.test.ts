import { describe, expect, it } from 'vitest'
import { caps } from '../../../controller/core/model/caps.ts'
import { advance, attemptsIn } from '../../../controller/core/run/advance.ts'
import { cancelRun, killRun } from '../../../controller/core/run/cancel-run.ts'
import type { RunEvent } from '../../../controller/core/run/events.ts'
import { fold, foldAll } from '../../../controller/core/run/fold.ts'
import { recover } from '../../../controller/core/run/recover.ts'
import type { RunState } from '../../../controller/core/run/run-state.ts'
import { summarise } from '../../../controller/core/run/run-summary.ts'
import { settle } from '../../../controller/core/run/settle.ts'
import { play } from './play.ts'
import { context, eventLine, phases, requested, workflowOf } from './scenario.ts'

const by = { by: 'ann', reason: 'enough' }
const undo = `
onCancelSteps:
  - { id: release, if: '\${{ steps.isolate.outcome == "succeeded" }}', action: isolate_endpoint, with: { undo: true } }
  - { id: told, set: { was: '\${{ steps.isolate.outcome }}' } }
`
const tell = '\nonCancelSteps: [{ id: told, set: {} }]'
const isolate = '{ id: isolate, action: isolate_endpoint }'
const ask = '{ id: ask, approval: { message: Sure? } }'

/** Cancels where a run waits, and goes on to the end; what is performed after that succeeds. */
function cancelled(text: string, script: Parameters<typeof play>[1] = {}): { events: RunEvent[]; state: RunState } {
  const { state } = play(text, script)
  return goOn(text, state, cancelRun(state, workflowOf(text), by, 5))
}

function goOn(text: string, from: RunState, first: readonly RunEvent[]): { events: RunEvent[]; state: RunState } {
  const workflow = workflowOf(text)
  const events = [...first]
  let state = first.reduce<RunState>(fold, from)
  for (let round = 0; round < 20; round += 1) {
    const advanced = advance(state, context(workflow, 9))
    state = advanced.state
    events.push(...advanced.events)
    const more = attemptsIn(advanced).flatMap((attempt) =>
      settle(attempt, { kind: 'succeeded', outputs: {}, requests: [] }, { runId: 'r1', workflow, now: 9 }),
    )
    if (more.length === 0) break
    state = more.reduce<RunState>(fold, state)
    events.push(...more)
  }
  return { events, state }
}

const linesOf = (events: readonly RunEvent[]) => events.map(eventLine)

describe('a cancelled run', () => {
  it('ends at once where there is nothing to await and nothing to undo', () => {
    expect(linesOf(cancelled(`steps: [${ask}]`).events)).toEqual(['RunCancelled {"by":"ann","reason":"enough"}'])
  })

  it('undoes what it has done, and only that', () => {
    const { events, state } = cancelled(`steps: [${isolate}, ${ask}]${undo}`)
    expect(linesOf(events)).toEqual([
      'CancelRequested {"by":"ann","reason":"enough"}',
      'AttemptScheduled release edr 1 {"input":{"undo":true}}',
      'AttemptSucceeded release edr {"outputs":{}}',
      'AttemptSucceeded told {"outputs":{"was":"succeeded"}}',
      'RunCancelled {"by":"ann","reason":"enough"}',
    ])
    expect(phases(state)).toEqual({ isolate: 'succeeded', ask: 'failed', release: 'succeeded', told: 'succeeded' })
    expect(summarise(state)).toMatchObject({ state: 'cancelled', reason: 'ann: enough' })
    const early = cancelled(`steps: [${ask}, ${isolate}]${undo}`)
    expect(phases(early.state)).toEqual({ ask: 'failed', release: 'skipped', told: 'succeeded' })
    expect(early.state.steps.get('told')?.outputs).toEqual({ was: 'skipped' })
  })

  it('does not perform onErrorSteps, nor what `onError: continue` would go on to', () => {
    const steps = `steps: [{ id: ask, approval: { message: Sure? }, onError: continue, onErrorSteps: [{ id: note, set: {} }] }, ${isolate}]`
    expect(phases(cancelled(`${steps}${undo}`).state)).toEqual({ ask: 'failed', release: 'skipped', told: 'succeeded' })
  })

  it('is cancelled all the same where undoing fails, and says where', () => {
    const { state } = cancelled(`steps: [${ask}]\nonCancelSteps: [{ id: odd, set: { x: '\${{ inputs.no }}' } }]`)
    expect(summarise(state)).toMatchObject({ state: 'cancelled' })
    expect(state.failure?.message).toContain('ann: enough; undoing it failed at odd: ')
  })

  it('does not wait for a time, nor for an attempt that would come again', () => {
    const nap = `steps: [{ id: nap, sleep: { seconds: 60 } }]${tell}`
    expect(phases(cancelled(nap, { until: 10 }).state)).toMatchObject({ nap: 'failed', told: 'succeeded' })
    const text = `steps: [${isolate}]${undo}`
    const workflow = workflowOf(text)
    const begun = advance(startOf(), context(workflow))
    const [attempt] = attemptsIn(begun)
    const busy = { kind: 'retry', code: 'http-503', message: 'Busy', requests: [] } as const
    if (attempt === undefined) throw new Error('nothing is attempted')
    const late = settle(attempt, busy, { runId: 'r1', workflow, now: 3 })
    // Asked for before the outcome, and after it.
    const before = goOn(
      text,
      [...cancelRun(begun.state, workflow, by, 2), ...late].reduce<RunState>(fold, begun.state),
      [],
    )
    const retrying = late.reduce<RunState>(fold, begun.state)
    const after = goOn(text, retrying, cancelRun(retrying, workflow, by, 4))
    for (const { state } of [before, after]) {
      expect(state.phase).toBe('cancelled')
      expect(phases(state)).toEqual({ isolate: 'failed', release: 'skipped', told: 'succeeded' })
    }
  })

  it('awaits what is being performed, and does not do it again after a crash', () => {
    const text = `steps: [${isolate}]${undo}`
    const workflow = workflowOf(text)
    const begun = advance(startOf(), context(workflow)).state
    const state = cancelRun(begun, workflow, by, 2).reduce<RunState>(fold, begun)
    expect(advance(state, context(workflow, 3)).next).toEqual([
      { kind: 'await-outcome', step: 'isolate', connection: 'edr' },
    ])
    const recovered = recover(state, 4).flatMap((decision) => (decision.kind === 'append' ? [decision.event] : []))
    expect(linesOf(recovered)).toEqual([expect.stringContaining('AttemptUnknown isolate edr interrupted')])
    const end = goOn(text, state, recovered).state
    expect([end.phase, end.steps.get('told')?.outputs]).toEqual(['cancelled', { was: 'unknown' }])
  })

  it('drops what was announced and never sent', () => {
    const text = `steps: [${isolate}]`
    const workflow = workflowOf(text)
    const begun = advance(startOf(), context(workflow))
    const events = cancelRun(begun.state, workflow, { ...by, unsent: attemptsIn(begun) }, 2)
    expect(linesOf(events)).toEqual([
      'AttemptFailed isolate edr cancelled {"message":"Not performed: the run was cancelled."}',
      'RunCancelled {"by":"ann","reason":"enough"}',
    ])
  })

  it('waits for the runs that it awaits before it undoes anything', () => {
    const text = `steps: [{ id: contain, workflow: { name: contain_host, inputs: { host: h1 } } }]
onCancelSteps: [{ id: told, set: { was: '\${{ steps.contain.outcome }}' } }]`
    const first = cancelled(text)
    expect(first.events.map(({ type }) => type)).toEqual(['CancelRequested'])
    expect(summarise(first.state).reason).toMatch(/^It is being cancelled. Step contain waits for run /)
    const runId = first.state.steps.get('contain')?.child?.runId ?? ''
    for (const outcome of ['cancelled', 'succeeded'] as const) {
      const told: RunEvent = { type: 'ChildFinished', at: 7, step: 'contain', runId, outcome, outputs: {} }
      const { state } = goOn(text, first.state, [told])
      expect(state.steps.get('told')?.outputs).toEqual({ was: outcome === 'succeeded' ? 'succeeded' : 'failed' })
      expect(state.phase).toBe('cancelled')
    }
  })

  it('sees what a loop had come to, items that were not begun included', () => {
    const text = `
steps:
  - id: all
    forEach:
      in: '\${{ ["a", "b", "c"] }}'
      as: host
      steps:
        - { id: isolate, action: isolate_endpoint }
        - { id: inner, forEach: { in: '\${{ [1, 2] }}', as: n, steps: [{ id: ask, if: '\${{ each.host == "b" }}', approval: { message: Sure? } }, { id: note, set: { n: '\${{ each.n }}' } }] } }
onCancelSteps:
  - { id: done, set: { results: '\${{ steps.all.outputs.results.map(r, r.outcome) }}', ids: '\${{ steps.all.outputs.results.filter(r, has(r.steps.isolate)).map(r, r.steps.isolate.id) }}', inner: '\${{ steps.all.outputs.results[1].steps.inner.results.map(r, r.outcome) }}' } }
`
    const answers = { 'isolate[0]': { id: 'e0' }, 'isolate[1]': { id: 'e1' } }
    expect(cancelled(text, { answers }).state.steps.get('done')?.outputs).toEqual({
      results: ['succeeded', 'cancelled', 'cancelled'],
      ids: ['e0', 'e1'],
      inner: ['cancelled', 'cancelled'],
    })
  })

  it('is cancelled once: who asks again changes nothing', () => {
    const text = `steps: [${ask}]\nonCancelSteps: [{ id: sure, approval: { message: Undo? } }]`
    const first = cancelled(text)
    const second = fold(first.state, { type: 'CancelRequested', at: 9, by: 'bob', reason: 'too' })
    expect(second.cancel?.by).toBe('ann')
    expect(phases(second)).toEqual({ ask: 'failed', sure: 'asked' })
    expect(summarise(second).reason).toBe('It is being cancelled. Step sure waits for an approval: Undo?')
  })

  it(`has ${caps.stepsOnCancel} steps more to undo with`, () => {
    const many = Array.from({ length: caps.stepsPerRun - 1 }, (_, index) => `{ id: s${index}, set: {} }`)
    expect(phases(cancelled(`steps: [${many.join(', ')}, ${ask}]${tell}`).state)).toMatchObject({ told: 'succeeded' })
  })
})

describe('a killed run', () => {
  it('ends at once, and says of what nobody knows the outcome', () => {
    const text = `steps: [${isolate}]${undo}`
    const begun = advance(startOf(), context(workflowOf(text))).state
    const events = killRun(begun, by, 3)
    expect(linesOf(events)).toEqual([
      expect.stringContaining('AttemptUnknown isolate edr killed'),
      'RunCancelled {"by":"ann","killed":true,"reason":"enough"}',
    ])
    expect(summarise(events.reduce<RunState>(fold, begun)).reason).toBe('ann: enough (killed)')
  })
})

function startOf(): RunState {
  return foldAll([requested(), { type: 'RunStarted', at: 0 }])
}
