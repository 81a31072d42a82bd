import type { DatabaseSync } from 'node:sqlite'
import type { GroupCommit } from './group-commit.ts'
import { prepare, type Statement } from './statements.ts'

export interface Delivery {
  readonly tenantUid: string
  /** Of the very message, its time of signing included. */
  readonly id: string
  readonly at: number
}

/** Messages that were taken already, so that nobody sends one again who saw it on its way. */
export class Deliveries {
  readonly #commit: GroupCommit
  readonly #insert: Statement
  readonly #select: Statement
  readonly #forget: Statement

  constructor(database: DatabaseSync, commit: GroupCommit) {
    this.#commit = commit
    this.#insert = prepare(database, 'INSERT OR IGNORE INTO deliveries (tenant_uid, delivery, at) VALUES (?, ?, ?)')
    this.#select = prepare(database, 'SELECT at FROM deliveries WHERE tenant_uid = ? AND delivery = ?')
    this.#forget = prepare(database, 'DELETE FROM deliveries WHERE at < ?')
  }

  has(tenantUid: string, id: string): boolean {
    return this.#select.get(tenantUid, id) !== undefined
  }

  record({ tenantUid, id, at }: Delivery): Promise<void> {
    return this.#commit.write(() => this.#insert.run(tenantUid, id, at))
  }

  forget(before: number): Promise<void> {
    return this.#commit.write(() => this.#forget.run(before))
  }
}
