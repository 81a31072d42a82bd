import { createHash } from 'node:crypto'
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
  /** Digests that are known to be stored, so that a run that pins the same workflow as the last one writes nothing. */
  readonly #known = new Set<Digest>()

  constructor(database: DatabaseSync) {
    this.#insert = prepare(database, 'INSERT OR IGNORE INTO objects (digest, json) VALUES (?, ?)')
    this.#select = prepare(database, 'SELECT json FROM objects WHERE digest = ?')
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
    }
  }

  /** After its commit. */
  remember(objects: Iterable<StoredObject>): void {
    if (this.#known.size > 100_000) this.#known.clear()
    for (const { digest } of objects) this.#known.add(digest)
  }
}

function verifyDigest({ digest, json }: StoredObject): void {
  if (createHash('sha256').update(json).digest('hex') !== digest)
    throw new StoreError('bad-value', `The object under ${digest} has another digest.`)
}
