import type { DatabaseSync } from 'node:sqlite'
import { setImmediate as turn } from 'node:timers/promises'
import type { Digest } from '../../core/model/effective.ts'
import type { RunEvent } from '../../core/run/events.ts'
import type { GroupCommit } from './group-commit.ts'
import type { Objects } from './objects.ts'
import { number, prepare, type Statement, text } from './statements.ts'

export interface CollectorParts {
  readonly commit: GroupCommit
  readonly objects: Objects
  readonly readRun: (runId: string) => readonly RunEvent[] | undefined
}

/** Rows that are looked at in one go; runs go on in between. */
const rowsAtOnce = 2_000
const objectsAtOnce = 100
/** Removed by one call: the write that removes them keeps the others waiting. */
const removedAtOnce = 1_000
/** What nothing refers to stays for so long: a revert brings it back as a rule, and nobody is between reading and using it any more. */
const unusedMs = 86_400_000

/**
 * Removes objects that neither a tenant as it is applied nor a run refers to, a day after that was first seen. What an object
 * names belongs to it: a context its connectors and the workflows of its steps.
 */
export class ObjectCollector {
  readonly #parts: CollectorParts
  readonly #runs: Statement
  readonly #applied: Statement
  readonly #digests: Statement
  /** Since when nothing refers to an object, as far as this process has seen. */
  #unused = new Map<Digest, number>()

  constructor(database: DatabaseSync, parts: CollectorParts) {
    this.#parts = parts
    this.#runs = prepare(
      database,
      'SELECT key, id, digest, context_digest FROM runs WHERE key > ? ORDER BY key LIMIT ?',
    )
    this.#applied = prepare(database, 'SELECT context_digest AS digest FROM tenants UNION SELECT digest FROM inventory')
    this.#digests = prepare(database, 'SELECT digest FROM objects WHERE digest > ? ORDER BY digest LIMIT ?')
  }

  /** Says how many were removed. */
  async collect(now: number): Promise<number> {
    const { commit, objects } = this.#parts
    const used = new Used((digest) => objects.read(digest))
    let last = 0
    for (;;) {
      const { key, count } = this.#useRuns(used, last)
      last = key
      if (count < rowsAtOnce) break
      await turn()
    }
    this.#useApplied(used)
    while (used.follow(objectsAtOnce)) await turn()
    const unused = await this.#without(used)
    // What came while this waited; from here to the removal nothing waits.
    for (let rest = this.#useRuns(used, last); rest.count === rowsAtOnce; ) rest = this.#useRuns(used, rest.key)
    this.#useApplied(used)
    while (used.follow(objectsAtOnce));
    const since = new Map<Digest, number>()
    for (const digest of unused) if (!used.has(digest)) since.set(digest, this.#unused.get(digest) ?? now)
    this.#unused = since
    const removed = [...since].filter(([, at]) => now - at >= unusedMs).slice(0, removedAtOnce)
    if (removed.length === 0) return 0
    await commit.write(() => {
      for (const [digest] of removed) objects.remove(digest)
    })
    for (const [digest] of removed) this.#unused.delete(digest)
    return removed.length
  }

  #useRuns(used: Used, after: number): { key: number; count: number } {
    const rows = this.#runs.all(after, rowsAtOnce)
    for (const row of rows) {
      used.add(text(row, 'digest'))
      used.add(row['context_digest'] === null ? this.#contextOf(text(row, 'id')) : text(row, 'context_digest'))
    }
    const end = rows.at(-1)
    return { key: end === undefined ? after : number(end, 'key'), count: rows.length }
  }

  #contextOf(runId: string): Digest | undefined {
    const [request] = this.#parts.readRun(runId) ?? []
    return request?.type === 'RunRequested' ? request.contextDigest : undefined
  }

  #useApplied(used: Used): void {
    for (const row of this.#applied.all()) used.add(text(row, 'digest'))
  }

  async #without(used: Used): Promise<Digest[]> {
    const found: Digest[] = []
    for (let last = ''; ; await turn()) {
      const rows = this.#digests.all(last, rowsAtOnce).map((row) => text(row, 'digest'))
      found.push(...rows.filter((digest) => !used.has(digest)))
      last = rows.at(-1) ?? last
      if (rows.length < rowsAtOnce) return found
    }
  }
}

/** Digests that are referred to, and those that they name. Any 64 hex digits may be a name: too many cost nothing. */
class Used {
  readonly #read: (digest: Digest) => string | undefined
  readonly #digests = new Set<Digest>()
  readonly #unread: Digest[] = []

  constructor(read: (digest: Digest) => string | undefined) {
    this.#read = read
  }

  has(digest: Digest): boolean {
    return this.#digests.has(digest)
  }

  add(digest: Digest | undefined): void {
    if (digest === undefined || this.#digests.has(digest)) return
    this.#digests.add(digest)
    this.#unread.push(digest)
  }

  /** Reads so many objects for what they name; false where there are no more. */
  follow(count: number): boolean {
    for (const digest of this.#unread.splice(-count)) {
      for (const [name] of (this.#read(digest) ?? '').matchAll(/(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])/g)) this.add(name)
    }
    return this.#unread.length > 0
  }
}
