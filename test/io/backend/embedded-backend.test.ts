import { describe, expect, it } from 'vitest'
import type { RunEvent } from '../../../controller/core/run/events.ts'
import type { Journal } from '../../../controller/core/run/journal.ts'
import { backendConformance } from '../../conformance/backend.ts'
import { ended, until } from '../../conformance/watch-runs.ts'
import { idOf, startOf, tenantOf } from '../../core/run/sample-fleet.ts'
import { openEmbedded } from './opened-backend.ts'

backendConformance('embedded', () => openEmbedded())

const behave = (how: string, rest = '') =>
  `steps: [{ id: a, action: act, with: { behave: ${how} }, retry: { attempts: 3, delaySeconds: 0 }${rest} }]`

describe('a host', () => {
  it.each(['spin', 'exit'])(
    'that is brought down again and again (%s) quarantines the run, and its neighbours end well',
    async (how) => {
      const { backend } = await openEmbedded({ graceMs: 3_000 })
      const poison = startOf({ workflow: behave(how, ', timeoutSeconds: 1'), tenant: tenantOf('poison') })
      const neighbours = Array.from({ length: 5 }, (_, index) =>
        startOf({
          workflow: `steps:\n${'abc'.replaceAll(/./g, '  - { id: $&, action: act, with: { ms: 20 } }\n')}`,
          tenant: tenantOf(`t${index}`),
        }),
      )
      for (const start of [poison, ...neighbours]) await backend.start(start)
      expect(await ended(backend, idOf(poison))).toMatchObject({ phase: 'quarantined' })
      for (const start of neighbours) expect((await ended(backend, idOf(start))).phase).toBe('succeeded')
    },
  )

  it('that never answers costs the attempt, not the host', async () => {
    const { backend } = await openEmbedded()
    const step = (id: string, action: string) =>
      `{ id: ${id}, action: ${action}, with: { behave: never }, timeoutSeconds: 1, retry: { attempts: 1 } }`
    const safe = startOf({ workflow: `steps: [${step('a', 'act')}]` })
    const unsafe = startOf({ workflow: `steps: [${step('a', 'act_once')}]` })
    await backend.start(safe)
    await backend.start(unsafe)
    expect(await ended(backend, idOf(safe))).toMatchObject({ phase: 'failed', failure: { code: 'timeout' } })
    await until(async () => (await backend.history(idOf(unsafe)))?.at(-1)?.type === 'AttemptUnknown')
  })

  it('whose vendor module has a bug tells so', async () => {
    const { backend } = await openEmbedded()
    const start = startOf({ workflow: behave('throw') })
    await backend.start(start)
    expect(await ended(backend, idOf(start))).toMatchObject({ failure: { code: 'internal-error', message: 'a bug' } })
  })

  it('whose vendor module cannot be loaded fails the step, not the controller', async () => {
    const { backend } = await openEmbedded({ performModule: '/nowhere/vendor.ts' })
    const start = startOf({ workflow: behave('succeed') })
    await backend.start(start)
    expect(await ended(backend, idOf(start))).toMatchObject({ phase: 'failed', failure: { code: 'internal-error' } })
  })
})

describe('a run that could go on', () => {
  it('is overdue while nobody takes it', async () => {
    const { backend, calls } = await openEmbedded({ hosts: 1, runsPerHost: 1 })
    const slow = startOf({ workflow: 'steps: [{ id: a, action: act, with: { ms: 200 } }]', tenant: tenantOf('slow') })
    const next = startOf({ workflow: 'steps: [{ id: a, action: act }]', tenant: tenantOf('next') })
    await backend.start(slow)
    await until(() => calls().length === 1)
    await backend.start(next)
    expect(backend.overdue(0)).toMatchObject([{ runId: idOf(next), tenant: 'next', reason: 'not-taken' }])
    expect(backend.overdue(60_000)).toEqual([])
    await ended(backend, idOf(next))
    expect(backend.overdue(0)).toEqual([])
  })
})

describe('a secret that cannot be read', () => {
  it('fails the attempt before anything leaves, without quoting the reason', async () => {
    const { backend, calls } = await openEmbedded({ secretOf: () => Promise.reject(new Error('hunter2 is no key')) })
    const start = startOf({ workflow: behave('succeed') })
    await backend.start(start)
    const state = await ended(backend, idOf(start))
    expect(state).toMatchObject({ phase: 'failed', failure: { code: 'secret-unavailable' } })
    expect(JSON.stringify([...((await backend.history(idOf(start))) ?? [])])).not.toContain('hunter2')
    expect(calls()).toEqual([])
  })
})

describe('a journal that cannot be written', () => {
  it('lets nothing leave, and starts nothing', async () => {
    const failing = new Set<RunEvent['type']>(['AttemptScheduled'])
    const troubles: string[] = []
    const opened = await openEmbedded()
    const journal: Journal = {
      ...opened.store,
      append: (record) =>
        record.events.some(({ type }) => failing.has(type))
          ? Promise.reject(new Error('disk full'))
          : opened.store.append(record),
    }
    const { backend } = await openEmbedded({ journal, onTrouble: (runId) => troubles.push(runId) })
    const start = startOf({ workflow: behave('succeed') })
    expect(await backend.start(start)).toBe('accepted')
    await until(() => troubles.length === 1)
    expect(troubles).toEqual([idOf(start)])
    expect(opened.calls()).toEqual([])
    failing.add('RunRequested')
    await expect(backend.start(startOf({ workflow: behave('succeed') }))).rejects.toThrow('disk full')
    await expect(backend.cancel(idOf(start), { by: 'ada', reason: 'x' })).rejects.toMatchObject({ code: 'not-here' })
  })
})

describe('an observer', () => {
  it('sees every event once, in order, after it is durable', async () => {
    const seen: RunEvent[] = []
    const { backend } = await openEmbedded({ onEvents: (_runId, events) => seen.push(...events) })
    const start = startOf({ workflow: behave('busy-once') })
    await backend.start(start)
    await ended(backend, idOf(start))
    await until(async () => seen.length === (await backend.history(idOf(start)))?.length)
    expect(seen).toEqual(await backend.history(idOf(start)))
  })
})

describe('a start', () => {
  it('is refused where what it pins is neither given nor stored', async () => {
    const { backend } = await openEmbedded()
    const { event } = startOf({ workflow: behave('succeed') })
    await expect(backend.start({ event })).rejects.toThrow('neither given nor stored')
  })
})
