import type { KeyObject } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import {
  addEntry,
  type Case,
  type CaseChange,
  type CaseDetail,
  type CaseEntry,
  type CaseFilter,
  type CasePage,
  foldCase,
} from '../../core/run/cases.ts'
import { seal, unseal } from './seal.ts'
import { bytes, number, numberOrNull, prepare, type Row, type Statement, text } from './statements.ts'
import { StoreError } from './store-error.ts'

export type CaseStatements = Readonly<Record<keyof typeof queries, Statement>>

const queries = {
  known: 'SELECT 1 FROM case_entries WHERE run = ? AND step = ?',
  enter: 'INSERT INTO case_entries (run, step, "case", at, place, change) VALUES (?, ?, ?, ?, ?, ?)',
  head: 'SELECT * FROM cases WHERE id = ?',
  put: 'INSERT OR REPLACE INTO cases (id, state, opened_at, changed_at, closed_at, head) VALUES (?, ?, ?, ?, ?, ?)',
  entries: 'SELECT * FROM case_entries WHERE "case" = ? ORDER BY at DESC, run DESC, place DESC LIMIT ?',
  list: `SELECT * FROM cases WHERE (changed_at, id) < (?, ?) AND (? = '' OR state = ?)
    ORDER BY changed_at DESC, id DESC LIMIT ?`,
} as const

export function caseStatements(database: DatabaseSync): CaseStatements {
  return Object.fromEntries(
    Object.entries(queries).map(([name, sql]) => [name, prepare(database, sql)]),
  ) as unknown as CaseStatements
}

const pageSize = 50
const longestPage = 500
const everything = Number.MAX_SAFE_INTEGER

/** The cases of one tenant in its file, sealed with its data key. */
export class CaseRows {
  readonly #statements: CaseStatements
  readonly #key: KeyObject

  constructor(statements: CaseStatements, key: KeyObject) {
    this.#statements = statements
    this.#key = key
  }

  /** Within a transaction. What the same step of the same run has written already is passed over. */
  add(id: string, entry: CaseEntry): void {
    const { run, step, at, place, change } = entry
    if (this.#statements.known.get(run, step) !== undefined) return
    this.#statements.enter.run(run, step, id, at, place, this.#seal(`case-entry\0${run}\0${step}`, change))
    const before = this.#head(id)
    // Runs write side by side, and what one of them wrote earlier may come later.
    const isLatest = before !== undefined && at > before.changedAt
    this.#put(isLatest ? addEntry(before, entry) : foldCase(id, this.#entries(id, everything)))
  }

  list({ state, before = '', limit = pageSize }: CaseFilter): CasePage {
    const size = Math.max(1, Math.min(limit, longestPage))
    const word = state ?? ''
    const [, at = everything, after = ''] = /^(\d{1,15})-([0-9a-f]{16})$/.exec(before) ?? []
    const rows = this.#statements.list.all(Number(at), after, word, word, size + 1)
    const cases = rows.slice(0, size).map((row) => this.#caseOf(row))
    const last = cases.at(-1)
    return { cases, next: rows.length > size && last ? `${last.changedAt}-${last.id}` : null }
  }

  read(id: string): CaseDetail | undefined {
    const found = this.#head(id)
    return found && { case: found, entries: this.#entries(id, longestPage).toReversed() }
  }

  #head(id: string): Case | undefined {
    const row = this.#statements.head.get(id)
    return row && this.#caseOf(row)
  }

  #put({ id, state, openedAt, changedAt, closedAt, title, severity, key }: Case): void {
    const head = this.#seal(`case\0${id}`, { title, severity, key })
    this.#statements.put.run(id, state, openedAt, changedAt, closedAt, head)
  }

  /** Latest first. */
  #entries(id: string, most: number): CaseEntry[] {
    return this.#statements.entries.all(id, most).map((row) => {
      const [run, step] = [text(row, 'run'), text(row, 'step')]
      const change = this.#unseal(`case-entry\0${run}\0${step}`, bytes(row, 'change')) as CaseChange
      return { at: number(row, 'at'), run, place: number(row, 'place'), step, change }
    })
  }

  #caseOf(row: Row): Case {
    const id = text(row, 'id')
    const head = this.#unseal(`case\0${id}`, bytes(row, 'head')) as Pick<Case, 'title' | 'severity' | 'key'>
    return {
      id,
      state: text(row, 'state') === 'closed' ? 'closed' : 'open',
      ...head,
      openedAt: number(row, 'opened_at'),
      changedAt: number(row, 'changed_at'),
      closedAt: numberOrNull(row, 'closed_at'),
    }
  }

  #seal(place: string, value: object): Buffer {
    return seal(this.#key, place, Buffer.from(JSON.stringify(value)))
  }

  #unseal(place: string, sealed: Uint8Array): unknown {
    const plain = unseal(this.#key, place, sealed)
    if (plain !== undefined) return JSON.parse(plain.toString())
    const message =
      'A case of this tenant was changed outside the store. Put back its file from a backup; other tenants are not affected.'
    throw new StoreError('tampered', message)
  }
}
