import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { openStore } from '../../../controller/io/store/open-store.ts'
import { folder, more, newRun } from './sample-runs.ts'

const migrations = join(import.meta.dirname, '../../../controller/io/store/migrations')

const objects = ['{"a":1}', '{"b":2}'].map((json) => ({ digest: hash('sha256', json), json }))

/** A database as the first two migrations left it, with one run that goes on and one that has ended. */
function oldDatabase(place: string): void {
  const database = new DatabaseSync(join(place, 'control.sqlite'))
  for (const file of ['0001-journal.sql', '0002-observed.sql'])
    database.exec(readFileSync(join(migrations, file), 'utf8'))
  database.exec('PRAGMA user_version = 2')
  const run =
    database.prepare(`INSERT INTO runs (key, id, version, tenant, tenant_uid, workflow, "release", digest, "commit",
    "trigger", state, reason, requested_at, started_at, finished_at) VALUES (?, ?, ?, 'acme', 'uid-acme', 'w', '1.0.0', 'd',
    'abc', 'manual', ?, ?, 0, NULL, ?)`)
  run.run(1, 'ended', 2, 'cancelled', 'ada: no longer needed', 1)
  run.run(2, 'open', 1, 'queued', '', null)
  const event = database.prepare('INSERT INTO events (run, version, event) VALUES (?, ?, ?)')
  event.run(1, 1, JSON.stringify(newRun('ended').events[0]))
  event.run(1, 2, JSON.stringify(cancelled))
  event.run(2, 1, JSON.stringify(newRun('open').events[0]))
  const object = database.prepare('INSERT INTO objects (digest, json) VALUES (?, ?)')
  for (const { digest, json } of objects) object.run(digest, json)
  database.close()
}

const cancelled = { type: 'RunCancelled', at: 1, by: 'ada', reason: 'no longer needed' } as const

describe('a database of an earlier version', () => {
  it('keeps its runs, which go on where they were', async () => {
    const place = folder()
    oldDatabase(place)
    const store = openStore(place)
    expect(store.readRun('ended')).toEqual([newRun('ended').events[0], cancelled])
    expect(store.listRuns({}).runs).toMatchObject([
      { key: 2, id: 'open', state: 'queued' },
      { key: 1, id: 'ended', state: 'cancelled', reason: 'ada: no longer needed', finishedAt: 1 },
    ])
    expect(store.unfinishedRuns()).toEqual(['open'])
    const opened = newRun('open')
    expect(await store.append(opened)).toEqual({ kind: 'conflict', version: 1 })
    expect(await store.append(newRun('ended'))).toEqual({ kind: 'conflict', version: 2 })
    const started = more(opened.state, { type: 'RunStarted', at: 1 })
    expect(await store.append(started)).toEqual({ kind: 'appended', version: 2 })
    store.close()
  })

  it('keeps its objects', () => {
    const place = folder()
    oldDatabase(place)
    const store = openStore(place)
    expect(objects.map(({ digest }) => store.readObject(digest))).toEqual(objects.map(({ json }) => json))
    expect(store.hasObject(hash('sha256', 'another'))).toBe(false)
    store.close()
  })
})
