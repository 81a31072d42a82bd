import { isList, type Json, type JsonMap } from '../model/values.ts'
import { hasExpression, type Pieces, piecesOf } from './expression-text.ts'

export interface ExpressionText {
  /** Of the string, in the value. */
  readonly path: readonly (string | number)[]
  readonly pieces: Pieces
}

/** Whether a string of a value holds an expression. */
export function holdsExpression(value: Json): boolean {
  if (typeof value === 'string') return hasExpression(value)
  if (typeof value !== 'object' || value === null) return false
  return isList(value) ? value.some(holdsExpression) : Object.values(value).some(holdsExpression)
}

/** The strings of a value that hold expressions. */
export function expressionTexts(value: Json): readonly ExpressionText[] {
  const found: ExpressionText[] = []
  collect(value, [], found)
  return found
}

function collect(value: Json, path: (string | number)[], found: ExpressionText[]): void {
  if (typeof value === 'string') {
    if (hasExpression(value)) found.push({ path: [...path], pieces: piecesOf(value) })
    return
  }
  if (typeof value !== 'object' || value === null) return
  for (const key of isList(value) ? value.keys() : Object.keys(value)) {
    path.push(key)
    collect((value as JsonMap)[key] as Json, path, found)
    path.pop()
  }
}
