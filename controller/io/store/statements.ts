import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { StoreError } from './store-error.ts'

export type Bindable = string | number | bigint | null | Uint8Array
export type Row = Record<string, SQLInputValue>

export interface Statement {
  run(...values: readonly Bindable[]): void
  get(...values: readonly Bindable[]): Row | undefined
  all(...values: readonly Bindable[]): Row[]
}

/** Prepares once and binds by position. node:sqlite stores a Date as NULL and takes an object for named parameters, both without an error. */
export function prepare(database: DatabaseSync, sql: string): Statement {
  const statement: StatementSync = database.prepare(sql)
  return {
    run: (...values) => void statement.run(...values.map(checked)),
    get: (...values) => statement.get(...values.map(checked)),
    all: (...values) => statement.all(...values.map(checked)),
  }
}

function checked(value: unknown, index: number): Bindable {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint')
    return value
  if (value instanceof Uint8Array) return value
  const type = value instanceof Date ? 'Date' : typeof value
  throw new StoreError('bad-value', `Parameter ${index + 1} is a ${type}, which SQLite would store as something else.`)
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

export function numberOrNull(row: Row, column: string): number | null {
  return row[column] === null ? null : number(row, column)
}
