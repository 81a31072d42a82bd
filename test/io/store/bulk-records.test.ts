import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import type { BulkRequest } from '../../../controller/core/run/bulk-run.ts'
import { toValue } from '../../../controller/core/model/values.ts'
import { openStore } from '../../../controller/io/store/open-store.ts'
import { folder } from './sample-runs.ts'

const request = (id: string): BulkRequest => ({
  id,
  workflow: 'w',
  to: 'tier=gold',
  inputs: toValue({ user: 'a-secret-name' }) as BulkRequest['inputs'],
  sandbox: false,
  by: 'ada',
  requestedAt: 1,
  concurrency: 2,
  targets: [{ tenant: 'acme', uid: 'uid-acme', owner: '' }],
  skipped: [],
})
const summary = { counts: { succeeded: 1 }, failures: [], reason: '' }

describe('records of bulk runs', () => {
  it('are there once, go on over a restart until they have ended, and say then what came of it', async () => {
    const place = folder()
    const store = openStore(place)
    expect([await store.beginBulk(request('a')), await store.beginBulk(request('a'))]).toEqual([true, false])
    await store.beginBulk(request('b'))
    await store.stopBulk('b', 'cancelled', { counts: {}, failures: [], reason: 'ada' })
    store.close()
    const again = openStore(place)
    expect(again.unfinishedBulks()).toEqual(['a', 'b'])
    expect(again.readBulk('a')).toMatchObject({ state: 'running', finishedAt: null, request: request('a') })
    expect(again.readBulk('b')).toMatchObject({ state: 'cancelled', finishedAt: null, summary: { reason: 'ada' } })
    await again.endBulk('a', { state: 'finished', at: 5, summary })
    expect([again.unfinishedBulks(), again.readBulk('a')]).toMatchObject([
      ['b'],
      { state: 'finished', finishedAt: 5, summary },
    ])
    expect(again.listBulks(10).map(({ id, targets }) => [id, targets])).toEqual([
      ['b', 1],
      ['a', 1],
    ])
    again.close()
  })

  it('are forgotten after their end, and never before', async () => {
    const store = openStore(folder())
    for (const id of ['a', 'b', 'open']) await store.beginBulk(request(id))
    await store.endBulk('a', { state: 'finished', at: 5, summary })
    await store.endBulk('b', { state: 'halted', at: 10, summary })
    await store.forgetBulks(10)
    expect(store.listBulks(10).map(({ id }) => id)).toEqual(['open', 'b'])
    store.close()
  })

  it('hold their inputs encrypted, and refuse one that was put in another’s place', async () => {
    const place = folder()
    const store = openStore(place)
    for (const id of ['a', 'b']) await store.beginBulk(request(id))
    store.close()
    const file = join(place, 'control.sqlite')
    expect(readFileSync(file).includes('a-secret-name')).toBe(false)
    const database = new DatabaseSync(file)
    database.exec(
      "UPDATE bulk_runs SET sealed_request = (SELECT sealed_request FROM bulk_runs WHERE id = 'a') WHERE id = 'b'",
    )
    database.close()
    const again = openStore(place)
    expect(again.readBulk('a')?.request.by).toBe('ada')
    expect(() => again.readBulk('b')).toThrow(expect.objectContaining({ code: 'tampered' }))
    again.close()
  })
})
