import type { parse } from '@bufbuild/cel'

/** An expression as the parser gives it. */
export type Expr = ReturnType<typeof parse>['expr']

/** A part of an expression, with whether a loop binds it and how deep in loops it stands. */
export interface Visit {
  readonly expr: Expr
  readonly depth: number
  readonly loops: number
  /** Variables of the loops around it. */
  readonly bound: ReadonlySet<string>
}

const none: ReadonlySet<string> = new Set()

/** Visits an expression and its parts from the outside in; false from `enter` leaves the parts out. */
export function walk(expr: Expr, enter: (visit: Visit) => boolean, depth = 1, loops = 0, bound = none): void {
  if (!enter({ expr, depth, loops, bound })) return
  const go = (part: Expr | undefined, inLoop?: ReadonlySet<string>) => {
    if (part !== undefined) walk(part, enter, depth + 1, inLoop === undefined ? loops : loops + 1, inLoop ?? bound)
  }
  const kind = expr.exprKind
  switch (kind.case) {
    case 'selectExpr':
      go(kind.value.operand)
      return
    case 'callExpr':
      go(kind.value.target)
      for (const part of kind.value.args) go(part)
      return
    case 'listExpr':
      for (const part of kind.value.elements) go(part)
      return
    case 'structExpr':
      for (const entry of kind.value.entries) {
        if (entry.keyKind.case === 'mapKey') go(entry.keyKind.value)
        go(entry.value)
      }
      return
    case 'comprehensionExpr': {
      const loop = kind.value
      const inside = new Set([...bound, loop.iterVar, loop.iterVar2, loop.accuVar])
      go(loop.iterRange)
      go(loop.accuInit)
      go(loop.loopCondition, inside)
      go(loop.loopStep, inside)
      go(loop.result, inside)
      return
    }
    default:
  }
}

/** The names of `a.b["c"]`, where the expression is nothing but such a path. */
export function memberPath(expr: Expr): string[] | undefined {
  const kind = expr.exprKind
  if (kind.case === 'identExpr') return [kind.value.name.replace(/^\./, '')]
  const [operand, name] = member(expr)
  const path = operand === undefined ? undefined : memberPath(operand)
  return path === undefined || name === undefined ? undefined : [...path, name]
}

/** Operand and name of `a.b` and `a["b"]`; the name is undefined for any other index. */
export function member(expr: Expr): [operand: Expr | undefined, name: string | undefined] {
  const kind = expr.exprKind
  if (kind.case === 'selectExpr') return [kind.value.operand, kind.value.field]
  if (kind.case !== 'callExpr' || kind.value.function !== '_[_]') return [undefined, undefined]
  const [operand, index] = kind.value.args
  const constant = index?.exprKind.case === 'constExpr' ? index.exprKind.value.constantKind : undefined
  return [operand, constant?.case === 'stringValue' ? constant.value : undefined]
}
