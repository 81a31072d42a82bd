import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { StoreError } from './store-error.ts'

export type Bindable = string | number | bigint | null | Uint8Array
export type Row = Record<string, SQLInputValue>

export interface Statement {
  run(...values: readonly Bindable[]): void
  /** The same; how many rows it changed. */
  change(...values: readonly Bindable[]): number
  /** The key of the row that it made, undefined where it made none. Much cheaper than RETURNING. */
  insert(...values: readonly Bindable[]): number | undefined
  get(...values: readonly Bindable[]): Row | undefined
  all(...values: readonly Bindable[]): Row[]
}

/** Prepares once and binds by position. node:sqlite stores a Date as NULL and takes an object for named parameters, both without an error. */
export function prepare(database: DatabaseSync, sql: string): Statement {
  const statement: StatementSync = database.prepare(sql)
  return {
    run: (...values) => void statement.run(...checked(values)),
    change: (...values) => Number(statement.run(...checked(values)).changes),
    insert: (...values) => {
      const { changes, lastInsertRowid } = statement.run(...checked(values))
      return changes === 1 ? Number(lastInsertRowid) : undefined
    },
    get: (...values) => statement.get(...checked(values)),
    all: (...values) => statement.all(...checked(values)),
  }
}

function checked(values: readonly Bindable[]): readonly Bindable[] {
  for (let index = 0; index < values.length; index++) {
    const value: unknown = values[index]
    const type = typeof value
    if (type === 'string' || type === 'number' || value === null || type === 'bigint' || value instanceof Uint8Array)
      continue
    const name = value instanceof Date ? 'Date' : type
    throw new StoreError(
      'bad-value',
      `Parameter ${index + 1} is a ${name}, which SQLite would store as something else.`,
    )
  }
  return values
}

export function text(row: Row, column: string): string {
  const value = row[column]
  if (typeof value !== 'string') throw new StoreError('bad-value', `Column ${column} holds no text.`)
  return value
}

export function number(row: Row, column: string): number {
  const value = row[column]
  if (typeof value !== 'number') throw new StoreError('bad-value', `Column ${column} holds no number.`)
  return value
}

export function bytes(row: Row, column: string): Uint8Array {
  const value = row[column]
  if (!(value instanceof Uint8Array)) throw new StoreError('bad-value', `Column ${column} holds no bytes.`)
  return value
}

export function numberOrNull(row: Row, column: string): number | null {
  return row[column] === null ? null : number(row, column)
}

export function bytesOrNull(row: Row, column: string): Uint8Array | null {
  return row[column] === null ? null : bytes(row, column)
}
