import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import type { RunEvent } from '../../../controller/core/run/events.ts'
import { foldAll } from '../../../controller/core/run/fold.ts'
import { openStore } from '../../../controller/io/store/open-store.ts'
import type { StartRequest } from '../../../controller/io/backend/backend.ts'
import { EmbeddedBackend } from '../../../controller/io/backend/embedded-backend.ts'
import { startOf } from '../../core/run/sample-fleet.ts'
import { fakeVendor } from '../backend/fake-vendor-path.ts'
import { folder, more, requestOf } from './sample-runs.ts'

const secret = 'jane.doe@contoso.example'

function withInputs(runId: string, tenant: string) {
  const events: RunEvent[] = [{ ...requestOf(runId, 0, tenant), inputs: { user: secret } } as RunEvent]
  return { runId, expectedVersion: 0, events, state: foldAll(events) }
}

function change(place: string, sql: string): void {
  const database = new DatabaseSync(join(place, 'control.sqlite'))
  database.exec(sql)
  database.close()
}

async function twoRuns(): Promise<string> {
  const place = folder()
  const store = openStore(place)
  const [a, b] = [withInputs('a', 'acme'), withInputs('b', 'globex')]
  for (const run of [a, b]) {
    await store.append(run)
    await store.append(more(run.state, { type: 'RunStarted', at: 1 }))
  }
  store.close()
  return place
}

const secondEntry = (run: string) => `run = (SELECT key FROM runs WHERE id = '${run}') AND version = 2`

describe('what a run holds', () => {
  it('stands in no file of the folder in clear', async () => {
    const place = folder()
    const store = openStore(place)
    const run = withInputs('a', 'acme')
    await store.append(run)
    await store.append(more(run.state, { type: 'RunCancelled', at: 1, by: 'ada', reason: `asked by ${secret}` }))
    expect(store.listRuns({}).runs[0]?.reason).toContain(secret)
    const files = readdirSync(place).filter((name) => name.startsWith('control.'))
    expect(files).toContain('control.sqlite-wal')
    for (const file of files) expect(readFileSync(join(place, file)).includes(secret)).toBe(false)
    store.close()
    expect(readFileSync(join(place, 'control.sqlite')).includes(secret)).toBe(false)
  })

  it.each([
    ['overwritten', `UPDATE entries SET payload = zeroblob(length(payload)) WHERE ${secondEntry('a')}`],
    [
      'exchanged for that of another tenant',
      `UPDATE entries SET payload = (SELECT payload FROM entries WHERE ${secondEntry('b')}) WHERE ${secondEntry('a')}`,
    ],
    ['put in another place of its run', `UPDATE entries SET version = 3 WHERE ${secondEntry('a')}`],
    ['given to another tenant', `UPDATE runs SET tenant_uid = 'uid-globex' WHERE id = 'a'`],
    ['taken from a tenant without its key', `DELETE FROM keys WHERE tenant_uid = 'uid-acme'`],
    ['sealed with a key that was changed', `UPDATE keys SET wrapped = x'00' WHERE tenant_uid = 'uid-acme'`],
    ['without its beginning', `DELETE FROM entries WHERE version = 1 AND run = (SELECT key FROM runs WHERE id = 'a')`],
  ])('is refused where it was %s, and its neighbour is not', async (_what, sql) => {
    const place = await twoRuns()
    change(place, sql)
    const store = openStore(place)
    expect(() => store.readRun('a')).toThrow(expect.objectContaining({ code: 'tampered' }))
    expect(store.readRun('b')).toHaveLength(2)
    expect(store.listRuns({}).runs.map(({ id }) => id)).toEqual(['b', 'a'])
    expect(store.health().state).toBe('green')
    store.close()
  })
})

describe('a run whose journal was changed', () => {
  it('is reported by the backend, and its neighbours go on', async () => {
    const place = folder()
    const before = openStore(place)
    const [a, b] = ['a', 'b'].map((delivery) =>
      startOf({ workflow: 'steps: [{ id: a, action: act, with: { n: 1 } }]', delivery }),
    ) as [StartRequest, StartRequest]
    for (const { event, objects = [] } of [a, b])
      await before.append({ runId: event.runId, expectedVersion: 0, events: [event], state: foldAll([event]), objects })
    before.close()
    change(
      place,
      `UPDATE entries SET payload = zeroblob(80) WHERE run = (SELECT key FROM runs WHERE id = '${a.event.runId}')`,
    )

    const store = openStore(place)
    const troubled: unknown[] = []
    const ended = Promise.withResolvers<void>()
    const backend = new EmbeddedBackend({
      journal: store,
      performModule: fakeVendor,
      performOptions: { log: join(place, 'calls.log') },
      hosts: 1,
      onTrouble: (runId, error) => troubled.push([runId, (error as { code?: string }).code]),
      onEvents: (runId, events) => {
        if (runId === b.event.runId && events.some(({ type }) => type === 'RunSucceeded')) ended.resolve()
      },
    })
    expect(await backend.resume()).toBe(1)
    await ended.promise
    expect(troubled).toEqual([[a.event.runId, 'tampered']])
    await backend.close()
    store.close()
  })
})

describe("the installation's key", () => {
  it('is missed where the database was encrypted with it, and no other is made', async () => {
    const place = await twoRuns()
    rmSync(join(place, 'installation.key'))
    expect(() => openStore(place)).toThrow(
      expect.objectContaining({ code: 'wrong-key', message: expect.stringContaining('Put back the file') }),
    )
    expect(readdirSync(place)).not.toContain('installation.key')
  })

  it('is recognised as that of another installation', async () => {
    const place = await twoRuns()
    writeFileSync(join(place, 'installation.key'), Buffer.alloc(32, 7).toString('base64'))
    expect(() => openStore(place)).toThrow(expect.objectContaining({ code: 'wrong-key' }))
    writeFileSync(join(place, 'installation.key'), 'half a k')
    expect(() => openStore(place)).toThrow(expect.objectContaining({ code: 'wrong-key' }))
  })
})
