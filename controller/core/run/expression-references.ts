import type { Json } from '../model/values.ts'
import { expressionTexts } from './expression-places.ts'
import { type Plan, planOf } from './expression-plan.ts'
import { type Expr, memberPath, walk } from './expression-tree.ts'

export interface ExpressionReference {
  /** Of the string that holds the expression, in the value. */
  readonly path: readonly (string | number)[]
  readonly expression: string
  /** Names from the variable on, as far as they are written out: `['steps', 'find_user', 'outputs', 'id']`. */
  readonly reference: readonly string[]
}

/** The member paths that the expressions of a value read. Expressions that cannot be read have none. */
export function referencesIn(value: Json): ExpressionReference[] {
  const references: ExpressionReference[] = []
  for (const { path, pieces } of expressionTexts(value)) {
    if (pieces.kind === 'malformed') continue
    for (const piece of pieces.pieces) {
      if (piece.kind === 'text') continue
      const plan = planOf(piece.source)
      if (plan.kind === 'fault') continue
      for (const reference of readBy(plan)) references.push({ path, expression: piece.source, reference })
    }
  }
  return references
}

const known = new WeakMap<Plan, readonly (readonly string[])[]>()

/** Thousands of steps have the same expressions: what one reads is found once. */
export function readBy(plan: Plan): readonly (readonly string[])[] {
  let found = known.get(plan)
  if (!found) {
    found = pathsIn(plan.tree)
    known.set(plan, found)
  }
  return found
}

function pathsIn(tree: Expr): string[][] {
  const found: string[][] = []
  walk(tree, ({ expr, bound }) => {
    const path = memberPath(expr)
    if (path === undefined) return true
    if (!bound.has(path[0] as string)) found.push(path)
    return false
  })
  return found
}
