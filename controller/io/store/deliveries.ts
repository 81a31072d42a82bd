import type { DatabaseSync } from 'node:sqlite'
import type { GroupCommit } from './group-commit.ts'
import { prepare, type Statement, text } from './statements.ts'

export interface Delivery {
  readonly tenantUid: string
  /** Dedupe key that came with it. */
  readonly id: string
  readonly at: number
  /** Runs that it started; none where nothing matched. */
  readonly runs: readonly string[]
}

/**
 * What arrived already. Recorded after its runs were accepted, never before: run ids are derived, so a repetition in between
 * finds its runs accepted, while a record without runs would lose them.
 */
export class Deliveries {
  readonly #commit: GroupCommit
  readonly #insert: Statement
  readonly #select: Statement
  readonly #forget: Statement

  constructor(database: DatabaseSync, commit: GroupCommit) {
    this.#commit = commit
    this.#insert = prepare(
      database,
      'INSERT OR IGNORE INTO deliveries (tenant_uid, delivery, at, runs) VALUES (?, ?, ?, ?)',
    )
    this.#select = prepare(database, 'SELECT runs FROM deliveries WHERE tenant_uid = ? AND delivery = ?')
    this.#forget = prepare(database, 'DELETE FROM deliveries WHERE at < ?')
  }

  /** The runs that an earlier delivery of this id started, or undefined where it is new. */
  read(tenantUid: string, id: string): string[] | undefined {
    const row = this.#select.get(tenantUid, id)
    return row === undefined ? undefined : (JSON.parse(text(row, 'runs')) as string[])
  }

  record({ tenantUid, id, at, runs }: Delivery): Promise<void> {
    return this.#commit.write(() => this.#insert.run(tenantUid, id, at, JSON.stringify(runs)))
  }

  forget(before: number): Promise<void> {
    return this.#commit.write(() => this.#forget.run(before))
  }
}
