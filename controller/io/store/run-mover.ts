import type { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import type { GroupCommit } from './group-commit.ts'
import { bytes, number, prepare, type Statement, text } from './statements.ts'
import type { TenantFiles } from './tenant-files.ts'

interface Backlog {
  readonly key: number
  readonly id: string
  readonly finishedAt: number
}

/** Runs of one tenant that are moved together: one fsync there, one commit here. */
const batchSize = 100
const restMs = 1_000
/** Between two batches, to see whether anybody else writes. */
const pauseMs = 20
/** Records during a pause that still count as quiet. */
const quietRecords = 5
/** Above this many the mover does not wait for a quiet moment. */
const patience = 10_000

/**
 * Takes the journals of finished runs out of the control store into their tenants' files: copied, on the disk, then deleted.
 * A crash in between leaves both, and the next move does it again. The line in the list of runs stays.
 */
export class RunMover {
  readonly #commit: GroupCommit
  readonly #files: TenantFiles
  readonly #onTrouble: (tenantUid: string, error: unknown) => void
  readonly #entries: Statement
  readonly #delete: Statement
  readonly #backlog = new Map<string, Backlog[]>()
  /** Tenants whose file took no write: not tried again by this process. */
  readonly #refused = new Set<string>()
  #waiting = 0
  #timer: NodeJS.Timeout | undefined
  #moving: Promise<unknown> = Promise.resolve()
  #isClosed = false

  constructor(
    database: DatabaseSync,
    commit: GroupCommit,
    files: TenantFiles,
    onTrouble: (tenantUid: string, error: unknown) => void,
  ) {
    this.#commit = commit
    this.#files = files
    this.#onTrouble = onTrouble
    this.#entries = prepare(database, 'SELECT version, payload FROM entries WHERE run = ? ORDER BY version')
    this.#delete = prepare(database, 'DELETE FROM entries WHERE run = ?')
    // What an earlier process left. Entries stand here only of runs that go on or wait to be moved, so this is short.
    const left = database.prepare(`SELECT key, id, tenant_uid, finished_at FROM runs
      WHERE key IN (SELECT DISTINCT run FROM entries) AND finished_at IS NOT NULL ORDER BY key`)
    for (const row of left.all())
      this.add(text(row, 'tenant_uid'), {
        key: number(row, 'key'),
        id: text(row, 'id'),
        finishedAt: number(row, 'finished_at'),
      })
  }

  /** A run that has ended, once that is on the disk. */
  add(tenantUid: string, run: Backlog): void {
    if (this.#refused.has(tenantUid)) return
    const waiting = this.#backlog.get(tenantUid)
    if (waiting === undefined) this.#backlog.set(tenantUid, [run])
    else waiting.push(run)
    this.#waiting += 1
    this.#later()
  }

  /** Moves all that wait, and awaits what is being moved already. */
  async moveAll(): Promise<void> {
    do await this.#once()
    while (this.#waiting > 0 && !this.#isClosed)
  }

  forget(tenantUid: string): void {
    this.#waiting -= this.#backlog.get(tenantUid)?.length ?? 0
    this.#backlog.delete(tenantUid)
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
  }

  #later(): void {
    if (this.#isClosed) return
    this.#timer ??= setTimeout(() => void this.#inBackground(), restMs).unref()
  }

  /** In quiet moments; under load a batch a pause, and only when much has piled up. */
  async #inBackground(): Promise<void> {
    while (this.#waiting > 0 && !this.#isClosed && this.#commit.failure === undefined) {
      // Records, not commits: the mover's own deletion rides in the commits of the runs that keep it busy.
      const { records } = this.#commit.counts
      await sleep(pauseMs, undefined, { ref: false })
      const isBusy = this.#commit.counts.records - records > quietRecords
      if (isBusy && this.#waiting < patience) break
      try {
        await this.#once()
      } catch {
        // The control store takes no more writes, and its health says why. What was copied is deleted by the next process.
        return
      }
    }
    this.#timer = undefined
    if (this.#waiting > 0) this.#later()
  }

  /** One tenant's next batch, after the one before. */
  #once(): Promise<void> {
    const next = this.#moving.then(() => this.#move())
    this.#moving = next.catch(() => {})
    return next
  }

  async #move(): Promise<void> {
    const [first] = this.#backlog
    if (first === undefined || this.#isClosed) return
    const [tenantUid, waiting] = first
    const batch = waiting.splice(0, batchSize)
    this.#waiting -= batch.length
    this.#backlog.delete(tenantUid)
    // The others come first: one tenant's many runs do not keep theirs here.
    if (waiting.length > 0) this.#backlog.set(tenantUid, waiting)
    try {
      this.#files.put(
        tenantUid,
        batch.map(({ key, id, finishedAt }) => ({ id, finishedAt, entries: this.#read(key) })),
      )
    } catch (error) {
      this.#refused.add(tenantUid)
      this.forget(tenantUid)
      this.#onTrouble(tenantUid, error)
      return
    }
    await this.#commit.write(() => {
      for (const { key } of batch) this.#delete.run(key)
    })
  }

  #read(key: number) {
    return this.#entries.all(key).map((row) => ({ version: number(row, 'version'), payload: bytes(row, 'payload') }))
  }
}
