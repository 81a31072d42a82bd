import type { Plan } from './expression-plan.ts'
import { readBy } from './expression-references.ts'
import { type Expr, walk } from './expression-tree.ts'
import { FoundByTypes } from './found-by-types.ts'
import { type FieldTypes, inferType } from './infer-type.ts'
import { stored, type Type } from './value-type.ts'

export interface Inferred {
  /** Of the value as it is kept. */
  readonly type: Type
  readonly faults: readonly { readonly message: string; readonly words: string }[]
}

const known = new FoundByTypes<Plan, Inferred>()

/** Thousands of steps have the same expressions over the same variables: what one comes to is found once. */
export function inferred(plan: Plan, source: string, fields: FieldTypes): Inferred {
  return known.of(plan, undefined, readBy, fields, () => {
    const { type, faults } = inferType(plan.tree, fields)
    return {
      type: stored(type),
      faults: faults.map(({ part, message }) => ({ message, words: wordsOf(part, plan, source) })),
    }
  })
}

const token = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\.?\w+(?:\.\d+)?|\S/y

/** The source of a part, from its first word to its last. */
function wordsOf(part: Expr, { offsetOf }: Plan, source: string): string {
  const offsets: number[] = []
  walk(part, ({ expr }) => offsets.push(offsetOf(expr.id)) > 0)
  const last = Math.max(...offsets)
  token.lastIndex = last
  return source.slice(Math.min(...offsets), last + (token.exec(source)?.[0].length ?? 0))
}
