import { describe, expect, it } from 'vitest'
import { caps } from '../../../controller/core/model/caps.ts'
import { foldAll } from '../../../controller/core/run/fold.ts'
import { decisionsAfter, journal, phases, requested } from './scenario.ts'

const isolate = `
steps:
  - { id: isolate, action: isolate_endpoint, with: { host: '\${{ inputs.host }}' } }
outputs: { done: '\${{ steps.isolate.outputs.id }}' }
`

describe('a run of one action', () => {
  it('starts', () => {
    expect(decisionsAfter(isolate, [requested({ host: 'h1' })])).toEqual(['RunStarted'])
  })

  it('announces an attempt together with performing it', () => {
    expect(decisionsAfter(isolate, journal('', { host: 'h1' }))).toEqual([
      'AttemptScheduled isolate edr 1 {"input":{"host":"h1"}}',
      'perform isolate on edr #1 {"host":"h1"} key r1/isolate',
    ])
  })

  it('does not announce again what is being performed', () => {
    const events = journal('- AttemptScheduled: { step: isolate, connection: edr }', { host: 'h1' })
    expect(decisionsAfter(isolate, events)).toEqual(['await-outcome isolate on edr'])
  })

  it('ends with its outputs', () => {
    const events = journal(`
      - AttemptScheduled: { step: isolate, connection: edr }
      - AttemptSucceeded: { step: isolate, connection: edr, outputs: { id: 7 } }`)
    expect(decisionsAfter(isolate, events)).toEqual(['RunSucceeded {"outputs":{"done":7}}'])
  })

  it('is done after its end', () => {
    expect(decisionsAfter(isolate, [...journal(''), { type: 'RunSucceeded', at: 0, outputs: {} }])).toEqual(['done'])
  })

  it('fails where an expression fails, and says which one', () => {
    expect(decisionsAfter(isolate, journal(''))).toEqual([
      expect.stringMatching(/^AttemptFailed isolate bad-expression .*inputs\.host/),
    ])
  })

  it('fails a step whose action is bound to nothing', () => {
    const steps = 'steps: [{ id: a, action: unheard_of }]'
    expect(decisionsAfter(steps, journal(''))).toEqual([expect.stringMatching(/^AttemptFailed a missing-binding/)])
  })

  it('does not find an action called like a member of every object', () => {
    const steps = 'steps: [{ id: a, action: constructor }]'
    expect(decisionsAfter(steps, journal(''))).toEqual([expect.stringMatching(/^AttemptFailed a missing-binding/)])
  })
})

describe('guards, set and blocks', () => {
  const workflow = `
steps:
  - { id: sum, set: { total: '\${{ inputs.a + inputs.b }}' } }
  - { id: skipped, if: '\${{ steps.sum.outputs.total > 100 }}', action: isolate_endpoint }
  - id: big
    if: '\${{ steps.sum.outputs.total > 2 }}'
    then: [{ id: yes, set: { word: big } }]
    else: [{ id: no, set: { word: small } }]
outputs: { no_ran: '\${{ has(steps.no.outputs.word) }}' }
`
  const inputs = { a: 1, b: 2 }
  const events = [
    'AttemptSucceeded sum {"outputs":{"total":3}}',
    'AttemptSucceeded skipped {"outputs":{},"skipped":true}',
    'AttemptSucceeded big {"branch":"then","outputs":{}}',
    'AttemptSucceeded yes {"outputs":{"word":"big"}}',
    'RunSucceeded {"outputs":{"no_ran":false}}',
  ]
  const rows = [
    '- AttemptSucceeded: { step: sum, outputs: { total: 3 } }',
    '- AttemptSucceeded: { step: skipped, outputs: {}, skipped: true }',
    '- AttemptSucceeded: { step: big, outputs: {}, branch: then }',
    '- AttemptSucceeded: { step: yes, outputs: { word: big } }',
  ]

  it.each(events.map((line, done) => ({ line, done })))('decision $done is $line', ({ line, done }) => {
    expect(decisionsAfter(workflow, journal(rows.slice(0, done).join('\n'), inputs))).toEqual([line])
  })

  it('keeps a decision that was journaled, even where the guard would say otherwise now', () => {
    const other = rows.slice(0, 2).concat('- AttemptSucceeded: { step: big, outputs: {}, branch: else }')
    expect(decisionsAfter(workflow, journal(other.join('\n'), inputs))).toEqual([
      'AttemptSucceeded no {"outputs":{"word":"small"}}',
    ])
  })

  it('renders once: a value that looks like an expression stays data', () => {
    const steps = `steps: [{ id: a, set: { x: '\${{ inputs.text }}' } }]`
    expect(decisionsAfter(steps, journal('', { text: '${{ tenant.uid }}' }))).toEqual([
      'AttemptSucceeded a {"outputs":{"x":"${{ tenant.uid }}"}}',
    ])
  })
})

describe('a failed step', () => {
  const failed = journal(`
    - AttemptScheduled: { step: a, connection: edr }
    - AttemptFailed: { step: a, connection: edr, code: http-403, message: Forbidden, final: true }`)

  it('ends the run', () => {
    const steps = 'steps: [{ id: a, action: isolate_endpoint }, { id: b, set: { x: 1 } }]'
    expect(decisionsAfter(steps, failed)).toEqual(['RunFailed a http-403 {"message":"Forbidden"}'])
  })

  it('is passed where it says `onError: continue`, and can be read', () => {
    const steps = `
steps:
  - { id: a, action: isolate_endpoint, onError: continue }
  - { id: b, set: { outcome: '\${{ steps.a.outcome }}', why: '\${{ steps.a.error.code }}' } }`
    expect(decisionsAfter(steps, failed)).toEqual([
      'AttemptSucceeded b {"outputs":{"outcome":"failed","why":"http-403"}}',
    ])
  })

  it('within a block ends the run too', () => {
    const steps = `steps: [{ id: top, if: '\${{ true }}', then: [{ id: a, action: isolate_endpoint }] }]`
    const events = [...journal('- AttemptSucceeded: { step: top, outputs: {}, branch: then }'), ...failed.slice(2)]
    expect(decisionsAfter(steps, events)).toEqual(['RunFailed a http-403 {"message":"Forbidden"}'])
  })
})

describe('a step on two connections', () => {
  const steps = `
steps: [{ id: block, action: block_ip, with: { ip: 192.0.2.1 } }]
outputs: { all: '\${{ steps.block.outputs }}' }`
  const both = `
    - AttemptScheduled: { step: block, connection: fw1, connections: [fw1, fw2] }
    - AttemptScheduled: { step: block, connection: fw2, connections: [fw1, fw2] }`

  it('is performed on both, each with a key of its own', () => {
    expect(decisionsAfter(steps, journal(''))).toEqual([
      'AttemptScheduled block fw1 1 {"input":{"ip":"192.0.2.1"}}',
      'perform block on fw1 #1 {"ip":"192.0.2.1"} key r1/block/fw1',
      'AttemptScheduled block fw2 1 {"input":{"ip":"192.0.2.1"}}',
      'perform block on fw2 #1 {"ip":"192.0.2.1"} key r1/block/fw2',
    ])
  })

  it('gives the outputs of the first, and an outcome for each', () => {
    const events = journal(`${both}
    - AttemptSucceeded: { step: block, connection: fw2, outputs: { rule: 2 } }
    - AttemptSucceeded: { step: block, connection: fw1, outputs: { rule: 1 } }`)
    expect(foldAll(events).steps.get('block')?.outputs).toMatchObject({
      rule: 1,
      results: [
        { connection: 'fw1', outcome: 'succeeded', outputs: { rule: 1 } },
        { connection: 'fw2', outcome: 'succeeded', outputs: { rule: 2 } },
      ],
    })
  })

  it('fails where one of them fails, and repeats only what may succeed yet', () => {
    const events = journal(`${both}
    - AttemptFailed: { step: block, connection: fw1, code: http-503, message: Busy, final: false }
    - TimerSet: { step: block, connection: fw1, fireAt: 2000 }
    - AttemptFailed: { step: block, connection: fw2, code: http-403, message: Forbidden, final: true }`)
    expect(decisionsAfter(steps, events, 1_999)).toEqual(['wait-until 2000 for block on fw1'])
    expect(decisionsAfter(steps, events, 2_000)).toEqual([
      'TimerFired block fw1',
      'AttemptScheduled block fw1 2 {"input":{}}',
      'perform block on fw1 #2 {} key r1/block/fw1',
    ])
    expect(phases(foldAll(events))).toEqual({ block: 'open' })
  })
})

describe('approval', () => {
  const steps = `
steps:
  - { id: ask, approval: { message: 'Isolate \${{ inputs.host }}?', approvers: [soc] } }
  - { id: after, set: { by: '\${{ steps.ask.outputs.by }}' } }`
  const inputs = { host: 'h1' }

  it('asks, with expressions rendered', () => {
    expect(decisionsAfter(steps, journal('', inputs))).toEqual(['ApprovalRequested ask {"message":"Isolate h1?"}'])
  })

  it('waits', () => {
    const events = journal('- ApprovalRequested: { step: ask, message: Sure?, approvers: [] }', inputs)
    expect(decisionsAfter(steps, events)).toEqual(['wait-approval ask'])
  })

  it('goes on after a yes, and keeps who said it', () => {
    const events = journal(`
      - ApprovalRequested: { step: ask, message: Sure?, approvers: [] }
      - ApprovalGiven: { step: ask, approved: true, by: ada }`)
    expect(decisionsAfter(steps, events)).toEqual(['AttemptSucceeded ask {"outputs":{"approved":true,"by":"ada"}}'])
  })

  it('fails after a no', () => {
    const events = journal(`
      - ApprovalRequested: { step: ask, message: Sure?, approvers: [] }
      - ApprovalGiven: { step: ask, approved: false, by: ada, comment: not now }`)
    expect(decisionsAfter(steps, events)).toEqual([
      expect.stringMatching(/^AttemptFailed ask rejected .*ada said no: not now/),
    ])
  })

  it('takes an answer that came before the question', () => {
    const events = journal(`
      - ApprovalGiven: { step: ask, approved: true, by: ada }
      - ApprovalRequested: { step: ask, message: Sure?, approvers: [] }`)
    expect(decisionsAfter(steps, events)).toEqual(['AttemptSucceeded ask {"outputs":{"approved":true,"by":"ada"}}'])
  })

  it('keeps the first of two answers', () => {
    const events = journal(`
      - ApprovalRequested: { step: ask, message: Sure?, approvers: [] }
      - ApprovalGiven: { step: ask, approved: true, by: ada }
      - ApprovalGiven: { step: ask, approved: false, by: bob }`)
    expect(foldAll(events).steps.get('ask')?.answer?.by).toBe('ada')
  })
})

describe('a guardrail', () => {
  const steps = `steps: [{ id: wipe, action: wipe_device, with: { device: '\${{ inputs.device }}' } }]`
  const asked = `
    - ApprovalRequested: { step: wipe, message: No undo., approvers: [], action: { name: wipe_device, input: { device: d1 } } }`

  it('asks before the first attempt, showing the input', () => {
    expect(decisionsAfter(steps, journal('', { device: 'd1' }))).toEqual([
      'ApprovalRequested wipe {"message":"A wipe cannot be undone."}',
    ])
  })

  it('lets what was shown be performed', () => {
    const events = journal(`${asked}\n    - ApprovalGiven: { step: wipe, approved: true, by: ada }`, {
      device: 'other',
    })
    expect(decisionsAfter(steps, events)).toEqual([
      'AttemptScheduled wipe edr 1 {"input":{"device":"d1"}}',
      'perform wipe on edr #1 {"device":"d1"} key r1/wipe',
    ])
  })

  it('is not satisfied by an answer from before the question', () => {
    const events = journal(`    - ApprovalGiven: { step: wipe, approved: true, by: ada }${asked}`)
    expect(decisionsAfter(steps, events)).toEqual(['wait-approval wipe'])
  })
})

describe('budgets', () => {
  it('fails a run that would perform more steps than it may', () => {
    const ids = Array.from({ length: caps.stepsPerRun + 1 }, (_, index) => `s${index}`)
    const steps = `steps:\n${ids.map((id) => `  - { id: ${id}, set: { x: 1 } }`).join('\n')}`
    const events = journal('')
    for (const id of ids.slice(0, -1)) events.push({ type: 'AttemptSucceeded', at: 0, step: id, outputs: {} })
    expect(decisionsAfter(steps, events)).toEqual([expect.stringMatching(/^RunFailed s1000 budget-steps-per-run/)])
  })
})
