import { isList, isMap, type Json } from '../model/values.ts'
import { hasExpression, type Pieces, piecesOf } from './expression-text.ts'

export interface ExpressionText {
  /** Of the string, in the value. */
  readonly path: readonly (string | number)[]
  readonly pieces: Pieces
}

/** The strings of a value that hold expressions. */
export function* expressionTexts(value: Json, path: readonly (string | number)[] = []): Generator<ExpressionText> {
  if (typeof value === 'string') {
    if (hasExpression(value)) yield { path, pieces: piecesOf(value) }
  } else if (isList(value)) {
    for (const [index, item] of value.entries()) yield* expressionTexts(item, [...path, index])
  } else if (isMap(value)) {
    for (const [key, item] of Object.entries(value)) yield* expressionTexts(item, [...path, key])
  }
}
