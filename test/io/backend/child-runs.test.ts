import { expect, it, onTestFinished } from 'vitest'
import type { RunEvent } from '../../../controller/core/run/events.ts'
import { fold } from '../../../controller/core/run/fold.ts'
import type { RunState } from '../../../controller/core/run/run-state.ts'
import type { StartRequest } from '../../../controller/io/backend/backend.ts'
import { ended, until } from '../../conformance/watch-runs.ts'
import { idOf, startOf, tenantOf } from '../../core/run/sample-fleet.ts'
import { type OpenedEmbedded, openEmbedded } from './opened-backend.ts'

const child = `
inputs: { properties: { n: {} } }
steps: [{ id: b, action: act, with: { n: '\${{ inputs.n }}' } }]
outputs: { n: '\${{ inputs.n }}' }
`
const workflow = `
steps:
  - { id: first, workflow: { name: child, inputs: { n: 1 } } }
  - { id: aside, workflow: { name: child, inputs: { n: 2 }, detached: true } }
  - { id: last, workflow: { name: child, inputs: { n: '\${{ steps.first.outputs.n }}' } } }
outputs: { n: '\${{ steps.last.outputs.n }}' }
`

/** What became durable, in its order: an append of one run each. */
type Appended = readonly [runId: string, events: readonly RunEvent[]]

async function record(): Promise<{
  readonly start: StartRequest
  readonly appends: readonly Appended[]
}> {
  const appends: Appended[] = []
  const start = startOf({ workflow, children: { child }, tenant: tenantOf('one', 1) })
  const { backend } = await openEmbedded({ onEvents: (runId, events) => appends.push([runId, events]) })
  await backend.start(start)
  await ended(backend, idOf(start))
  await until(() => appends.filter(([, events]) => events.at(-1)?.type === 'RunSucceeded').length === 4)
  await backend.close()
  return { start, appends }
}

/** A backend that finds what had become durable when the process died. */
async function resumedFrom(start: StartRequest, appends: readonly Appended[]): Promise<OpenedEmbedded> {
  const opened = await openEmbedded()
  const states = new Map<string, RunState>()
  for (const [runId, events] of appends) {
    const before = states.get(runId)
    const state = events.reduce<RunState | null>((sum, event) => fold(sum, event), before ?? null) as RunState
    states.set(runId, state)
    const objects = runId === idOf(start) && before === undefined ? { objects: start.objects ?? [] } : {}
    await opened.store.append({ runId, expectedVersion: before?.version ?? 0, events, state, ...objects })
  }
  await opened.backend.resume()
  return opened
}

it('a crash anywhere between parent and child costs nothing and does nothing twice', async () => {
  const { start, appends } = await record()
  expect(appends.length).toBeGreaterThan(12)
  for (const cut of appends.keys()) {
    const opened = await resumedFrom(start, appends.slice(0, cut + 1))
    expect(await ended(opened.backend, idOf(start))).toMatchObject({ phase: 'succeeded', outputs: { n: 1 } })
    await until(() => opened.store.unfinishedRuns().length === 0)
    const runs = opened.store.listRuns({}).runs
    expect([cut, runs.map(({ state }) => state)]).toEqual([cut, ['succeeded', 'succeeded', 'succeeded', 'succeeded']])
    const begun = opened.calls().filter(({ phase }) => phase === 'begin')
    expect(new Set(begun.map(({ key }) => key)).size).toBe(begun.length)
    await opened.backend.close()
  }
})

it('a child that its parent gave up on before a crash does not go on', async () => {
  const asks = 'steps: [{ id: ask, approval: { message: Sure? } }, { id: b, action: act }]'
  const steps = 'steps: [{ id: call, workflow: { name: child } }]'
  const start = startOf({ workflow: steps, children: { child: asks } })
  const first = await openEmbedded()
  await first.backend.start(start)
  await until(() => first.store.listRuns({ state: 'waiting' }).runs.length === 2)
  const parent = (await first.backend.history(idOf(start))) ?? []
  await first.backend.close()
  const state = parent.reduce<RunState | null>((sum, event) => fold(sum, event), null) as RunState
  const end: RunEvent = { type: 'RunCancelled', at: Date.now(), by: 'ada', reason: 'the process died right after' }
  await first.store.append({
    runId: idOf(start),
    expectedVersion: state.version,
    events: [end],
    state: fold(state, end),
  })
  const { backend } = await first.reopen()
  onTestFinished(() => backend.close())
  await until(async () => (await backend.list({ state: 'cancelled' })).runs.length === 2)
})

it('a crash anywhere while a tree of runs is cancelled undoes each of them once, the inner one first', async () => {
  const undo = (name: string) => `onCancelSteps: [{ id: undo, action: act, with: { n: ${name} } }]`
  const asks = `steps: [{ id: did, action: act, with: { n: did } }, { id: ask, approval: { message: Sure? } }]\n${undo('child')}`
  const calls = `steps: [{ id: call, workflow: { name: child } }]\n${undo('parent')}`
  const start = startOf({ workflow: calls, children: { child: asks }, tenant: tenantOf('one', 1) })
  const appends: Appended[] = []
  const first = await openEmbedded({ onEvents: (runId, events) => appends.push([runId, events]) })
  const by = { by: 'ada', reason: 'enough' }
  await first.backend.start(start)
  await until(() => first.store.listRuns({ state: 'waiting' }).runs.length === 2)
  await first.backend.cancel(idOf(start), by)
  await until(() => first.store.unfinishedRuns().length === 0)
  await first.backend.close()
  for (const cut of appends.keys()) {
    const durable = appends.slice(0, cut + 1)
    const opened = await resumedFrom(start, durable)
    // Where nobody had asked before the crash, somebody does once all wait.
    if (!durable.some(([, events]) => events.some(({ type }) => type === 'CancelRequested'))) {
      await until(() => opened.store.listRuns({ state: 'waiting' }).runs.length === 2)
      await opened.backend.cancel(idOf(start), by)
    }
    await until(() => opened.store.unfinishedRuns().length === 0)
    expect(opened.store.listRuns({}).runs.map(({ state }) => state)).toEqual(['cancelled', 'cancelled'])
    const before = durable.flatMap(([, events]) =>
      events.filter((event) => event.type === 'AttemptSucceeded' && event.step === 'undo'),
    )
    const begun = opened
      .calls()
      .flatMap(({ phase, input }) => (phase === 'begin' && input.n !== 'did' ? [input.n] : []))
    expect([cut, begun]).toEqual([cut, ['child', 'parent'].slice(before.length)])
    await opened.backend.close()
  }
})

it('is never quiet while a parent is about to hear of its child', async () => {
  const { backend, store } = await openEmbedded()
  const steps =
    'steps: [{ id: call, workflow: { name: child, inputs: { n: 1 } } }, { id: again, workflow: { name: child, inputs: { n: 2 } } }]'
  for (let round = 0; round < 10; round += 1) {
    const start = startOf({ workflow: steps, children: { child }, tenant: tenantOf('one', 1) })
    await backend.start(start)
    const atWork = () =>
      (['queued', 'running'] as const).some((state) => store.listRuns({ state, limit: 1 }).runs.length > 0)
    await until(() => !atWork() && backend.isQuiet)
    expect((await backend.history(idOf(start)))?.at(-1)?.type).toBe('RunSucceeded')
  }
})
