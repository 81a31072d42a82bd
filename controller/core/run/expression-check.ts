import { closest, distance } from 'fastest-levenshtein'
import type { Json } from '../model/values.ts'
import { expressionTexts } from './expression-places.ts'
import { type Plan, planOf } from './expression-plan.ts'
import { walk } from './expression-tree.ts'

export interface ExpressionProblem {
  /** Of the string that holds the expression, in the value. */
  readonly path: readonly (string | number)[]
  readonly expression: string
  readonly message: string
  /** Into that string. */
  readonly offset: number
}

/** Names that CEL itself knows, for `type(x) == int`. */
const typeNames = new Set(['int', 'uint', 'double', 'bool', 'string', 'bytes', 'list', 'map', 'null_type', 'type'])

/** What can be said of the expressions of a value without their data: syntax, limits, functions, and variables other than `roots`. */
export function checkExpressions(value: Json, roots: readonly string[]): ExpressionProblem[] {
  const problems: ExpressionProblem[] = []
  for (const { path, pieces } of expressionTexts(value)) {
    if (pieces.kind === 'malformed') {
      problems.push({ path, expression: pieces.expression, message: pieces.message, offset: pieces.offset })
      continue
    }
    for (const piece of pieces.pieces) {
      if (piece.kind === 'text') continue
      const plan = planOf(piece.source)
      const faults = plan.kind === 'fault' ? [plan] : unknownRoots(plan, roots)
      for (const { message, offset } of faults)
        problems.push({ path, expression: piece.source, message, offset: piece.offset + offset })
    }
  }
  return problems
}

function unknownRoots(plan: Plan, roots: readonly string[]): { message: string; offset: number }[] {
  const found: { message: string; offset: number }[] = []
  walk(plan.tree, ({ expr, bound }) => {
    if (expr.exprKind.case !== 'identExpr') return true
    const { name } = expr.exprKind.value
    if (bound.has(name) || roots.includes(name) || typeNames.has(name)) return true
    found.push({
      message: `there is no variable \`${name}\`${suggestion(name, roots)}`,
      offset: plan.offsetOf(expr.id),
    })
    return true
  })
  return found
}

function suggestion(name: string, roots: readonly string[]): string {
  if (roots.length === 0) return ''
  const near = closest(name, [...roots])
  return distance(name, near) <= 2 ? `: did you mean \`${near}\`?` : `; known here: ${roots.join(', ')}`
}
