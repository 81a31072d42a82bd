import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync, type SQLInputValue, type SQLOutputValue } from 'node:sqlite'
import type { TenantAccess } from '../../core/access/authorize.ts'
import { CaseProjection } from './case-projection.ts'
import type { BulkRequest, BulkState, BulkSummary } from '../../core/run/bulk-run.ts'
import type { Journal, RunPage } from '../../core/run/journal.ts'
import { type BulkEnd, type BulkLine, type BulkRecord, BulkRecords } from './bulk-records.ts'
import { Deliveries, type Delivery } from './deliveries.ts'
import { forgetRuns } from './forget-runs.ts'
import { type Forgotten, forgetTenant } from './forget-tenant.ts'
import { fillLog } from './fill-log.ts'
import { lockFolder } from './folder-lock.ts'
import { type CommitCounts, GroupCommit } from './group-commit.ts'
import { HighWaterMark } from './high-water-mark.ts'
import { installationKey, requireKeyFile } from './installation-key.ts'
import { Keyring } from './keyring.ts'
import { migrate, schemaOf } from './migrate.ts'
import { ObjectCollector } from './object-collector.ts'
import { Objects } from './objects.ts'
import { type Application, type AppliedCommit, ObservedState, type ObservedTenant } from './observed-state.ts'
import { RunJournal } from './run-journal.ts'
import { RunList } from './run-list.ts'
import { RunMover } from './run-mover.ts'
import { type ScheduleMark, ScheduleMarks, type ScheduleName } from './schedule-marks.ts'
import { sealEntry, sealReason } from './sealed-entry.ts'
import { number } from './statements.ts'
import { StoreError } from './store-error.ts'
import { TenantFiles } from './tenant-files.ts'
import { openTenantStore, type TenantStore } from './tenant-store.ts'

export type StoreHealth =
  | { readonly state: 'green'; readonly counts: CommitCounts }
  | { readonly state: 'red'; readonly reason: string; readonly counts: CommitCounts }

/** The control store: one folder, one writer. Reads are synchronous; a write is acknowledged once it is on disk. */
export interface Store extends Journal {
  hasObject(digest: string): boolean
  readObserved(): Map<string, ObservedTenant>
  /** What is applied for one tenant. */
  readTenant(path: string): ObservedTenant | undefined
  /** Of every tenant that something is applied for, in order. */
  tenantPaths(): string[]
  applyObserved(application: Application): Promise<void>
  /** Another number after each application. */
  observedVersion(): number
  appliedCommits(limit?: number): AppliedCommit[]
  /** Whether this very message was taken already. */
  isDelivered(tenantUid: string, id: string): boolean
  /** Not before its runs were queued. */
  recordDelivery(delivery: Delivery): Promise<void>
  forgetDeliveries(before: number): Promise<void>
  /** Its line in the list of runs. */
  findRun(runId: string): RunPage['runs'][number] | undefined
  /** False where one of this id is there already. */
  beginBulk(request: BulkRequest): Promise<boolean>
  /** It starts no more runs; those on their way go on. */
  stopBulk(id: string, state: BulkState, summary: BulkSummary): Promise<void>
  endBulk(id: string, end: BulkEnd): Promise<void>
  forgetBulks(before: number): Promise<void>
  readBulk(id: string): BulkRecord | undefined
  unfinishedBulks(): string[]
  listBulks(limit: number): BulkLine[]
  /** How far the schedules have come. */
  readSchedules(): ScheduleMark[]
  /** After the runs were accepted. */
  recordSchedules(marks: readonly ScheduleMark[], gone?: readonly ScheduleName[]): Promise<void>
  /** Whose run it is: what the authorization has to be asked about. */
  tenantOfRun(runId: string): { readonly path: string; readonly uid: string } | undefined
  /** The data of the one tenant that `access` was granted for. */
  tenant(access: TenantAccess): TenantStore
  /** Takes all journals of finished runs to their tenants' files; it happens in the background anyway. */
  moveFinished(): Promise<void>
  /** Removes the oldest finished runs of a tenant that ended before a time; says how many. */
  forgetRuns(which: { readonly tenantUid: string; readonly before: number; readonly limit: number }): Promise<number>
  /** Removes objects that nothing has referred to for a day; says how many. */
  collectObjects(now: number): Promise<number>
  /** Deletes what is stored of a tenant that has no run going on, its key included: what backups hold of it, only a backup's key opens. */
  forgetTenant(tenantUid: string): Promise<Forgotten>
  health(): StoreHealth
  close(): void
}

export interface StoreOptions {
  /** A tenant whose file takes no write: its finished runs stay in the control store. */
  readonly onTrouble?: (tenantUid: string, error: unknown) => void
  /** It stays open and many will wait for its commits: a start that takes 40 ms longer makes each of the first 4,096 shorter. */
  readonly fillsLog?: boolean
}

/** Pages of the log at which it is taken over into the database: 16 MiB. */
const logPages = 4_096

/**
 * Opens the store of a folder, and makes it where there is none.
 * Throws StoreError `locked`, `rolled-back`, `too-new` or `wrong-key`.
 */
export function openStore(folder: string, options: StoreOptions = {}): Store {
  mkdirSync(folder, { recursive: true })
  const unlock = lockFolder(folder)
  let database: DatabaseSync | undefined
  let mark: HighWaterMark | undefined
  try {
    database = openDatabase(join(folder, 'control.sqlite'))
    mark = new HighWaterMark(folder)
    checkMark(database, mark, folder)
    const keys = keysOf(database, folder)
    if (options.fillsLog) fillLog(database, logPages)
    return storeOf({ database, keys, mark, folder, unlock, onTrouble: options.onTrouble ?? (() => {}) })
  } catch (error) {
    database?.close()
    mark?.close()
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
  // A checkpoint writes each changed page once: the fewer of them, the less is written twice. As much memory as log.
  database.exec(`PRAGMA wal_autocheckpoint = ${logPages}; PRAGMA cache_size = ${-4 * logPages}`)
  return database
}

/** The first schema with encrypted rows. */
const sealedSince = 4

/** Brings the database to the present schema; what had been written in clear is encrypted on the way. */
function keysOf(database: DatabaseSync, folder: string): Keyring {
  if (schemaOf(database) >= sealedSince) requireKeyFile(folder)
  const keys = new Keyring(database, installationKey(folder))
  const functions = {
    new_key: (tenantUid: string) => keys.make(tenantUid),
    seal_entry: (tenantUid: string, runId: string, version: number, json: Uint8Array) =>
      sealEntry(keys, { tenantUid, runId }, version, json),
    seal_reason: (tenantUid: string, runId: string, reason: string) => sealReason(keys, { tenantUid, runId }, reason),
  }
  for (const [name, make] of Object.entries(functions))
    database.function(name, { directOnly: true }, make as (...values: SQLOutputValue[]) => SQLInputValue)
  migrate(database)
  keys.verify()
  return keys
}

function checkMark(database: DatabaseSync, mark: HighWaterMark, folder: string): void {
  // An empty database beside a mark has lost everything, its tables too.
  const row = schemaOf(database) === 0 ? { value: 0 } : database.prepare('SELECT value FROM sequence').get()
  const sequence = number(row ?? {}, 'value')
  const reached = mark.read()
  if (sequence >= reached) return
  const message = `The database in ${folder} ends at transaction ${sequence}, and ${reached} had been acknowledged: it is a copy from before, or writes were lost. Delete ${join(folder, 'high-water-mark')} to go on from it knowingly.`
  throw new StoreError('rolled-back', message)
}

interface StoreParts {
  readonly database: DatabaseSync
  readonly keys: Keyring
  readonly mark: HighWaterMark
  readonly folder: string
  readonly unlock: () => void
  readonly onTrouble: (tenantUid: string, error: unknown) => void
}

function storeOf({ database, keys, mark, folder, unlock, onTrouble }: StoreParts): Store {
  const commit = new GroupCommit(database, mark)
  const objects = new Objects(database)
  const files = new TenantFiles(folder)
  const mover = new RunMover(database, commit, files, onTrouble)
  const readRun = (runId: string) => journal.readRun(runId)
  const cases = new CaseProjection(database, { commit, keys, files, readRun, onTrouble })
  const journal: RunJournal = new RunJournal(database, { commit, keys, objects, files, mover, cases })
  const collector = new ObjectCollector(database, { commit, objects, readRun })
  const list = new RunList(database, keys)
  const deliveries = new Deliveries(database, commit)
  const schedules = new ScheduleMarks(database, commit)
  const bulks = new BulkRecords(database, commit, keys)
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
    hasObject: (digest) => reading(() => objects.has(digest)),
    readObserved: () => reading(() => observed.read()),
    readTenant: (path) => reading(() => observed.readOne(path)),
    tenantPaths: () => reading(() => observed.paths()),
    applyObserved: (application) => observed.apply(application),
    observedVersion: () => observed.version,
    appliedCommits: (limit) => reading(() => observed.history(limit)),
    isDelivered: (tenantUid, id) => reading(() => deliveries.has(tenantUid, id)),
    recordDelivery: (delivery) => deliveries.record(delivery),
    forgetDeliveries: (before) => deliveries.forget(before),
    findRun: (runId) => reading(() => list.find(runId)),
    beginBulk: (request) => bulks.begin(request),
    stopBulk: (id, state, summary) => bulks.stop(id, state, summary),
    endBulk: (id, end) => bulks.end(id, end),
    forgetBulks: (before) => bulks.forget(before),
    readBulk: (id) => reading(() => bulks.read(id)),
    unfinishedBulks: () => reading(() => bulks.unfinished()),
    listBulks: (limit) => reading(() => bulks.list(limit)),
    readSchedules: () => reading(() => schedules.read()),
    recordSchedules: (marks, gone) => schedules.record(marks, gone),
    tenantOfRun: (runId) => reading(() => journal.tenantOfRun(runId)),
    tenant: (access) => {
      const tenant = openTenantStore(journal, cases, access)
      return {
        readRun: (runId) => reading(() => tenant.readRun(runId)),
        listCases: (filter) => reading(() => tenant.listCases(filter)),
        readCase: (id) => reading(() => tenant.readCase(id)),
      }
    },
    moveFinished: () => mover.moveAll(),
    forgetRuns: (which) => forgetRuns(which, { database, commit, files }),
    collectObjects: (now) => collector.collect(now),
    forgetTenant: (tenantUid) => forgetTenant(tenantUid, { database, commit, keys, files, mover, cases }),
    health: () => {
      const { failure, counts } = commit
      return failure === undefined ? { state: 'green', counts } : { state: 'red', reason: failure.message, counts }
    },
    close: () => {
      if (!database.isOpen) return
      mover.close()
      cases.close()
      commit.close()
      files.close()
      mark.close()
      database.close()
      unlock()
    },
  }
}
