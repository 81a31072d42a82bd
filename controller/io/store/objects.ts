import { hash } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import type { Digest } from '../../core/model/effective.ts'
import type { StoredObject } from '../../core/run/journal.ts'
import { prepare, type Statement, text } from './statements.ts'
import { StoreError } from './store-error.ts'

/** What is kept by the digest of its text: written once, never changed. */
export class Objects {
  readonly #insert: Statement
  readonly #select: Statement
  readonly #find: Statement
  readonly #delete: Statement
  /** Digests that are known to be stored, so that a run that pins the same workflow as the last one writes nothing. */
  readonly #known = new Set<Digest>()
  /** Removed by this process and not written again. */
  readonly #removed = new Set<Digest>()

  constructor(database: DatabaseSync) {
    this.#insert = prepare(database, 'INSERT OR IGNORE INTO objects (digest, json) VALUES (?, ?)')
    this.#select = prepare(database, 'SELECT json FROM objects WHERE digest = ?')
    this.#delete = prepare(database, 'DELETE FROM objects WHERE digest = ?')
    this.#find = prepare(database, 'SELECT 1 FROM objects WHERE digest = ?')
  }

  read(digest: Digest): string | undefined {
    const row = this.#select.get(digest)
    return row === undefined ? undefined : text(row, 'json')
  }

  has(digest: Digest): boolean {
    return this.#find.get(digest) !== undefined
  }

  /** Within a transaction. */
  write(objects: Iterable<StoredObject>): void {
    for (const object of objects) {
      if (this.#known.has(object.digest)) continue
      verifyDigest(object)
      this.#insert.run(object.digest, object.json)
      this.#removed.delete(object.digest)
    }
  }

  /** Within a transaction. */
  remove(digest: Digest): void {
    this.#delete.run(digest)
    this.#known.delete(digest)
    this.#removed.add(digest)
  }

  /**
   * Within a transaction: throws where one of these was removed after somebody had seen that it is there. Asked again, they
   * see that it is not, and bring it.
   */
  verifyKept(digests: Iterable<Digest>): void {
    if (this.#removed.size === 0) return
    for (const digest of digests) if (this.#removed.has(digest) && !this.has(digest)) throw gone(digest)
  }

  /** After its commit. */
  remember(objects: Iterable<StoredObject>): void {
    if (this.#known.size > 100_000) this.#known.clear()
    for (const { digest } of objects) this.#known.add(digest)
  }
}

function gone(digest: Digest): StoreError {
  return new StoreError(
    'bad-value',
    `The object ${digest} was removed because nothing used it; it must be written again.`,
  )
}

function verifyDigest({ digest, json }: StoredObject): void {
  if (hash('sha256', json) !== digest)
    throw new StoreError('bad-value', `The object under ${digest} has another digest.`)
}
