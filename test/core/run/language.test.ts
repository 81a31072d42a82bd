import { describe, expect, it } from 'vitest'
import { caps } from '../../../controller/core/model/caps.ts'
import { checkWorkflow } from '../../../controller/core/run/check-workflow.ts'
import { foldAll } from '../../../controller/core/run/fold.ts'
import { giveApproval } from '../../../controller/core/run/give-approval.ts'
import { summarise } from '../../../controller/core/run/run-summary.ts'
import { endOf, play } from './play.ts'
import { phases, workflowOf } from './scenario.ts'

describe('switch', () => {
  const workflow = `
steps:
  - id: by_kind
    switch:
      value: '\${{ inputs.kind }}'
      cases:
        - { id: host, equals: host, steps: [{ id: isolate, action: isolate_endpoint }] }
        - { id: address, equals: '\${{ "i" + "p" }}', steps: [{ id: block, action: block_ip }] }
        - { id: odd, when: '\${{ inputs.kind.startsWith("x") }}', steps: [{ id: note, set: { odd: true } }] }
      default: [{ id: other, set: { other: true } }]
`
  const table: [kind: string, step: string][] = [
    ['host', 'isolate'],
    ['ip', 'block'],
    ['xyz', 'note'],
    ['mail', 'other'],
  ]
  it.each(table)('%s goes to %s and nowhere else', (kind, step) => {
    const { state } = play(workflow, { inputs: { kind } })
    expect([state.phase, ...state.steps.keys()]).toEqual(['succeeded', 'by_kind', step])
  })

  it('goes on where no case fits and there is no default', () => {
    const steps = `steps: [{ id: a, switch: { value: '\${{ 1 }}', cases: [{ id: x, equals: 2, steps: [{ id: b, set: {} }] }] } }, { id: c, set: {} }]`
    expect(phases(play(steps).state)).toEqual({ a: 'succeeded', c: 'succeeded' })
  })
})

describe('parallel', () => {
  const workflow = `
steps:
  - id: both
    parallel:
      - { id: one, steps: [{ id: isolate, action: isolate_endpoint }, { id: after, action: block_ip, with: { ip: '\${{ steps.isolate.outputs.ip }}' } }] }
      - { id: two, steps: [{ id: mail, action: send_mail }] }
  - { id: last, set: { ip: '\${{ steps.isolate.outputs.ip }}' } }
outputs: { ip: '\${{ steps.last.outputs.ip }}' }
`
  it('announces all branches before any is performed', () => {
    const { calls, state } = play(workflow, { answers: { isolate: { ip: '10.0.0.1' } } })
    expect(calls).toEqual(['isolate on edr, mail on mail', 'after on fw1, after on fw2'])
    expect([state.phase, state.outputs]).toEqual(['succeeded', { ip: '10.0.0.1' }])
  })

  it('awaits the other branches of one that failed, then fails with its failure', () => {
    const played = play(workflow, { answers: { mail: 'mailbox full', isolate: { ip: 'x' } } })
    expect(played.calls).toHaveLength(2)
    expect(endOf(played)).toBe('failed refused at both: mail: mailbox full')
  })

  it('a branch that waits for a person does not hold up the other', () => {
    const steps = `
steps:
  - id: both
    parallel:
      - { id: one, steps: [{ id: ask, approval: { message: Sure? } }] }
      - { id: two, steps: [{ id: mail, action: send_mail }, { id: isolate, action: isolate_endpoint }] }
`
    const { state, calls, waits } = play(steps)
    expect(calls).toEqual(['mail on mail', 'isolate on edr'])
    expect(waits).toEqual([{ kind: 'wait-approval', step: 'ask' }])
    expect(summarise(state)).toMatchObject({ state: 'waiting', reason: 'Step ask waits for an approval: Sure?' })
    expect(play(steps, { approvals: { ask: true } }).state.phase).toBe('succeeded')
  })
})

describe('forEach', () => {
  const workflow = (concurrency: number, rest = '') => `
steps:
  - id: all
    forEach:
      in: '\${{ inputs.hosts }}'
      as: host
      concurrency: ${concurrency}
      steps:
        - { id: isolate, action: isolate_endpoint, with: { host: '\${{ each.host }}', nr: '\${{ each.index }}' } }
        - { id: note, set: { text: '\${{ each.host }} \${{ steps.isolate.outputs.ok }}' } }
    ${rest}
outputs: { texts: '\${{ steps.all.outputs.results.map(r, r.steps.note.text) }}' }
`
  const answers = Object.fromEntries([0, 1, 2].map((index) => [`isolate[${index}]`, { ok: `ok${index}` }]))
  const inputs = { hosts: ['a', 'b', 'c'] }

  it('performs its steps once for each item, in order, and hands back a list', () => {
    const { calls, state } = play(workflow(1), { inputs, answers })
    expect(calls).toEqual(['isolate[0] on edr', 'isolate[1] on edr', 'isolate[2] on edr'])
    expect(state.outputs).toEqual({ texts: ['a ok0', 'b ok1', 'c ok2'] })
  })

  it('works on as many items at a time as concurrency says', () => {
    expect(play(workflow(2), { inputs, answers }).calls).toEqual([
      'isolate[0] on edr, isolate[1] on edr',
      'isolate[2] on edr',
    ])
  })

  it('performs all items where one fails, and says which one it was', () => {
    const played = play(workflow(1), { inputs, answers: { ...answers, 'isolate[1]': 'offline' } })
    expect(played.calls).toHaveLength(3)
    expect(endOf(played)).toBe('failed refused at all: isolate[1]: offline')
    expect(played.state.steps.get('all')?.outputs).toMatchObject({
      results: [{ outcome: 'succeeded' }, { index: 1, outcome: 'failed', error: 'offline' }, { outcome: 'succeeded' }],
    })
  })

  it('pins its items: the vendor recognises an instance by step and index', () => {
    const keys = play(workflow(1), { inputs, answers }).events.flatMap((event) =>
      event.type === 'AttemptSucceeded' && event.items ? [event.items] : [],
    )
    expect(keys).toEqual([['a', 'b', 'c']])
  })

  it('nothing to do is done', () => {
    expect(play(workflow(1), { inputs: { hosts: [] } }).state.outputs).toEqual({ texts: [] })
  })

  it('takes nothing but a list', () => {
    expect(endOf(play(workflow(1), { inputs: { hosts: 'a' } }))).toMatch(/^failed bad-expression at all: .*not a list/)
  })

  it('nests: names of the outer loop are seen within the inner one, and each instance has its own name', () => {
    const nested = `
steps:
  - id: outer
    forEach:
      in: '\${{ [1, 2] }}'
      as: x
      index: i
      steps:
        - id: inner
          forEach: { in: '\${{ [10, 20] }}', as: y, steps: [{ id: sum, set: { v: '\${{ each.x + each.y + each.i }}' } }] }
        - { id: seen, set: { v: '\${{ steps.inner.outputs.results.map(r, r.steps.sum.v) }}' } }
outputs: { v: '\${{ steps.outer.outputs.results.map(r, r.steps.seen.v) }}' }
`
    const { state } = play(nested)
    expect([...state.steps.keys()].filter((key) => key.startsWith('sum'))).toEqual([
      'sum[0][0]',
      'sum[0][1]',
      'sum[1][0]',
      'sum[1][1]',
    ])
    expect(state.outputs).toEqual({
      v: [
        [11, 21],
        [13, 23],
      ],
    })
  })

  it('is answered item by item, and never by the bare name', () => {
    const text = `steps: [{ id: l, forEach: { in: '\${{ [1, 2] }}', concurrency: 2, steps: [{ id: ask, approval: { message: m } }] } }]`
    const { state } = play(text)
    const give = (step: string) => giveApproval(state, { step, approved: true, by: 'ann' }, workflowOf(text), 0).kind
    expect([give('ask'), give('ask[1]'), give('ask[1][0]')]).toEqual(['refused', 'taken', 'refused'])
    expect(play(text, { approvals: { 'ask[0]': true, 'ask[1]': true } }).state.phase).toBe('succeeded')
  })
})

describe('sleep', () => {
  it('sets a timer, waits, and goes on', () => {
    const text = 'steps: [{ id: nap, sleep: { seconds: 60 } }, { id: end, set: {} }]'
    expect(play(text, { until: 59_999 }).waits).toEqual([{ kind: 'wait-until', at: 60_000, step: 'nap' }])
    const { events } = play(text)
    expect(events.map(({ type }) => type)).toEqual([
      'RunRequested',
      'RunStarted',
      'TimerSet',
      'TimerFired',
      'AttemptSucceeded',
      'AttemptSucceeded',
      'RunSucceeded',
    ])
  })

  it.each([
    ['1970-01-01T00:01:00Z', 'succeeded', 60_000],
    ['1970-01-01T01:01:00+01:00', 'succeeded', 60_000],
    ['1969-12-31T00:00:00Z', 'succeeded', 0],
    ['1970-01-01T00:01:00', 'failed', 0],
    ['tomorrow', 'failed', 0],
    ['1971-06-01T00:00:00Z', 'failed', 0],
  ])('until %s: %s', (until, phase, finishedAt) => {
    const { state } = play('steps: [{ id: nap, sleep: { until: "${{ inputs.t }}" } }]', { inputs: { t: until } })
    expect([state.phase, state.finishedAt]).toEqual([phase, finishedAt])
  })
})

describe('time limits', () => {
  it('no answer in time is a no', () => {
    const text = 'steps: [{ id: ask, approval: { message: m }, timeoutSeconds: 60 }]'
    expect(play(text, { until: 0 }).waits).toContainEqual({ kind: 'wait-until', at: 60_000, step: 'ask' })
    expect(endOf(play(text))).toBe('failed approval-timeout at ask: Nobody answered in time.')
    expect(play(text, { approvals: { ask: true } }).state.phase).toBe('succeeded')
  })

  it.each([
    ['if', `if: '\${{ true }}', then: [{ id: nap, sleep: { seconds: 90 } }]`],
    ['parallel', 'parallel: [{ id: p, steps: [{ id: nap, sleep: { seconds: 90 } }] }]'],
    ['forEach', `forEach: { in: '\${{ [1] }}', steps: [{ id: nap, sleep: { seconds: 90 } }] }`],
    ['switch', `switch: { cases: [{ id: p, when: '\${{ true }}', steps: [{ id: nap, sleep: { seconds: 90 } }] }] }`],
  ])('a block (%s) fails where it takes too long', (_, block) => {
    const played = play(`steps: [{ id: block, timeoutSeconds: 60, ${block} }]`)
    expect([endOf(played), played.state.finishedAt]).toEqual([
      'failed timeout at block: It was not done within 60 seconds.',
      60_000,
    ])
  })
})

describe('what follows a failure', () => {
  const text = (rest: string) => `
steps:
  - { id: isolate, action: isolate_endpoint, onErrorSteps: [{ id: mail, action: send_mail, with: { text: '\${{ steps.isolate.error.message }}' } }]${rest} }
  - { id: next, set: {} }
`
  it('steps are performed, and the run fails with the first failure', () => {
    const played = play(text(''), { answers: { isolate: 'offline' } })
    expect([played.calls, endOf(played)]).toEqual([
      ['isolate on edr', 'mail on mail'],
      'failed refused at isolate: offline',
    ])
  })

  it('goes on where the step says so', () => {
    expect(phases(play(text(', onError: continue'), { answers: { isolate: 'offline' } }).state)).toEqual({
      isolate: 'failed',
      mail: 'succeeded',
      next: 'succeeded',
    })
  })

  it('a failure on the way counts instead', () => {
    expect(endOf(play(text(', onError: continue'), { answers: { isolate: 'offline', mail: 'full' } }))).toBe(
      'failed refused at mail: full',
    )
  })

  it('does nothing where nothing failed', () => {
    expect(play(text('')).calls).toEqual(['isolate on edr'])
  })

  it.each([
    ['if', `if: '\${{ true }}', then: [{ id: isolate, action: isolate_endpoint }]`],
    ['parallel', 'parallel: [{ id: p, steps: [{ id: isolate, action: isolate_endpoint }] }]'],
    ['forEach', `forEach: { in: '\${{ [1] }}', steps: [{ id: isolate, action: isolate_endpoint }] }`],
  ])('a block (%s) goes on where it says so', (_, block) => {
    const answers = { isolate: 'offline', 'isolate[0]': 'offline' }
    const { state } = play(
      `steps: [{ id: b, onError: continue, ${block} }, { id: end, set: { was: '\${{ steps.b.outcome }}' } }]`,
      { answers },
    )
    expect([state.phase, state.steps.get('end')?.outputs]).toEqual(['succeeded', { was: 'failed' }])
  })
})

describe('guards', () => {
  it.each([
    'action: isolate_endpoint',
    'approval: { message: m }',
    'sleep: { seconds: 1 }',
    'parallel: [{ id: p, steps: [{ id: b, set: {} }] }]',
    `forEach: { in: '\${{ [1] }}', steps: [{ id: b, set: {} }] }`,
    `switch: { cases: [{ id: p, when: '\${{ true }}', steps: [{ id: b, set: {} }] }] }`,
  ])('skip %s', (kind) => {
    expect(phases(play(`steps: [{ id: a, if: '\${{ false }}', ${kind} }]`).state)).toEqual({ a: 'skipped' })
  })
})

describe('budgets', () => {
  const loop = `steps: [{ id: l, forEach: { in: '\${{ inputs.list }}', steps: [{ id: s, set: {} }] } }]`
  const list = (length: number) => ({ inputs: { list: Array.from({ length }, () => 0) } })

  it('items of a loop', () => {
    expect(play(loop, list(caps.itemsPerLoop)).state.phase).toBe('succeeded')
    expect(endOf(play(loop, list(caps.itemsPerLoop + 1)))).toMatch(/^failed budget-items-per-loop at l/)
  })

  it('steps of a run, whatever its branches were about to begin', () => {
    const many = `
steps:
  - id: p
    parallel: [{ id: one, steps: [{ id: a, set: {} }, { id: l, forEach: { in: '\${{ inputs.list }}', steps: [{ id: s, set: {} }, { id: t, set: {} }] } }] }, { id: two, steps: [{ id: nap, sleep: { seconds: 1 } }] }]
`
    expect(endOf(play(many, list(caps.itemsPerLoop)))).toMatch(/^failed budget-steps-per-run at s\[498\]/)
  })

  it('a sleep', () => {
    expect(endOf(play('steps: [{ id: n, sleep: { until: "1971-01-02T00:00:01Z" } }]'))).toMatch(/^failed budget-sleep/)
  })
})

describe('checks', () => {
  const problemsOf = (text: string) =>
    checkWorkflow(workflowOf(text)).map(({ code, path, message }) => `${code} ${path} ${message}`)
  const each = (inner: string) => `steps: [{ id: l, forEach: { in: '\${{ [1] }}', as: host, steps: [${inner}] } }]`
  const table: [name: string, text: string, problem: string][] = [
    [
      'a name that the loop does not have',
      each(`{ id: a, set: { x: '\${{ each.hots }}' } }`),
      'bad-expression /spec/steps/[id=l]/forEach/steps/[id=a]/set/x each has no field hots; did you mean host',
    ],
    [
      'each outside of a loop',
      `steps: [{ id: a, set: { x: '\${{ each.item }}' } }]`,
      'bad-expression /spec/steps/[id=a]/set/x `each` is read within a forEach only.',
    ],
    [
      'a step of a loop read after it',
      `${each('{ id: a, set: {} }').slice(0, -1)}, { id: b, set: { x: '\${{ steps.a.outcome }}' } }]`,
      'unknown-step /spec/steps/[id=b]/set/x',
    ],
    [
      'an output that a loop does not have',
      `${each('{ id: a, set: {} }').slice(0, -1)}, { id: b, set: { x: '\${{ steps.l.outputs.result }}' } }]`,
      'bad-expression /spec/steps/[id=b]/set/x steps.l.outputs has no field result; did you mean results',
    ],
    [
      'a step of another branch',
      `steps: [{ id: p, parallel: [{ id: x, steps: [{ id: a, set: {} }] }, { id: y, steps: [{ id: b, set: { v: '\${{ steps.a.outcome }}' } }] }] }]`,
      'unknown-step /spec/steps/[id=p]/parallel/[id=y]/steps/[id=b]/set/v Step a has not been performed',
    ],
    [
      'an id twice across cases',
      `steps: [{ id: s, switch: { cases: [{ id: x, when: '\${{ true }}', steps: [{ id: a, set: {} }] }], default: [{ id: a, set: {} }] } }]`,
      'duplicate-step /spec/steps/[id=s]/switch/default/[id=a]',
    ],
    [
      'equals without value',
      `steps: [{ id: s, switch: { cases: [{ id: x, equals: 1, steps: [{ id: a, set: {} }] }] } }]`,
      'step-kind /spec/steps/[id=s]/switch/cases/[id=x] Case x of s has `equals`, and `switch` has no `value`.',
    ],
    [
      'a list that is text',
      'steps: [{ id: l, forEach: { in: hosts, steps: [{ id: a, set: {} }] } }]',
      'bad-expression /spec/steps/[id=l]/forEach/in A list is exactly one',
    ],
    [
      'a sleep that says nothing',
      'steps: [{ id: n, sleep: {} }]',
      'step-kind /spec/steps/[id=n]/sleep Step n sleeps: say',
    ],
  ]
  it.each(table)('%s', (_, text, problem) => {
    expect(problemsOf(text)).toEqual([expect.stringContaining(problem)])
  })

  it('what stands in steps on failure sees the failed step', () => {
    expect(
      problemsOf(
        `steps: [{ id: a, set: {}, onErrorSteps: [{ id: b, set: { x: '\${{ steps.a.error.message }}' } }] }, { id: c, set: { y: '\${{ steps.b.outcome }}' } }]`,
      ),
    ).toEqual([])
  })
})

describe('a journal', () => {
  it('tells the whole of a run, wherever it is cut and folded again', () => {
    const { events, state } = play(
      `steps: [{ id: l, forEach: { in: '\${{ [1, 2] }}', steps: [{ id: n, sleep: { seconds: 5 } }, { id: b, action: block_ip }] } }]`,
    )
    expect(foldAll(events)).toEqual(state)
  })
})

it('a loop whose time is over tells those who deal with it what it had come to', () => {
  const text = `
steps:
  - id: all
    timeoutSeconds: 60
    onError: continue
    forEach:
      in: '\${{ ["a", "b", "c"] }}'
      as: host
      steps:
        - { id: isolate, action: isolate_endpoint }
        - { id: ask, if: '\${{ each.host == "b" }}', approval: { message: Sure? } }
    onErrorSteps:
      - { id: told, set: { done: '\${{ steps.all.outputs.results.filter(r, has(r.steps.isolate)).map(r, r.steps.isolate.id) }}' } }
outputs: { code: '\${{ steps.all.error.code }}', done: '\${{ steps.told.outputs.done }}', outcomes: '\${{ steps.all.outputs.results.map(r, r.outcome) }}' }
`
  expect(play(text, { answers: { 'isolate[0]': { id: 'e0' }, 'isolate[1]': { id: 'e1' } } }).state).toMatchObject({
    phase: 'succeeded',
    outputs: { code: 'timeout', done: ['e0', 'e1'], outcomes: ['succeeded', 'cancelled', 'cancelled'] },
  })
})
