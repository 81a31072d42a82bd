import type { DatabaseSync } from 'node:sqlite'
import type { BulkRequest, BulkState, BulkSummary } from '../../core/run/bulk-run.ts'
import { type Json, toValue } from '../../core/model/values.ts'
import type { GroupCommit } from './group-commit.ts'
import type { Keyring } from './keyring.ts'
import { seal, unseal } from './seal.ts'
import { bytes, bytesOrNull, number, numberOrNull, prepare, type Row, type Statement, text } from './statements.ts'
import { StoreError } from './store-error.ts'

/** A line of the list of bulk runs. */
export interface BulkLine {
  readonly id: string
  readonly workflow: string
  readonly to: string
  readonly targets: number
  readonly state: BulkState
  readonly requestedAt: number
  readonly finishedAt: number | null
}

export interface BulkRecord extends BulkLine {
  readonly request: BulkRequest
  /** Of one that has ended; of one that was stopped, only why. */
  readonly summary: BulkSummary | undefined
}

export interface BulkEnd {
  readonly state: Exclude<BulkState, 'running'>
  readonly at: number
  readonly summary: BulkSummary
}

/** Bulk runs, one record each. How far one is stands in the runs themselves. */
export class BulkRecords {
  readonly #commit: GroupCommit
  readonly #keys: Keyring
  readonly #insert: Statement
  readonly #end: Statement
  readonly #select: Statement
  readonly #unfinished: Statement
  readonly #list: Statement
  readonly #forget: Statement

  constructor(database: DatabaseSync, commit: GroupCommit, keys: Keyring) {
    this.#commit = commit
    this.#keys = keys
    this.#insert = prepare(
      database,
      `INSERT INTO bulk_runs (id, workflow, selector, targets, state, requested_at, sealed_request)
       VALUES (?, ?, ?, ?, 'running', ?, ?) ON CONFLICT (id) DO NOTHING RETURNING key`,
    )
    this.#end = prepare(database, 'UPDATE bulk_runs SET state = ?, finished_at = ?, sealed_summary = ? WHERE id = ?')
    this.#select = prepare(database, 'SELECT * FROM bulk_runs WHERE id = ?')
    this.#unfinished = prepare(database, 'SELECT id FROM bulk_runs WHERE finished_at IS NULL ORDER BY key')
    this.#forget = prepare(database, 'DELETE FROM bulk_runs WHERE finished_at < ?')
    this.#list = prepare(database, `SELECT ${columns} FROM bulk_runs ORDER BY key DESC LIMIT ?`)
  }

  /** False where one of this id is there already. */
  begin(request: BulkRequest): Promise<boolean> {
    const { id, workflow, to, targets, requestedAt } = request
    const sealed = this.#seal(id, 'request', request)
    return this.#commit.write(
      () => this.#insert.get(id, workflow, to, targets.length, requestedAt, sealed) !== undefined,
    )
  }

  /** It starts no more runs, and why; those on their way have not ended yet. */
  stop(id: string, state: BulkState, summary: BulkSummary): Promise<void> {
    const sealed = this.#seal(id, 'summary', summary)
    return this.#commit.write(() => this.#end.run(state, null, sealed, id))
  }

  end(id: string, { state, at, summary }: BulkEnd): Promise<void> {
    const sealed = this.#seal(id, 'summary', summary)
    return this.#commit.write(() => this.#end.run(state, at, sealed, id))
  }

  /** Those that ended before a time; their runs are their tenants' and stay. */
  forget(before: number): Promise<void> {
    return this.#commit.write(() => this.#forget.run(before))
  }

  read(id: string): BulkRecord | undefined {
    const row = this.#select.get(id)
    if (row === undefined) return undefined
    const summary = bytesOrNull(row, 'sealed_summary')
    return {
      ...lineOf(row),
      request: this.#open(id, 'request', bytes(row, 'sealed_request')) as unknown as BulkRequest,
      summary: summary === null ? undefined : (this.#open(id, 'summary', summary) as unknown as BulkSummary),
    }
  }

  unfinished(): string[] {
    return this.#unfinished.all().map((row) => text(row, 'id'))
  }

  /** Latest first. */
  list(limit: number): BulkLine[] {
    return this.#list.all(limit).map(lineOf)
  }

  #seal(id: string, what: string, value: unknown): Buffer {
    return seal(this.#keys.writing(''), placeOf(id, what), Buffer.from(JSON.stringify(value)))
  }

  #open(id: string, what: string, sealed: Uint8Array): Json {
    const plain = unseal(this.#keys.reading(''), placeOf(id, what), sealed)
    if (plain === undefined)
      throw new StoreError('tampered', `The record of bulk run ${id} was changed: put back a backup of the folder.`)
    return toValue(JSON.parse(plain.toString()))
  }
}

const columns = 'id, workflow, selector, targets, state, requested_at, finished_at'

function lineOf(row: Row): BulkLine {
  return {
    id: text(row, 'id'),
    workflow: text(row, 'workflow'),
    to: text(row, 'selector'),
    targets: number(row, 'targets'),
    state: text(row, 'state') as BulkState,
    requestedAt: number(row, 'requested_at'),
    finishedAt: numberOrNull(row, 'finished_at'),
  }
}

function placeOf(id: string, what: string): string {
  return `bulk\0${id}\0${what}`
}
