import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { RunEvent } from '../../../controller/core/run/events.ts'
import type { Journal } from '../../../controller/core/run/journal.ts'
import type { StartRequest } from '../../../controller/io/backend/backend.ts'
import type { EmbeddedBackendOptions } from '../../../controller/io/backend/embedded-backend.ts'
import { ended } from '../../conformance/watch-runs.ts'
import { idOf, startOf } from '../../core/run/sample-fleet.ts'
import { openEmbedded } from './opened-backend.ts'

const workflow = 'steps: [{ id: a, action: act }, { id: b, action: act }]'

/** A backend whose host has nothing to do, and what it appends from now on. */
async function openIdle(options: Partial<EmbeddedBackendOptions> = {}) {
  const opened = await openEmbedded()
  const appended: RunEvent['type'][][] = []
  const troubles: string[] = []
  const fault: { error?: Error } = {}
  const journal: Journal = {
    ...opened.store,
    append: (record) => {
      appended.push(record.events.map(({ type }) => type))
      return fault.error === undefined ? opened.store.append(record) : Promise.reject(fault.error)
    },
  }
  const { backend, calls, folder } = await openEmbedded({
    journal,
    onTrouble: (runId) => troubles.push(runId),
    ...options,
  })
  const first = startOf({ workflow })
  await backend.start(first)
  await ended(backend, idOf(first))
  appended.length = 0
  const done = calls().length
  const pause = (): Disposable => {
    const pids = readFileSync(join(folder, 'hosts'), 'utf8').split('\n').filter(Boolean).map(Number)
    for (const pid of pids) process.kill(pid, 'SIGSTOP')
    return { [Symbol.dispose]: () => pids.forEach((pid) => process.kill(pid, 'SIGCONT')) }
  }
  return { backend, store: opened.store, appended, troubles, fault, pause, calls: () => calls().slice(done) }
}

/** The journal has it already, from a process that did not go on with it. */
async function accepted({ store }: Awaited<ReturnType<typeof openIdle>>, start: StartRequest): Promise<void> {
  const elsewhere = await openEmbedded({ journal: store })
  await elsewhere.backend.start(start)
  await elsewhere.backend.close()
}

it('a request is written together with the first intents, and each outcome with the next one', async () => {
  const { backend, appended } = await openIdle({ longestWaitMs: 60_000 })
  const start = startOf({ workflow })
  expect(await backend.start(start)).toBe('accepted')
  await ended(backend, idOf(start))
  expect(appended).toEqual([
    ['RunRequested', 'RunStarted', 'AttemptScheduled'],
    ['AttemptSucceeded', 'AttemptScheduled'],
    ['AttemptSucceeded', 'RunSucceeded'],
  ])
})

it('a request does not wait for a host that takes its time', async () => {
  const { backend, appended, pause } = await openIdle()
  const start = startOf({ workflow })
  {
    using _ = pause()
    expect(await backend.start(start)).toBe('accepted')
    expect(appended).toEqual([['RunRequested']])
  }
  expect((await ended(backend, idOf(start))).phase).toBe('succeeded')
  expect(appended[1]).toEqual(['RunStarted', 'AttemptScheduled'])
})

it.each([
  ['that is waited for', false],
  ['that takes its time', true],
])('a request that the journal has already begins nothing, in a host %s', async (...[, isSlow]) => {
  const opened = await openIdle(isSlow ? {} : { longestWaitMs: 60_000 })
  const { backend, calls, troubles, pause } = opened
  const start = startOf({ workflow })
  await accepted(opened, start)
  const before = await backend.history(idOf(start))
  {
    using _ = isSlow ? pause() : undefined
    expect(await backend.start(start)).toBe('already-accepted')
  }
  const next = startOf({ workflow })
  await backend.start(next)
  await ended(backend, idOf(next))
  expect(await backend.history(idOf(start))).toEqual(before)
  expect(calls().filter(({ key }) => key.startsWith(idOf(start)))).toEqual([])
  expect(troubles).toEqual([])
})

it('a request that cannot be written is refused, and may come again', async () => {
  const { backend, calls, fault, troubles } = await openIdle()
  const start = startOf({ workflow })
  fault.error = new Error('disk full')
  await expect(backend.start(start)).rejects.toThrow('disk full')
  expect(troubles).toEqual([])
  expect(calls()).toEqual([])
  delete fault.error
  expect(await backend.start(start)).toBe('accepted')
  expect((await ended(backend, idOf(start))).phase).toBe('succeeded')
})

it('what is written once runs are handed over stands behind them', async () => {
  const { backend, appended, pause } = await openIdle()
  using _ = pause()
  const starting = backend.start(startOf({ workflow }))
  expect(appended).toEqual([])
  await backend.handedOver()
  expect(appended).toEqual([['RunRequested']])
  await starting
})
