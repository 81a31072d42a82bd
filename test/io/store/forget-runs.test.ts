import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openStore, type Store } from '../../../controller/io/store/open-store.ts'
import { folder, more, newRun } from './sample-runs.ts'

async function finish(store: Store, runId: string, at: number, tenant = 'acme'): Promise<void> {
  const run = newRun(runId, at, tenant)
  await store.append(run)
  await store.append(
    more(run.state, { type: 'RunStarted', at }, { type: 'RunSucceeded', at, outputs: { mark: 'a-mark' } }),
  )
}

const ids = (store: Store) => store.listRuns({}).runs.map(({ id }) => id)
const old = { tenantUid: 'uid-acme', before: 10, limit: 100 }

describe('finished runs that are old', () => {
  it('are removed from the list and the file, those of one tenant, and no others', async () => {
    const place = folder()
    const store = openStore(place)
    for (const [id, at] of [
      ['a', 1],
      ['b', 9],
      ['c', 10],
    ] as const)
      await finish(store, id, at)
    await finish(store, 'other', 1, 'globex')
    await store.append(newRun('open', 1))
    await store.moveFinished()
    expect(await store.forgetRuns(old)).toBe(2)
    expect(await store.forgetRuns(old)).toBe(0)
    expect(ids(store)).toEqual(['open', 'other', 'c'])
    expect([store.readRun('a'), store.readRun('b')]).toEqual([undefined, undefined])
    expect(['c', 'other', 'open'].map((id) => store.readRun(id)?.length)).toEqual([3, 3, 1])
    store.close()
    const again = openStore(place)
    expect(ids(again)).toEqual(['open', 'other', 'c'])
    again.close()
  })

  it('are removed the oldest first, so many at a time', async () => {
    const store = openStore(folder())
    for (const [id, at] of [
      ['late', 5],
      ['early', 1],
      ['middle', 3],
    ] as const)
      await finish(store, id, at)
    await store.moveFinished()
    expect(await store.forgetRuns({ ...old, limit: 2 })).toBe(2)
    expect(ids(store)).toEqual(['late'])
    store.close()
  })

  it('stay where the file has not taken them yet', async () => {
    const store = openStore(folder())
    await finish(store, 'a', 1)
    expect(await store.forgetRuns(old)).toBe(0)
    expect(ids(store)).toEqual(['a'])
    store.close()
  })

  it('leave no bytes behind', async () => {
    const place = folder()
    const store = openStore(place)
    await finish(store, 'find-me-here', 1)
    await store.moveFinished()
    const file = join(place, 'tenants', 'uid-acme.db')
    await store.forgetRuns(old)
    store.close()
    expect(readFileSync(file).includes('find-me-here')).toBe(false)
  })

  it('are removed by the next sweep where a crash came between the list and the file', async () => {
    const place = folder()
    const store = openStore(place)
    await finish(store, 'a', 1)
    await store.moveFinished()
    store.close()
    const before = folder()
    cpSync(place, before, { recursive: true })
    const removing = openStore(place)
    await removing.forgetRuns(old)
    removing.close()
    // The control store of after the removal, the tenant's file of before.
    cpSync(join(before, 'tenants'), join(place, 'tenants'), { recursive: true, force: true })
    const again = openStore(place)
    expect(ids(again)).toEqual([])
    expect(await again.forgetRuns(old)).toBe(1)
    expect(await again.forgetRuns(old)).toBe(0)
    again.close()
  })

  it('wait until their cases tell what they said', async () => {
    const store = openStore(folder())
    const run = newRun('a', 1)
    await store.append(run)
    const change = { type: 'CaseChanged', at: 1, step: 's', case: 'c', change: { kind: 'comment', text: 'x' } } as const
    await store.append(
      more(run.state, { type: 'RunStarted', at: 1 }, change, { type: 'RunSucceeded', at: 1, outputs: {} }),
    )
    await store.moveFinished()
    expect(await store.forgetRuns(old)).toBe(0)
    store.close()
  })
})
