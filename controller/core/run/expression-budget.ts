import { type CelFunc, CelScalar, type CelList, celFunc, celList, isCelList } from '@bufbuild/cel'
import type { Expr } from './expression-tree.ts'

/** Turns of all loops of one evaluation, about half a second at worst. */
const turns = 100_000
/** Characters of a string, or items of a list, that an operator may make. */
const size = 1024 * 1024

let left = 0

/** To be called before each evaluation. Evaluations are synchronous, so that one count serves them all. */
export function fillBudget(): void {
  left = turns
}

const growing = new WeakMap<CelList, unknown[]>()
const { DYN, BOOL } = CelScalar

/** What a metered expression calls; no expression can name them, because `@` begins no name. */
export const budgetFunctions: CelFunc[] = [
  celFunc('@turn', [DYN], BOOL, (goOn) => {
    if (--left < 0) throw new Error(`the expression needs more than ${turns} loop turns`)
    return goOn === true
  }),
  celFunc('@bounded', [DYN], DYN, (value) => {
    if (typeof value === 'string' ? value.length > size : isCelList(value) && value.size > size)
      throw new Error(`the expression makes a value larger than ${size} characters or items`)
    return value
  }),
  celFunc('@collect', [], DYN, () => {
    const items: never[] = []
    const list = celList(items)
    growing.set(list, items)
    return list
  }),
  celFunc('@append', [DYN, DYN], DYN, (list, item) => {
    growing.get(list as CelList)?.push(item)
    return list
  }),
]

/** Operators and functions whose result can be much larger than what they are given. */
const amplifying = new Set(['_+_', 'replace', 'join', 'format'])

/**
 * The same expression with a count in each loop and a bound on what it builds: CEL libraries for JavaScript have no cost limit.
 * The lists that `map` and `filter` build grow in place; as written they would be nested once per item and overflow the stack when read.
 */
export function metered(expr: Expr): Expr {
  const kind = expr.exprKind
  switch (kind.case) {
    case 'selectExpr':
      if (kind.value.operand !== undefined) kind.value.operand = metered(kind.value.operand)
      return expr
    case 'listExpr':
      kind.value.elements = kind.value.elements.map(metered)
      return expr
    case 'structExpr':
      for (const entry of kind.value.entries) {
        if (entry.keyKind.case === 'mapKey') entry.keyKind.value = metered(entry.keyKind.value)
        if (entry.value !== undefined) entry.value = metered(entry.value)
      }
      return expr
    case 'callExpr': {
      const call = kind.value
      if (call.target !== undefined) call.target = metered(call.target)
      call.args = call.args.map(metered)
      return amplifying.has(call.function) ? callOf(expr, '@bounded', [expr]) : expr
    }
    case 'comprehensionExpr': {
      const loop = kind.value
      if (!loop.iterRange || !loop.accuInit || !loop.loopCondition || !loop.loopStep || !loop.result) return expr
      loop.iterRange = metered(loop.iterRange)
      const collects = loop.accuInit.exprKind.case === 'listExpr'
      if (collects) loop.accuInit = callOf(loop.accuInit, '@collect', [])
      loop.loopCondition = callOf(loop.loopCondition, '@turn', [loop.loopCondition])
      loop.loopStep = collects ? appending(loop.loopStep, loop.accuVar) : metered(loop.loopStep)
      return expr
    }
    default:
      return expr
  }
}

/** `@result + [item]`, alone or in the first branch of a condition, as the macros write it. */
function appending(step: Expr, accumulator: string): Expr {
  const call = step.exprKind.case === 'callExpr' ? step.exprKind.value : undefined
  const [first, second, third] = call?.args ?? []
  if (call?.function === '_?_:_' && first && second && third) {
    call.args = [metered(first), appending(second, accumulator), third]
    return step
  }
  const items = second?.exprKind.case === 'listExpr' ? second.exprKind.value.elements : []
  if (call?.function === '_+_' && isNamed(first, accumulator) && items.length === 1)
    return callOf(step, '@append', [first as Expr, metered(items[0] as Expr)])
  return metered(step)
}

function isNamed(expr: Expr | undefined, name: string): boolean {
  return expr?.exprKind.case === 'identExpr' && expr.exprKind.value.name === name
}

function callOf(at: Expr, name: string, args: Expr[]): Expr {
  return {
    $typeName: 'cel.expr.Expr',
    id: at.id,
    exprKind: { case: 'callExpr', value: { $typeName: 'cel.expr.Expr.Call', function: name, args } },
  }
}
