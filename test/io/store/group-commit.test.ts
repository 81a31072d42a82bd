import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from 'vitest'
import { openStore } from '../../../controller/io/store/open-store.ts'
import { temporaryFolder } from '../../e2e/controller-process.ts'

// No timer fires here, so that what waits for one stays where it is.
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

function writing() {
  const folder = temporaryFolder()
  const store = openStore(folder.path)
  onTestFinished(() => {
    store.close()
    folder[Symbol.dispose]()
  })
  return async (count: number): Promise<number> => {
    const before = store.health().counts.records
    for (let nr = 0; nr < count; nr += 1) void store.recordSchedules([])
    await turn()
    await turn()
    return store.health().counts.records - before
  }
}

it('a few are committed at once, whether they come alone or after others', async () => {
  const committed = writing()
  expect([await committed(1), await committed(4), await committed(1)]).toEqual([1, 4, 1])
})

it('after a commit of many the next one waits, until as many have come again', async () => {
  const committed = writing()
  expect([await committed(30), await committed(20), await committed(10)]).toEqual([30, 0, 30])
})

it('after a commit of very many it waits for a hundred', async () => {
  const committed = writing()
  expect([await committed(400), await committed(99), await committed(1)]).toEqual([400, 0, 100])
})
