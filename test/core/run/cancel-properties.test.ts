import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { advance, attemptsIn } from '../../../controller/core/run/advance.ts'
import { cancelRun, killRun } from '../../../controller/core/run/cancel-run.ts'
import type { Attempt } from '../../../controller/core/run/decision.ts'
import type { RunEvent } from '../../../controller/core/run/events.ts'
import { fold, foldAll } from '../../../controller/core/run/fold.ts'
import { giveApproval } from '../../../controller/core/run/give-approval.ts'
import type { Outcome } from '../../../controller/core/run/outcome.ts'
import { recover } from '../../../controller/core/run/recover.ts'
import { isFinished, type RunState } from '../../../controller/core/run/run-state.ts'
import { settle } from '../../../controller/core/run/settle.ts'
import { undoableWorkflows } from './random-workflows.ts'
import { context, requested } from './scenario.ts'

const outcome = fc.constantFrom<Outcome['kind']>('succeeded', 'succeeded', 'failed', 'retry', 'unknown')
const world = fc.record({
  workflow: undoableWorkflows,
  n: fc.integer({ min: 0, max: 10 }),
  outcomes: fc.infiniteStream(outcome),
  approvals: fc.infiniteStream(fc.boolean()),
  /** Turn in which somebody cancels, while what was announced is being performed. */
  cancelAt: fc.integer({ min: 0, max: 12 }),
  /** Turns after which the process dies before any outcome is journaled. */
  crashes: fc.uniqueArray(fc.integer({ min: 0, max: 25 }), { maxLength: 3 }),
})
type World = typeof world extends fc.Arbitrary<infer W> ? W : never

/** Plays a run that is cancelled on the way, through crashes, to its end or to where only a person can help. */
function play({ workflow, n, outcomes, approvals, cancelAt, crashes }: World): { events: RunEvent[]; state: RunState } {
  const events: RunEvent[] = [requested({ n })]
  let state = foldAll(events)
  let now = 0
  const take = (more: readonly RunEvent[]) => {
    events.push(...more)
    state = more.reduce<RunState>(fold, state)
  }
  let pending: readonly Attempt[] = []
  for (let turn = 0; turn < 2_000; turn += 1) {
    if (pending.length === 0) {
      const advanced = advance(state, context(workflow, now))
      take(advanced.events)
      pending = attemptsIn(advanced)
      if (isFinished(state)) return { events, state }
      for (const decision of advanced.next) {
        if (decision.kind === 'wait-until') now = Math.max(now, decision.at)
        if (decision.kind !== 'wait-approval' || turn < cancelAt) continue
        const answer = { step: decision.step, approved: approvals.next().value as boolean, by: 'ada' }
        const given = giveApproval(state, answer, workflow, now)
        if (given.kind === 'taken') take(given.events)
      }
      const waits = advanced.next.some(({ kind }) => kind === 'wait-until' || kind === 'wait-approval')
      if (pending.length === 0 && !waits && turn > cancelAt) return { events, state }
    }
    if (turn === cancelAt) take(cancelRun(state, workflow, { by: 'ada', reason: 'enough' }, now))
    if (isFinished(state)) return { events, state }
    if (crashes.includes(turn)) {
      const decisions = recover(state, now)
      take(decisions.flatMap((decision) => (decision.kind === 'append' ? [decision.event] : [])))
      pending = decisions.flatMap((decision) => (decision.kind === 'perform' ? [decision.attempt] : []))
      continue
    }
    for (const attempt of pending) {
      const kind = outcomes.next().value as Outcome['kind']
      const fields = kind === 'succeeded' ? { outputs: { of: attempt.step } } : { code: kind, message: kind }
      take(settle(attempt, { kind, requests: [], ...fields } as Outcome, { runId: 'r1', workflow, now }))
    }
    pending = []
  }
  throw new Error('The run neither ends nor waits.')
}

const undoes = (step: string) => Number(step.slice(1)) >= 100
const begins = new Set<RunEvent['type']>(['AttemptScheduled', 'ApprovalRequested', 'AttemptSucceeded', 'TimerSet'])

function isAtWork(state: RunState, when: (step: string) => boolean): boolean {
  return [...state.steps.values()].some(
    ({ id, lanes }) => when(id) && [...lanes.values()].some(({ phase }) => phase === 'scheduled'),
  )
}

it('a cancelled run begins nothing but what undoes it, and that only after what was at work has ended', () => {
  let undone = 0
  fc.assert(
    fc.property(world, (given) => {
      const { events, state } = play(given)
      expect(foldAll(events)).toEqual(state)
      const asked = events.findIndex(({ type }) => type === 'CancelRequested')
      if (asked < 0) return
      let before = foldAll(events.slice(0, asked + 1))
      const known = new Set(before.steps.keys())
      for (const event of events.slice(asked + 1)) {
        if ('step' in event && event.step !== undefined && begins.has(event.type)) {
          const isUndoing = undoes(event.step)
          if (isUndoing) expect(isAtWork(before, (step) => !undoes(step))).toBe(false)
          else expect([event.type, known.has(event.step)]).toEqual([event.type, true])
          if (!isUndoing) expect(event.type).not.toBe('AttemptScheduled')
          if (isUndoing) undone += 1
        }
        before = fold(before, event)
      }
      const waits = [...state.steps.values()].some(
        ({ id, lanes }) => undoes(id) && [...lanes.values()].some(({ phase }) => phase === 'unknown'),
      )
      expect(state.phase === 'cancelled' || state.phase === 'quarantined' || waits).toBe(true)
    }),
    { numRuns: 500 },
  )
  // What is looked at must have happened.
  expect(undone).toBeGreaterThan(100)
})

it('wherever a run is cut off, it can be cancelled or killed from there', () => {
  fc.assert(
    fc.property(world, fc.double({ min: 0, max: 1, noNaN: true }), (given, cut) => {
      const { events } = play({ ...given, cancelAt: 1_000 })
      const state = foldAll(events.slice(0, 1 + Math.floor(cut * (events.length - 1))))
      if (isFinished(state)) return
      const by = { by: 'ada', reason: '' }
      expect(cancelRun(state, given.workflow, by, 0).reduce<RunState>(fold, state).cancel).toBeDefined()
      const killed = killRun(state, by, 0).reduce<RunState>(fold, state)
      expect([killed.phase, isAtWork(killed, () => true)]).toEqual(['cancelled', false])
    }),
    { numRuns: 200 },
  )
})
