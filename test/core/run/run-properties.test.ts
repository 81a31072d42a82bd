import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Workflow } from '../../../controller/core/model/generated/kinds.ts'
import { advance, attemptsIn } from '../../../controller/core/run/advance.ts'
import type { Attempt } from '../../../controller/core/run/decision.ts'
import type { AttemptScheduled, RunEvent } from '../../../controller/core/run/events.ts'
import { fold, foldAll } from '../../../controller/core/run/fold.ts'
import { giveApproval } from '../../../controller/core/run/give-approval.ts'
import type { Outcome } from '../../../controller/core/run/outcome.ts'
import { recover } from '../../../controller/core/run/recover.ts'
import { isFinished, type RunState } from '../../../controller/core/run/run-state.ts'
import { settle } from '../../../controller/core/run/settle.ts'
import { workflows } from './random-workflows.ts'
import { context, requested } from './scenario.ts'

const outcome = fc.constantFrom<Outcome['kind']>('succeeded', 'succeeded', 'failed', 'retry', 'unknown')
const world = fc.record({
  workflow: workflows,
  n: fc.integer({ min: 0, max: 10 }),
  outcomes: fc.infiniteStream(outcome),
  approvals: fc.infiniteStream(fc.boolean()),
})
type World = typeof world extends fc.Arbitrary<infer W> ? W : never

interface Played {
  readonly events: readonly RunEvent[]
  readonly state: RunState
}

/** Plays a run to its end, or to where only a person who finds out can help. Time jumps to the next timer. */
function play({ workflow, outcomes, approvals, n }: World, from: Played = start(n)): Played {
  const events = [...from.events]
  let { state } = from
  let now = 0
  let decisions = recover(state, now)
  for (let turn = 0; turn < 10_000; turn++) {
    const advanced = advance(state, context(workflow, now), decisions.length > 0 ? decisions : undefined)
    decisions = []
    events.push(...advanced.events)
    state = advanced.state
    if (isFinished(state)) return { events, state }
    const more = attemptsIn(advanced).flatMap((attempt) => outcomeOf(attempt, outcomes, state, workflow, now))
    for (const decision of advanced.next) {
      if (decision.kind === 'wait-until') now = Math.max(now, decision.at)
      if (decision.kind === 'wait-approval') {
        const answer = { step: decision.step, approved: approvals.next().value as boolean, by: 'ada' }
        const given = giveApproval(state, answer, workflow, now)
        if (given.kind === 'taken') more.push(...given.events)
      }
    }
    if (more.length === 0 && !advanced.next.some(({ kind }) => kind === 'wait-until')) return { events, state }
    for (const event of more) {
      events.push(event)
      state = fold(state, event)
    }
  }
  throw new Error('The run neither ends nor waits.')
}

function start(n: number): Played {
  const events = [requested({ n })]
  return { events, state: foldAll(events) }
}

function outcomeOf(
  attempt: Attempt,
  outcomes: World['outcomes'],
  state: RunState,
  workflow: Workflow['spec'],
  now: number,
) {
  const kind = outcomes.next().value as Outcome['kind']
  const fields = kind === 'succeeded' ? { outputs: { of: attempt.step } } : { code: kind, message: kind }
  const settling = { runId: state.request.runId, workflow, now }
  return settle(attempt, { kind, requests: [], ...fields } as Outcome, settling)
}

const keyOf = ({ step, connection }: { readonly step: string; readonly connection?: string }) => `${step} ${connection}`

/** Steps and connections whose outcome is journaled for good. */
function settledIn(events: readonly RunEvent[]): Set<string> {
  const settled = events.filter(
    ({ type, ...event }) =>
      type === 'AttemptSucceeded' || (type === 'AttemptFailed' && 'final' in event && event.final),
  )
  return new Set(settled.map((event) => keyOf(event as AttemptScheduled)))
}

describe('random workflows and outcomes', () => {
  it('a run always ends or waits for a person', () => {
    fc.assert(
      fc.property(world, (given) => {
        const { state } = play(given)
        const lanes = [...state.steps.values()].flatMap((step) => [...step.lanes.values()])
        expect(isFinished(state) || lanes.some(({ phase }) => phase === 'unknown')).toBe(true)
      }),
      { numRuns: 300 },
    )
  })

  it('the same journal gives the same state, and nothing is scheduled after its result', () => {
    fc.assert(
      fc.property(world, (given) => {
        const { events, state } = play(given)
        expect(foldAll(events)).toEqual(state)
        for (const [index, event] of events.entries())
          if (event.type === 'AttemptScheduled') expect(settledIn(events.slice(0, index))).not.toContain(keyOf(event))
      }),
      { numRuns: 300 },
    )
  })

  it('resumed from any prefix, it ends or waits and schedules nothing whose result was journaled', () => {
    fc.assert(
      fc.property(world, fc.double({ min: 0, max: 1, noNaN: true }), (given, cut) => {
        const whole = play(given)
        const prefix = whole.events.slice(0, 1 + Math.floor(cut * (whole.events.length - 1)))
        const state = foldAll(prefix)
        if (isFinished(state)) return
        const settled = settledIn(prefix)
        const { events } = play(given, { events: prefix, state })
        for (const event of events.slice(prefix.length))
          if (event.type === 'AttemptScheduled') expect(settled).not.toContain(keyOf(event))
      }),
      { numRuns: 300 },
    )
  })
})
