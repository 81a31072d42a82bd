import type { DatabaseSync } from 'node:sqlite'
import type { RunFilter, RunPage } from '../../core/run/journal.ts'
import type { StateWord } from '../../core/run/run-summary.ts'
import type { Keyring } from './keyring.ts'
import { openReason } from './sealed-entry.ts'
import {
  type Bindable,
  bytesOrNull,
  number,
  numberOrNull,
  prepare,
  type Row,
  type Statement,
  text,
} from './statements.ts'

const pageSize = 50
const longestPage = 500

/** Pages of runs, latest first. Pages go by key, so that the thousandth costs what the first does. */
export class RunList {
  readonly #database: DatabaseSync
  readonly #keys: Keyring
  readonly #statements = new Map<string, Statement>()

  constructor(database: DatabaseSync, keys: Keyring) {
    this.#database = database
    this.#keys = keys
  }

  read({ tenant, below, workflow, state, before, limit = pageSize }: RunFilter): RunPage {
    const conditions: string[] = []
    const values: Bindable[] = []
    const where = (condition: string, ...bound: readonly Bindable[]) => {
      conditions.push(condition)
      values.push(...bound)
    }
    // `0` is the character after `/`: the range holds exactly the paths below.
    if (tenant !== undefined && below && tenant !== '')
      where('(tenant = ? OR (tenant > ? AND tenant < ?))', tenant, `${tenant}/`, `${tenant}0`)
    if (tenant !== undefined && !below) where('tenant = ?', tenant)
    if (workflow !== undefined) where('workflow = ?', workflow)
    if (state !== undefined) where('state = ?', state)
    if (before !== undefined) where('key < ?', before)
    const size = Math.max(1, Math.min(limit, longestPage))
    const clause = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`
    const rows = this.#prepared(`SELECT * FROM runs ${clause} ORDER BY key DESC LIMIT ?`).all(...values, size + 1)
    const runs = rows.slice(0, size).map((row) => runOf(row, this.#keys))
    return { runs, next: rows.length > size ? (runs.at(-1)?.key ?? null) : null }
  }

  /** One line of it. */
  find(id: string): RunPage['runs'][number] | undefined {
    const row = this.#prepared('SELECT * FROM runs WHERE id = ?').get(id)
    return row === undefined ? undefined : runOf(row, this.#keys)
  }

  #prepared(sql: string): Statement {
    const known = this.#statements.get(sql)
    if (known !== undefined) return known
    const made = prepare(this.#database, sql)
    this.#statements.set(sql, made)
    return made
  }
}

function runOf(row: Row, keys: Keyring): RunPage['runs'][number] {
  const owner = { runId: text(row, 'id'), tenantUid: text(row, 'tenant_uid') }
  return {
    key: number(row, 'key'),
    id: owner.runId,
    tenant: text(row, 'tenant'),
    tenantUid: owner.tenantUid,
    workflow: text(row, 'workflow'),
    release: text(row, 'release'),
    digest: text(row, 'digest'),
    commit: text(row, 'commit'),
    trigger: text(row, 'trigger'),
    state: text(row, 'state') as StateWord,
    reason: openReason(keys, owner, bytesOrNull(row, 'sealed_reason')),
    requestedAt: number(row, 'requested_at'),
    startedAt: numberOrNull(row, 'started_at'),
    finishedAt: numberOrNull(row, 'finished_at'),
  }
}
