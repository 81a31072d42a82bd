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

export function isTypeName(name: string): boolean {
  return typeNames.has(name)
}

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

interface Root {
  readonly name: string
  readonly offset: number
}

const rootsIn = new WeakMap<Plan, readonly Root[]>()

/** The variables of an expression that no loop of its own binds. Thousands of steps have the same expressions. */
function rootsOf(plan: Plan): readonly Root[] {
  let roots = rootsIn.get(plan)
  if (roots) return roots
  const found: Root[] = []
  walk(plan.tree, ({ expr, bound }) => {
    const name = expr.exprKind.case === 'identExpr' ? expr.exprKind.value.name : undefined
    if (name !== undefined && !bound.has(name) && !isTypeName(name))
      found.push({ name, offset: plan.offsetOf(expr.id) })
    return true
  })
  rootsIn.set(plan, (roots = found))
  return roots
}

function unknownRoots(plan: Plan, known: readonly string[]): { message: string; offset: number }[] {
  return rootsOf(plan)
    .filter(({ name }) => !known.includes(name))
    .map(({ name, offset }) => ({ message: `there is no variable \`${name}\`${suggestion(name, known)}`, offset }))
}

function suggestion(name: string, roots: readonly string[]): string {
  if (roots.length === 0) return ''
  const near = closest(name, [...roots])
  return distance(name, near) <= 2 ? `: did you mean \`${near}\`?` : `; known here: ${roots.join(', ')}`
}
