import { describe, expect, it } from 'vitest'
import { caps } from '../../../controller/core/model/caps.ts'
import { awaits, endOfChild, requestOfChild } from '../../../controller/core/run/child-run.ts'
import { decide } from '../../../controller/core/run/decide.ts'
import type { ChildRequested } from '../../../controller/core/run/events.ts'
import { fold, foldAll } from '../../../controller/core/run/fold.ts'
import type { FinishedRun } from '../../../controller/core/run/run-state.ts'
import { summarise } from '../../../controller/core/run/run-summary.ts'
import { endOf, play } from './play.ts'
import { context, phases, requested, workflowOf } from './scenario.ts'

const call = (rest = '', inputs = '{ host: h1 }') => `
steps:
  - { id: contain, workflow: { name: contain_host, inputs: ${inputs}${rest} } }
  - { id: after, set: { ticket: '\${{ steps.contain.outputs.ticket }}' } }
outputs: { ticket: '\${{ steps.after.outputs.ticket }}' }
`
const childOf = (text: string): ChildRequested =>
  play(text).events.find((event): event is ChildRequested => event.type === 'ChildRequested') as ChildRequested

describe('a workflow as a step', () => {
  it('is asked for as it is pinned, with its defaults, and awaited', () => {
    const played = play(call())
    expect(played.events.slice(2)).toMatchObject([
      {
        type: 'ChildRequested',
        step: 'contain',
        workflow: { name: 'contain_host', owner: 'acme', release: '1.2.0', digest: 'd-contain' },
        inputs: { host: 'h1', hard: false },
      },
    ])
    expect(played.waits).toEqual([{ kind: 'await-child', step: 'contain' }])
    expect(summarise(played.state)).toMatchObject({
      state: 'waiting',
      reason: `Step contain waits for run ${childOf(call()).runId}`,
    })
  })

  it('hands back the outputs of its run', () => {
    expect(play(call(), { answers: { contain: { ticket: 7 } } }).state).toMatchObject({
      phase: 'succeeded',
      outputs: { ticket: 7 },
    })
  })

  it('fails where its run does, and says why', () => {
    const played = play(call(), { answers: { contain: 'isolate: offline' } })
    expect(endOf(played)).toBe('failed child-failed at contain: contain_host has failed: isolate: offline')
  })

  it('may fail, where the step says so', () => {
    const steps = `steps: [{ id: contain, onError: continue, workflow: { name: contain_host, inputs: { host: h1 } } }]`
    expect(play(steps, { answers: { contain: 'offline' } }).state.phase).toBe('succeeded')
  })

  it('has an id of its own in each item of a loop', () => {
    const steps = `steps: [{ id: all, forEach: { in: '\${{ ["a", "b"] }}', as: host, concurrency: 2, steps: [{ id: contain, workflow: { name: contain_host, inputs: { host: '\${{ each.host }}' } } }] } }]`
    const children = play(steps).events.filter((event) => event.type === 'ChildRequested')
    expect(children.map(({ step, inputs }) => [step, inputs.host])).toEqual([
      ['contain[0]', 'a'],
      ['contain[1]', 'b'],
    ])
    expect(new Set(children.map(({ runId }) => runId)).size).toBe(2)
  })

  it('is given up in time, by its own limit or by that of a block around it', () => {
    const own = 'steps: [{ id: contain, timeoutSeconds: 5, workflow: { name: contain_host, inputs: { host: h1 } } }]'
    const block = `steps: [{ id: block, timeoutSeconds: 5, parallel: [{ id: one, steps: [{ id: contain, workflow: { name: contain_host, inputs: { host: h1 } } }] }] }]`
    for (const text of [own, block]) {
      const played = play(text)
      expect(played.state.failure?.code).toBe('timeout')
      expect(phases(played.state)).toMatchObject({ contain: 'failed' })
      expect(awaits(played.state, requestOfChild(requested(), childOf(text), 0))).toBe(false)
    }
  })

  const refused: [name: string, text: string, end: string][] = [
    [
      'that is not there',
      call().replace('contain_host', 'other'),
      'missing-workflow at contain: The tenant does not receive a workflow other.',
    ],
    ['without a required input', call('', '{}'), 'bad-input at contain: contain_host: Input host is required.'],
    [
      'with an input that it does not have',
      call('', '{ host: h1, hots: h2 }'),
      'bad-input at contain: contain_host: There is no input hots; did you mean host.',
    ],
    [
      'with an input of another type',
      call('', `{ host: '\${{ 7 }}' }`),
      'bad-input at contain: contain_host: Input host must be of type string, and is integer.',
    ],
  ]
  it.each(refused)('%s fails before anything is asked for', (_name, text, end) => {
    const played = play(text)
    expect(endOf(played)).toBe(`failed ${end}`)
    expect(played.events.some(({ type }) => type === 'ChildRequested')).toBe(false)
  })
})

describe('a detached workflow', () => {
  const text =
    'steps: [{ id: contain, workflow: { name: contain_host, inputs: { host: h1 }, detached: true } }]\noutputs: { run: "${{ steps.contain.outputs.run }}" }'

  it('is not gone on from before it is accepted, and gives its id', () => {
    expect(play(text).waits).toEqual([{ kind: 'await-child', step: 'contain' }])
    expect(play(text, { answers: { contain: {} } }).state).toMatchObject({
      phase: 'succeeded',
      outputs: { run: childOf(text).runId },
    })
  })
})

describe('what a child is begun with', () => {
  const parent = { ...requested(), sandbox: true as const }

  it('is what its parent has pinned, and where it comes from', () => {
    const child = childOf(call())
    expect(requestOfChild(parent, child, 9)).toEqual({
      type: 'RunRequested',
      at: 9,
      runId: child.runId,
      epoch: 1,
      tenant: parent.tenant,
      workflow: child.workflow,
      contextDigest: parent.contextDigest,
      commit: parent.commit,
      trigger: { kind: 'workflow', id: 'contain', deliveryId: 'r1/contain' },
      inputs: { host: 'h1', hard: false },
      parent: { runId: 'r1', step: 'contain', depth: 1 },
      sandbox: true,
    })
  })

  it(`goes ${caps.childDepth} levels deep and no deeper`, () => {
    const endAt = (depth: number) => {
      const first = { ...requested(), parent: { runId: 'p', step: 's', depth } }
      const state = foldAll([first, { type: 'RunStarted', at: 0 }])
      const [decision] = decide(state, context(workflowOf(call())))
      return decision?.kind === 'append' ? decision.event : decision
    }
    expect(endAt(caps.childDepth - 1)).toMatchObject({ type: 'ChildRequested' })
    expect(endAt(caps.childDepth)).toMatchObject({ type: 'RunFailed', code: 'budget-child-depth', step: 'contain' })
  })
})

describe('what a parent is told', () => {
  const asked = play(call())
  const child = requestOfChild(requested(), childOf(call()), 0)
  const end = (event: Parameters<typeof fold>[1]) =>
    endOfChild(foldAll([child, { type: 'RunStarted', at: 0 }, event]) as FinishedRun, 'contain', 5)

  it('counts once, and only while it is awaited', () => {
    const told = fold(asked.state, end({ type: 'RunSucceeded', at: 4, outputs: { ticket: 1 } }))
    expect(told.steps.get('contain')?.ended?.outputs).toEqual({ ticket: 1 })
    const again = fold(told, end({ type: 'RunFailed', at: 4, code: 'x', message: 'y' }))
    expect(again.steps.get('contain')?.ended?.outcome).toBe('succeeded')
  })
})
