import type { DatabaseSync } from 'node:sqlite'
import type { HighWaterMark } from './high-water-mark.ts'
import { number, prepare, type Statement } from './statements.ts'
import { StoreError } from './store-error.ts'

interface Queued {
  readonly write: () => void
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

export interface CommitCounts {
  readonly commits: number
  readonly records: number
}

/** Records with which a commit begins at once. */
const fullBatch = 100
/** After a commit of fewer the next one does not wait: most of them are of one tenant, and all would wait for it. */
const fewRecords = 10
const longestWaitMs = 5
const recordsPerMsOfWait = 20

/**
 * Many writes, one fsync. Writes are applied in the order in which they were queued, and each promise resolves only after the
 * commit that holds its write. Whatever fails outside a single write's own statements ends all writing for good:
 * after a failed fsync nobody knows what is on disk, and trying again would acknowledge what may be lost.
 */
export class GroupCommit {
  readonly #database: DatabaseSync
  readonly #mark: HighWaterMark
  readonly #begin: Statement
  readonly #bump: Statement
  readonly #commit: Statement
  /** Transactions that the database has seen; nobody else writes it. */
  #sequence: number
  #queue: Queued[] = []
  readonly #forgetters: (() => void)[] = []
  #scheduled = false
  #timer: NodeJS.Timeout | undefined
  #lastBatch = 0
  #failure: StoreError | undefined
  #counts = { commits: 0, records: 0 }

  constructor(database: DatabaseSync, mark: HighWaterMark) {
    this.#database = database
    this.#mark = mark
    this.#begin = prepare(database, 'BEGIN IMMEDIATE')
    this.#commit = prepare(database, 'COMMIT')
    this.#bump = prepare(database, 'UPDATE sequence SET value = ?')
    this.#sequence = number(prepare(database, 'SELECT value FROM sequence').get() ?? {}, 'value')
  }

  /** Why nothing is written any more, or undefined while all is well. */
  get failure(): StoreError | undefined {
    return this.#failure
  }

  get counts(): CommitCounts {
    return { ...this.#counts }
  }

  /** Calls `forget` when writes that were applied are undone: what a writer remembers of them is no longer so. */
  onUndo(forget: () => void): void {
    this.#forgetters.push(forget)
  }

  /** What `write` returns, once it is on disk. It may be called twice where another write of its commit fails. */
  write<T>(write: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure)
      let result: T
      this.#queue.push({
        write: () => {
          result = write()
        },
        resolve: () => resolve(result),
        reject,
      })
      this.#schedule()
    })
  }

  /** Ends all writing where an error of reading says that the file or the disk is at fault. */
  notice(error: unknown): void {
    if (isOfTheDisk(error)) this.#fail(error, [])
  }

  /** Commits what is queued and refuses the rest. */
  close(): void {
    this.#flush()
    this.#failure ??= new StoreError('closed', 'The store is closed.')
  }

  /**
   * A few do not wait. Where results come in from many runs a commit each would cost more than the work itself: the more the
   * last commit held, the longer this one waits for company, until as many have come again.
   */
  #schedule(): void {
    const isFull = this.#queue.length >= Math.min(fullBatch, this.#lastBatch)
    if (isFull && this.#timer !== undefined) {
      clearTimeout(this.#timer)
      this.#timer = undefined
      this.#scheduled = false
    }
    if (this.#scheduled) return
    this.#scheduled = true
    if (this.#lastBatch >= fewRecords && !isFull) {
      const wait = Math.min(longestWaitMs, Math.max(1, this.#lastBatch / recordsPerMsOfWait))
      this.#timer = setTimeout(() => this.#flush(), wait)
    } else setImmediate(() => this.#flush())
  }

  #flush(): void {
    this.#scheduled = false
    this.#timer = undefined
    const batch = this.#queue
    this.#queue = []
    this.#lastBatch = batch.length
    if (batch.length === 0) return
    const refused = new Map<Queued, unknown>()
    try {
      if (!this.#applied(batch)) this.#applyOneByOne(batch, refused)
      this.#bump.run(this.#sequence + 1)
      this.#commit.run()
      this.#sequence += 1
      this.#mark.reach(this.#sequence)
    } catch (error) {
      this.#fail(error, batch)
      return
    }
    this.#counts.commits += 1
    this.#counts.records += batch.length
    for (const queued of batch) {
      if (refused.has(queued)) queued.reject(refused.get(queued))
      else queued.resolve()
    }
  }

  /** False where one of them threw for reasons of its own: then all are undone. */
  #applied(batch: readonly Queued[]): boolean {
    this.#begin.run()
    try {
      for (const queued of batch) queued.write()
      return true
    } catch (error) {
      if (isOfTheDisk(error)) throw error
      this.#database.exec('ROLLBACK')
      for (const forget of this.#forgetters) forget()
      return false
    }
  }

  /** A write that throws for reasons of its own is undone alone: one run's bug must not cost the others their commit. */
  #applyOneByOne(batch: readonly Queued[], refused: Map<Queued, unknown>): void {
    this.#begin.run()
    for (const queued of batch) {
      this.#database.exec('SAVEPOINT one')
      try {
        queued.write()
      } catch (error) {
        if (isOfTheDisk(error)) throw error
        this.#database.exec('ROLLBACK TO one')
        refused.set(queued, error)
      }
      this.#database.exec('RELEASE one')
    }
  }

  #fail(cause: unknown, batch: readonly Queued[]): void {
    const message = `Nothing more is written, because a write failed: ${cause instanceof Error ? cause.message : String(cause)}. Correct the cause and start again.`
    this.#failure ??= new StoreError('read-only', message, cause)
    try {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
    } catch {
      // SQLite has rolled back by itself, or the connection is beyond use; reads may still work.
    }
    const waiting = [...batch, ...this.#queue]
    this.#queue = []
    for (const { reject } of waiting) reject(this.#failure)
  }
}

/** Constraint violations and wrong values are the writer's; everything else that SQLite reports is the disk's or the file's. */
function isOfTheDisk(error: unknown): boolean {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return false
  return !writersFault.has(error.errcode & 0xff)
}

/** SQLITE_ERROR, SQLITE_TOOBIG, SQLITE_CONSTRAINT, SQLITE_MISMATCH, SQLITE_RANGE. */
const writersFault = new Set([1, 18, 19, 20, 25])
