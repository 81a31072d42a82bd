import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Journal } from '../../core/run/journal.ts'
import { Deliveries, type Delivery } from './deliveries.ts'
import { lockFolder } from './folder-lock.ts'
import { type CommitCounts, GroupCommit } from './group-commit.ts'
import { HighWaterMark } from './high-water-mark.ts'
import { migrate } from './migrate.ts'
import { Objects } from './objects.ts'
import { type Application, type AppliedCommit, ObservedState, type ObservedTenant } from './observed-state.ts'
import { RunJournal } from './run-journal.ts'
import { RunList } from './run-list.ts'
import { number } from './statements.ts'
import { StoreError } from './store-error.ts'

export type StoreHealth =
  | { readonly state: 'green'; readonly counts: CommitCounts }
  | { readonly state: 'red'; readonly reason: string; readonly counts: CommitCounts }

/** The control store: one folder, one writer. Reads are synchronous; a write is acknowledged once it is on disk. */
export interface Store extends Journal {
  readObserved(): Map<string, ObservedTenant>
  applyObserved(application: Application): Promise<void>
  appliedCommits(limit?: number): AppliedCommit[]
  /** The runs of an earlier delivery with this id, or undefined where it is new. */
  readDelivery(tenantUid: string, id: string): string[] | undefined
  /** After its runs were accepted. */
  recordDelivery(delivery: Delivery): Promise<void>
  forgetDeliveries(before: number): Promise<void>
  health(): StoreHealth
  close(): void
}

/** Opens the store of a folder, and makes it where there is none. Throws StoreError `locked`, `rolled-back` or `too-new`. */
export function openStore(folder: string): Store {
  mkdirSync(folder, { recursive: true })
  const unlock = lockFolder(folder)
  let database: DatabaseSync | undefined
  try {
    database = openDatabase(join(folder, 'control.sqlite'))
    const mark = new HighWaterMark(folder)
    checkMark(database, mark, folder)
    return storeOf(database, mark, unlock)
  } catch (error) {
    database?.close()
    unlock()
    throw error
  }
}

function openDatabase(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: 5_000 })
  // FULL, because NORMAL loses acknowledged commits with the power.
  database.exec(
    'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF',
  )
  // A checkpoint writes each changed page once: the fewer of them, the less is written twice. 16 MiB of log, 16 MiB of pages.
  database.exec('PRAGMA wal_autocheckpoint = 4096; PRAGMA cache_size = -16384')
  migrate(database)
  return database
}

function checkMark(database: DatabaseSync, mark: HighWaterMark, folder: string): void {
  const row = database.prepare('SELECT value FROM sequence').get()
  const sequence = number(row ?? {}, 'value')
  const reached = mark.read()
  if (sequence >= reached) return
  const message = `The database in ${folder} ends at transaction ${sequence}, and ${reached} had been acknowledged: it is a copy from before, or writes were lost. Delete ${join(folder, 'high-water-mark')} to go on from it knowingly.`
  throw new StoreError('rolled-back', message)
}

function storeOf(database: DatabaseSync, mark: HighWaterMark, unlock: () => void): Store {
  const commit = new GroupCommit(database, mark)
  const objects = new Objects(database)
  const journal = new RunJournal(database, commit, objects)
  const list = new RunList(database)
  const deliveries = new Deliveries(database, commit)
  const observed = new ObservedState(database, commit, objects)
  const reading = <T>(read: () => T): T => {
    try {
      return read()
    } catch (error) {
      commit.notice(error)
      throw error
    }
  }
  return {
    append: (record) => journal.append(record),
    readRun: (runId) => reading(() => journal.readRun(runId)),
    unfinishedRuns: () => reading(() => journal.unfinishedRuns()),
    listRuns: (filter) => reading(() => list.read(filter)),
    readObject: (digest) => reading(() => objects.read(digest)),
    readObserved: () => reading(() => observed.read()),
    applyObserved: (application) => observed.apply(application),
    appliedCommits: (limit) => reading(() => observed.history(limit)),
    readDelivery: (tenantUid, id) => reading(() => deliveries.read(tenantUid, id)),
    recordDelivery: (delivery) => deliveries.record(delivery),
    forgetDeliveries: (before) => deliveries.forget(before),
    health: () => {
      const { failure, counts } = commit
      return failure === undefined ? { state: 'green', counts } : { state: 'red', reason: failure.message, counts }
    },
    close: () => {
      if (!database.isOpen) return
      commit.close()
      mark.close()
      database.close()
      unlock()
    },
  }
}
