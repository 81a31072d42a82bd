import { type CelFunc, type CelInput, type CelValue, celEnv, isCelError, parse, plan } from '@bufbuild/cel'
import { strings } from '@bufbuild/cel/ext'
import { caps } from '../model/caps.ts'
import { Recent } from '../model/recent.ts'
import type { Json } from '../model/values.ts'
import { budgetFunctions, fillBudget, metered } from './expression-budget.ts'
import { evaluationMessage, parseMessage } from './expression-message.ts'
import { tooDeep } from './expression-text.ts'
import { type Expr, walk } from './expression-tree.ts'
import { fromCel, toCel } from './expression-values.ts'

export interface Fault {
  readonly kind: 'fault'
  readonly message: string
  /** Into the source. */
  readonly offset: number
}

export interface Plan {
  readonly kind: 'plan'
  readonly tree: Expr
  /** Offset of a part in the source, by its id. */
  readonly offsetOf: (id: bigint) => number
  readonly evaluate: (bindings: Readonly<Record<string, Json>>) => { value: Json } | { message: string }
}

const listItems = 256
const loopsWithin = 2
const plansKept = 10_000

const env = celEnv({ funcs: [...strings, ...budgetFunctions] })
const plans = new Recent<string, Plan | Fault>(plansKept)

/** The overloads of a function that expressions can call. */
export function celFunctions(name: string): Iterable<CelFunc> {
  return env.funcs.find(name) ?? []
}

/** The plan of an expression, or why there is none. Plans are kept by text: making one takes 20 times as long as using it. */
export function planOf(source: string): Plan | Fault {
  return plans.of(source, () => makePlan(source))
}

function makePlan(source: string): Plan | Fault {
  if (source === '') return { kind: 'fault', message: 'the expression is empty', offset: 0 }
  if (source.length > caps.expressionLength)
    return { kind: 'fault', message: `the expression is longer than ${caps.expressionLength} characters`, offset: 0 }
  let parsed: ReturnType<typeof parse>
  try {
    parsed = parse(source)
  } catch (error) {
    return unreadable(error)
  }
  const tree = parsed.expr
  const positions = parsed.sourceInfo?.positions ?? {}
  const offsetOf = (id: bigint) => positions[String(id)] ?? 0
  const fault = checkTree(tree, offsetOf)
  if (fault !== undefined) return fault
  // A second tree, because metering changes the first in place and messages name what the author wrote.
  const run = plan(env, metered(parse(source).expr))
  return { kind: 'plan', tree, offsetOf, evaluate: (bindings) => evaluate(run, tree, bindings) }
}

function unreadable(error: unknown): Fault {
  if (error instanceof RangeError) return { kind: 'fault', message: tooDeep, offset: 0 }
  const { found, location } = error as { found?: unknown; location?: { start: { offset: number } } }
  return { kind: 'fault', message: parseMessage(found), offset: location?.start.offset ?? 0 }
}

function checkTree(tree: Expr, offsetOf: (id: bigint) => number): Fault | undefined {
  let fault: Fault | undefined
  walk(tree, ({ expr, depth, loops }) => {
    const message = faultOf(expr, depth, loops)
    if (message !== undefined) fault ??= { kind: 'fault', message, offset: offsetOf(expr.id) }
    return fault === undefined
  })
  return fault
}

function faultOf(expr: Expr, depth: number, loops: number): string | undefined {
  if (depth > caps.expressionDepth) return tooDeep
  const kind = expr.exprKind
  if (kind.case === 'comprehensionExpr' && loops >= loopsWithin)
    return `loops are nested deeper than ${loopsWithin} levels`
  if (kind.case === 'listExpr' && kind.value.elements.length > listItems)
    return `a list has more than ${listItems} items`
  if (kind.case === 'structExpr') {
    if (kind.value.messageName !== '') return `\`${kind.value.messageName}\` is not a type that can be made here`
    if (kind.value.entries.length > listItems) return `a map has more than ${listItems} entries`
  }
  if (
    kind.case === 'callExpr' &&
    /^[A-Za-z]/.test(kind.value.function) &&
    env.funcs.find(kind.value.function) === undefined
  )
    return `there is no function \`${kind.value.function}\``
  return undefined
}

type Run = (bindings: Record<string, CelInput>) => unknown

function evaluate(
  run: Run,
  tree: Expr,
  bindings: Readonly<Record<string, Json>>,
): { value: Json } | { message: string } {
  try {
    // Without a prototype, or `constructor` would be a variable.
    const variables = Object.create(null) as Record<string, CelInput>
    for (const [name, value] of Object.entries(bindings)) variables[name] = toCel(value)
    fillBudget()
    const result = run(variables)
    if (isCelError(result)) return { message: evaluationMessage(result, tree) }
    return { value: fromCel(result as CelValue, textOf) }
  } catch (error) {
    // Deep or huge data overflows the stack in the library as in the conversion; a run must not die of it.
    if (error instanceof Error)
      return { message: error instanceof RangeError ? 'the data is too deep or too large' : error.message }
    throw error
  }
}

const toText = plan(env, parse('string(value)')) as Run

function textOf(value: CelValue): string {
  const text = toText({ value })
  if (typeof text !== 'string') throw new Error('the result is of a type that cannot be stored')
  return text
}
