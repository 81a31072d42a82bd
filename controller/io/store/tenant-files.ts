import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type CaseStatements, caseStatements } from './case-rows.ts'
import { migrate } from './migrate.ts'
import type { Entry } from './sealed-entry.ts'
import { bytes, prepare, type Statement } from './statements.ts'
import { StoreError } from './store-error.ts'

export interface FinishedRun {
  readonly id: string
  readonly finishedAt: number
  readonly entries: readonly Entry[]
}

export interface TenantFile {
  readonly database: DatabaseSync
  readonly put: Statement
  readonly journal: Statement
  readonly finishedBefore: Statement
  readonly forget: Statement
  readonly cases: CaseStatements
}

/** Files open at the same time: each costs descriptors and up to half a MiB of pages. */
const openAtOnce = 64

/** One SQLite file for each tenant, with its finished runs and its cases. Those that were used last are open. */
export class TenantFiles {
  readonly #folder: string
  readonly #open = new Map<string, TenantFile>()

  constructor(folder: string) {
    this.#folder = join(folder, 'tenants')
  }

  /** On the disk when it returns. Runs that are there already are replaced by the same. */
  put(tenantUid: string, runs: readonly FinishedRun[]): void {
    this.write(tenantUid, ({ put }) => {
      for (const { id, finishedAt, entries } of runs) put.run(id, finishedAt, joinEntries(entries))
    })
  }

  read(tenantUid: string, runId: string): Entry[] | undefined {
    return this.query(tenantUid, ({ journal }) => {
      const row = journal.get(runId)
      return row === undefined ? undefined : splitEntries(bytes(row, 'journal'))
    })
  }

  /** All of it or nothing, on the disk when it returns. */
  write(tenantUid: string, write: (file: TenantFile) => void): void {
    try {
      const file = this.#of(tenantUid)
      file.database.exec('BEGIN IMMEDIATE')
      write(file)
      file.database.exec('COMMIT')
    } catch (error) {
      // A connection whose commit failed is not trusted again: after a failed fsync nobody knows what is on the disk.
      this.#close(tenantUid)
      if (error instanceof StoreError) throw error
      const message = `Nothing can be written to ${this.#path(tenantUid)}, which is tenant ${tenantUid}'s: ${(error as Error).message}. Other tenants are not affected; correct the cause and start again.`
      throw new StoreError('read-only', message, error)
    }
  }

  /** Undefined where the tenant has no file. */
  query<T>(tenantUid: string, read: (file: TenantFile) => T): T | undefined {
    if (!this.#open.has(tenantUid) && !existsSync(this.#path(tenantUid))) return undefined
    try {
      return read(this.#of(tenantUid))
    } catch (error) {
      if (error instanceof StoreError) throw error
      // Not the control store's trouble: the other tenants go on.
      const message = `What is stored of tenant ${tenantUid} cannot be read from ${this.#path(tenantUid)}: ${(error as Error).message}. Other tenants are not affected; put back this file from a backup.`
      throw new StoreError('tampered', message, error)
    }
  }

  /** Everything of a tenant that stands in its file. */
  remove(tenantUid: string): void {
    this.#close(tenantUid)
    for (const end of ['', '-wal', '-shm']) rmSync(this.#path(tenantUid) + end, { force: true })
  }

  close(): void {
    for (const tenantUid of this.#open.keys()) this.#close(tenantUid)
  }

  #of(tenantUid: string): TenantFile {
    const known = this.#open.get(tenantUid) ?? this.#opened(tenantUid)
    this.#open.delete(tenantUid)
    this.#open.set(tenantUid, known)
    const [oldest] = this.#open.keys()
    if (this.#open.size > openAtOnce && oldest !== undefined) this.#close(oldest)
    return known
  }

  #opened(tenantUid: string): TenantFile {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
    const database = new DatabaseSync(this.#path(tenantUid), { timeout: 5_000 })
    try {
      // FULL: what was copied here is deleted elsewhere right after. One fsync for a commit; the log goes when the file is closed.
      database.exec(
        'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF; PRAGMA secure_delete = ON; PRAGMA cache_size = -512',
      )
      migrate(database, 'tenant-migrations')
      return {
        database,
        put: prepare(database, 'INSERT OR REPLACE INTO runs (id, finished_at, journal) VALUES (?, ?, ?)'),
        journal: prepare(database, 'SELECT journal FROM runs WHERE id = ?'),
        finishedBefore: prepare(database, 'SELECT id FROM runs WHERE finished_at < ? ORDER BY finished_at LIMIT ?'),
        forget: prepare(database, 'DELETE FROM runs WHERE id = ?'),
        cases: caseStatements(database),
      }
    } catch (error) {
      database.close()
      throw error
    }
  }

  #close(tenantUid: string): void {
    this.#open.get(tenantUid)?.database.close()
    this.#open.delete(tenantUid)
  }

  /** A uid comes from a file of the fleet: only a plain one becomes a name in this folder, any other its hash. */
  #path(tenantUid: string): string {
    const isPlain = /^[a-z0-9][a-z0-9-]{0,63}$/.test(tenantUid)
    const name = isPlain ? tenantUid : `sha256_${createHash('sha256').update(tenantUid).digest('hex')}`
    return join(this.#folder, `${name}.db`)
  }
}

const headBytes = 8

function joinEntries(entries: readonly Entry[]): Buffer {
  return Buffer.concat(
    entries.flatMap(({ version, payload }) => {
      const head = Buffer.alloc(headBytes)
      head.writeUInt32BE(version, 0)
      head.writeUInt32BE(payload.length, 4)
      return [head, payload]
    }),
  )
}

/** Lengths that were changed give entries that do not open. */
function splitEntries(journal: Uint8Array): Entry[] {
  const all = Buffer.from(journal.buffer, journal.byteOffset, journal.length)
  const entries: Entry[] = []
  for (let at = 0; at + headBytes <= all.length; ) {
    const start = at + headBytes
    const end = start + all.readUInt32BE(at + 4)
    entries.push({ version: all.readUInt32BE(at), payload: all.subarray(start, end) })
    at = end
  }
  return entries
}
