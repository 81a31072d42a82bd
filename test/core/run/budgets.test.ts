import { describe, expect, it } from 'vitest'
import { caps } from '../../../controller/core/model/caps.ts'
import { cancelRun } from '../../../controller/core/run/cancel-run.ts'
import { decide } from '../../../controller/core/run/decide.ts'
import { fold } from '../../../controller/core/run/fold.ts'
import type { RunState } from '../../../controller/core/run/run-state.ts'
import { deadlineOf } from '../../../controller/core/run/run-budgets.ts'
import { endOf, play } from './play.ts'
import { context, workflowOf } from './scenario.ts'

const megabyte = 'x'.repeat(1024 * 1024)

describe('payload', () => {
  const steps = (count: number) =>
    `steps:\n${Array.from({ length: count }, (_, nr) => `  - { id: s${nr}, action: isolate_endpoint }`).join('\n')}\n  - { id: last, set: {} }`
  const answers = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, nr) => [`s${nr}`, { text: megabyte }]))

  it('is what came back, together', () => {
    expect(endOf(play(steps(7), { answers: answers(7) }))).toBe('succeeded')
    expect(endOf(play(steps(8), { answers: answers(8) }))).toBe(
      `failed budget-payload at run: The run holds more than ${caps.payloadBytes} bytes, which is all it may.`,
    )
  })

  const twice = `[${Array.from({ length: 9 }, () => "'${{ inputs.text }}'").join(', ')}]`
  it.each([
    ['what it was given', 'steps: [{ id: a, set: {} }]', { inputs: { text: megabyte.repeat(9) } }],
    [
      'what it computed',
      `steps: [{ id: a, set: { all: ${twice} } }, { id: b, set: {} }]`,
      { inputs: { text: megabyte } },
    ],
    [
      'what it sent',
      `steps: [{ id: a, action: isolate_endpoint, with: { all: ${twice} } }, { id: b, set: {} }]`,
      { inputs: { text: megabyte } },
    ],
    [
      'the items of a loop',
      `steps: [{ id: a, forEach: { in: '\${{ [1, 2, 3, 4, 5, 6, 7, 8, 9].map(i, inputs.text) }}', steps: [{ id: b, set: {} }] } }]`,
      { inputs: { text: megabyte } },
    ],
    [
      'what another run handed back',
      `steps: [{ id: a, workflow: { name: contain_host, inputs: { host: h } } }, { id: b, set: {} }]`,
      { answers: { a: { text: megabyte.repeat(9) } } },
    ],
  ])('is also %s', (_name, text, script) => {
    expect(play(text, script).state.failure?.code).toBe('budget-payload')
  })
})

describe('run time', () => {
  const text = 'timeoutSeconds: 60\nsteps: [{ id: nap, sleep: { seconds: 3600 } }]'

  it('ends a run that has gone on for too long, waits included', () => {
    expect(endOf(play(text))).toBe(
      'failed budget-run-time at run: The run has gone on for 60 seconds, which is all it may.',
    )
    expect(endOf(play(text.replace('3600', '59')))).toBe('succeeded')
  })

  it('is known beforehand, so that somebody looks in time', () => {
    const { state } = play(text, { until: 10 })
    expect(deadlineOf(state, workflowOf(text))).toBe(60_000)
    expect(deadlineOf(state, workflowOf(text.replace('timeoutSeconds: 60', '')))).toBe(caps.runMs)
  })

  it('is never longer than the longest there is', () => {
    const endless = `steps: [{ id: nap, sleep: { seconds: 31000000 } }, { id: more, sleep: { seconds: 31000000 } }]`
    expect(endOf(play(endless))).toContain('budget-run-time')
  })
})

it('a cancelled run is undone, whatever it is over', () => {
  const text =
    'timeoutSeconds: 60\nsteps: [{ id: ask, approval: { message: Sure? } }]\nonCancelSteps: [{ id: told, set: {} }]'
  const workflow = workflowOf(text)
  const { state } = play(text)
  const late = cancelRun(state, workflow, { by: 'ann', reason: '' }, 50_000).reduce<RunState>(fold, state)
  expect(decide(late, context(workflow, 70_000))).toMatchObject([{ event: { type: 'AttemptSucceeded', step: 'told' } }])
})

it('a branch over a budget does not cut off what another one is performing', () => {
  const many = Array.from({ length: 600 }, (_, nr) => nr).join(', ')
  const text = `
steps:
  - id: both
    parallel:
      - { id: one, steps: [{ id: isolate, action: isolate_endpoint }] }
      - { id: two, steps: [{ id: note, set: {} }, { id: all, forEach: { in: '\${{ inputs.list }}', steps: [{ id: x, set: {} }] } }] }
`
  const { events } = play(text, { inputs: { list: JSON.parse(`[${many}]`) } })
  expect(events.map(({ type }) => type).slice(-3)).toEqual(['AttemptSucceeded', 'AttemptSucceeded', 'RunFailed'])
  expect(events.at(-2)).toMatchObject({ step: 'isolate', connection: 'edr' })
})
