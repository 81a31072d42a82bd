import { isList, isMap, type Json, newMap } from '../model/values.ts'
import { planOf } from './expression-plan.ts'
import { hasExpression, piecesOf } from './expression-text.ts'

export type { ExpressionProblem } from './expression-check.ts'
export { checkExpressions } from './expression-check.ts'
export { type ExpressionReference, referencesIn } from './expression-references.ts'

/** Variables of an expression by name, such as `inputs` and `steps`. */
export type Bindings = Readonly<Record<string, Json>>

export type Rendered =
  | { readonly kind: 'rendered'; readonly value: Json }
  | { readonly kind: 'failed'; readonly expression: string; readonly message: string }

/**
 * A string that is exactly one `${{ e }}` becomes the value of e; other strings are interpolated.
 * Maps and lists are rendered within. Results are not rendered again: a value that contains `${{ }}` stays data.
 */
export function renderValue(value: Json, bindings: Bindings): Rendered {
  if (typeof value === 'string') return hasExpression(value) ? renderText(value, bindings) : { kind: 'rendered', value }
  if (isList(value)) {
    const list: Json[] = []
    for (const item of value) {
      const rendered = renderValue(item, bindings)
      if (rendered.kind === 'failed') return rendered
      list.push(rendered.value)
    }
    return { kind: 'rendered', value: list }
  }
  if (isMap(value)) {
    const map = newMap()
    for (const [key, item] of Object.entries(value)) {
      const rendered = renderValue(item, bindings)
      if (rendered.kind === 'failed') return rendered
      map[key] = rendered.value
    }
    return { kind: 'rendered', value: map }
  }
  return { kind: 'rendered', value }
}

/** The truth of a text that is exactly one `${{ e }}`, where e yields a bool. */
export function evaluateCondition(text: string, bindings: Bindings): Rendered {
  const cut = piecesOf(text.trim())
  if (cut.kind === 'malformed') return { kind: 'failed', expression: cut.expression, message: cut.message }
  const only = cut.pieces[0]
  if (cut.pieces.length !== 1 || only?.kind !== 'expression')
    return { kind: 'failed', expression: text, message: 'a condition is exactly one `${{ … }}`' }
  const rendered = evaluate(only.source, bindings)
  if (rendered.kind === 'failed' || typeof rendered.value === 'boolean') return rendered
  return {
    kind: 'failed',
    expression: only.source,
    message: `a condition must be true or false, and this is ${nameOf(rendered.value)}`,
  }
}

/** The parts of a string with `transform` applied to each expression's text, such as percent-encoding in a path. */
export function renderPieces(text: string, bindings: Bindings, transform: (value: Json) => string): Rendered {
  const cut = piecesOf(text)
  if (cut.kind === 'malformed') return { kind: 'failed', expression: cut.expression, message: cut.message }
  let result = ''
  for (const piece of cut.pieces) {
    if (piece.kind === 'text') {
      result += piece.text
      continue
    }
    const rendered = evaluate(piece.source, bindings)
    if (rendered.kind === 'failed') return rendered
    result += transform(rendered.value)
  }
  return { kind: 'rendered', value: result }
}

/** How a value reads inside a text: maps and lists as JSON, null as nothing. */
export function interpolated(value: Json): string {
  if (typeof value === 'string') return value
  return value === null ? '' : JSON.stringify(value)
}

function renderText(text: string, bindings: Bindings): Rendered {
  const cut = piecesOf(text)
  if (cut.kind === 'pieces' && cut.pieces.length === 1 && cut.pieces[0]?.kind === 'expression')
    return evaluate(cut.pieces[0].source, bindings)
  return renderPieces(text, bindings, interpolated)
}

function evaluate(source: string, bindings: Bindings): Rendered {
  const plan = planOf(source)
  if (plan.kind === 'fault') return { kind: 'failed', expression: source, message: plan.message }
  const result = plan.evaluate(bindings)
  return 'value' in result
    ? { kind: 'rendered', value: result.value }
    : { kind: 'failed', expression: source, message: result.message }
}

function nameOf(value: Json): string {
  if (value === null) return 'null'
  if (isList(value)) return 'a list'
  return isMap(value) ? 'a map' : `a ${typeof value}`
}
