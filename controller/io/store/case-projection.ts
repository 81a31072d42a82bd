import type { DatabaseSync } from 'node:sqlite'
import type { CaseDetail, CaseEntry, CaseFilter, CasePage } from '../../core/run/cases.ts'
import type { RunEvent } from '../../core/run/events.ts'
import { CaseRows } from './case-rows.ts'
import type { GroupCommit } from './group-commit.ts'
import type { Keyring } from './keyring.ts'
import { number, prepare, type Statement, text } from './statements.ts'
import type { TenantFiles } from './tenant-files.ts'

export interface ProjectionParts {
  readonly commit: GroupCommit
  readonly keys: Keyring
  readonly files: TenantFiles
  readonly readRun: (runId: string) => readonly RunEvent[] | undefined
  readonly onTrouble: (tenantUid: string, error: unknown) => void
}

interface Pending {
  readonly key: number
  readonly id: string
  readonly version: number
}

const none: CasePage = { cases: [], next: null }

/** Runs whose changes are brought over together: one fsync in the tenant's file. */
const batchSize = 100
const restMs = 1_000

/**
 * Brings what runs said about cases from their journals into their tenant's file. Which runs have something to say is written
 * with their journal, in one transaction; a change is known by run and step. So a crash at any point costs nothing, and a reader
 * always sees what was durable before it asked.
 */
export class CaseProjection {
  readonly #parts: ProjectionParts
  readonly #mark: Statement
  readonly #pending: Statement
  readonly #done: Statement
  readonly #waiting: Set<string>
  #timer: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(database: DatabaseSync, parts: ProjectionParts) {
    this.#parts = parts
    this.#mark = prepare(
      database,
      `INSERT INTO case_runs (run, id, tenant_uid, version) VALUES (?, ?, ?, ?)
       ON CONFLICT (run) DO UPDATE SET version = excluded.version`,
    )
    this.#pending = prepare(
      database,
      'SELECT run, id, version FROM case_runs WHERE tenant_uid = ? ORDER BY run LIMIT ?',
    )
    this.#done = prepare(database, 'DELETE FROM case_runs WHERE run = ? AND version <= ?')
    const left = database.prepare('SELECT DISTINCT tenant_uid FROM case_runs').all()
    this.#waiting = new Set(left.map((row) => text(row, 'tenant_uid')))
    if (this.#waiting.size > 0) this.#later()
  }

  /** Within the transaction of the journal. */
  mark(run: { readonly key: number; readonly id: string }, tenantUid: string, version: number): void {
    this.#mark.run(run.key, run.id, tenantUid, version)
  }

  /** After its commit. */
  marked(tenantUid: string): void {
    this.#waiting.add(tenantUid)
    this.#later()
  }

  forget(tenantUid: string): void {
    this.#waiting.delete(tenantUid)
  }

  list(tenantUid: string, filter: CaseFilter): CasePage {
    this.#bringAll(tenantUid)
    const { files, keys } = this.#parts
    return files.query(tenantUid, ({ cases }) => new CaseRows(cases, keys.reading(tenantUid)).list(filter)) ?? none
  }

  read(tenantUid: string, id: string): CaseDetail | undefined {
    this.#bringAll(tenantUid)
    const { files, keys } = this.#parts
    return files.query(tenantUid, ({ cases }) => new CaseRows(cases, keys.reading(tenantUid)).read(id))
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
  }

  #later(): void {
    if (this.#isClosed) return
    this.#timer ??= setTimeout(() => this.#inBackground(), restMs).unref()
  }

  #inBackground(): void {
    this.#timer = undefined
    const [tenantUid] = this.#waiting
    if (tenantUid === undefined || this.#isClosed || this.#parts.commit.failure !== undefined) return
    this.#waiting.delete(tenantUid)
    try {
      if (this.#bring(tenantUid).length === batchSize) this.#waiting.add(tenantUid)
    } catch (error) {
      // The marks stay: a reader is told what is wrong, and the next process tries again.
      this.#parts.onTrouble(tenantUid, error)
    }
    if (this.#waiting.size > 0) this.#later()
  }

  #bringAll(tenantUid: string): void {
    const brought = new Map<number, number>()
    for (;;) {
      const batch = this.#bring(tenantUid, brought)
      for (const { key, version } of batch) brought.set(key, version)
      if (batch.length < batchSize) return
    }
  }

  /** The next batch, on the disk when it returns; the marks go with the next commit of the control store. */
  #bring(tenantUid: string, brought: ReadonlyMap<number, number> = new Map()): Pending[] {
    const { commit, files, keys, readRun } = this.#parts
    const rows = this.#pending.all(tenantUid, batchSize + brought.size)
    const batch = rows
      .map((row): Pending => ({ key: number(row, 'run'), id: text(row, 'id'), version: number(row, 'version') }))
      .filter(({ key, version }) => brought.get(key) !== version)
    if (batch.length === 0) return batch
    const changes: { readonly id: string; readonly entry: CaseEntry }[] = []
    const unread = new Set<Pending>()
    for (const run of batch) {
      try {
        changes.push(...changesIn(run.id, readRun(run.id) ?? []))
      } catch (error) {
        // One journal that cannot be trusted does not hide what the others say.
        unread.add(run)
        this.#parts.onTrouble(tenantUid, error)
      }
    }
    files.write(tenantUid, ({ cases }) => {
      const rowsOfCases = new CaseRows(cases, keys.reading(tenantUid))
      for (const { id, entry } of changes) rowsOfCases.add(id, entry)
    })
    void commit
      .write(() => {
        for (const run of batch) if (!unread.has(run)) this.#done.run(run.key, run.version)
      })
      .catch(() => {})
    return batch
  }
}

function changesIn(run: string, events: readonly RunEvent[]): { readonly id: string; readonly entry: CaseEntry }[] {
  return [...events.entries()].flatMap(([place, event]) => {
    if (event.type !== 'CaseChanged') return []
    const { case: id, at, step, change } = event
    return [{ id, entry: { at, run, place, step, change } }]
  })
}
