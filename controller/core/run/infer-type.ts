import { didYouMean } from './check-inputs.ts'
import { isTypeName } from './expression-check.ts'
import { operatorText } from './expression-message.ts'
import { type Expr, member } from './expression-tree.ts'
import { typeOfCall } from './overloads.ts'
import {
  any,
  either,
  fieldOf,
  inWords,
  itemOf,
  kindsOf,
  listOf,
  mapWith,
  mayBe,
  never,
  type Type,
  typeOf,
} from './value-type.ts'

/** The type of a field of a variable, such as `inputs.host`. */
export type FieldTypes = (variable: string, field: string) => Type

export interface TypeFault {
  readonly part: Expr
  readonly message: string
}

export interface Inferred {
  /** `never` where the expression fails whatever the data are. */
  readonly type: Type
  /** Parts that fail whenever they are reached. */
  readonly faults: readonly TypeFault[]
}

interface Scope {
  readonly fields: FieldTypes
  /** Variables of the loops around. */
  readonly bound: ReadonlyMap<string, Type>
  readonly report: (part: Expr, message: string) => Type
}

type Kind<Case extends string> = Extract<Expr['exprKind'], { case: Case }>['value']

const bool = typeOf('bool')
const places = kindsOf('bool', 'int', 'uint', 'double')
const keys = places | kindsOf('string')
const loopable = kindsOf('list', 'map')
/** Times and durations have the fields of their messages. */
const withFields = kindsOf('map', 'timestamp', 'duration')
const numbers: readonly (number | undefined)[] = [kindsOf('int'), kindsOf('double')]
/** What stands in `int` is not looked for: in `has(int[1 + "a"].b)` nothing fails. */
const unread = kindsOf('type')

/** The type of what an expression yields, as far as those of the variables that it reads tell. */
export function inferType(tree: Expr, fields: FieldTypes): Inferred {
  const faults: TypeFault[] = []
  const report = (part: Expr, message: string): Type => {
    faults.push({ part, message })
    return never
  }
  return { type: typeIn(tree, { fields, bound: new Map(), report }), faults }
}

function typeIn(expr: Expr, scope: Scope): Type {
  const [operand, name] = member(expr)
  if (operand !== undefined && name !== undefined) return typeOfMember(expr, operand, name, scope)
  const kind = expr.exprKind
  switch (kind.case) {
    case 'constExpr':
      return typeOfConstant[kind.value.constantKind.case ?? ''] ?? any
    case 'identExpr':
      return scope.bound.get(kind.value.name) ?? (isTypeName(kind.value.name) ? typeOf('type') : any)
    case 'callExpr':
      return typeOfCallIn(expr, kind.value, scope)
    case 'listExpr': {
      const items = kind.value.elements.map((item) => typeIn(item, scope))
      return items.some(fails) ? never : listOf(items.reduce(either, never))
    }
    case 'structExpr':
      return typeOfMap(kind.value, scope)
    case 'comprehensionExpr':
      return typeOfLoop(kind.value, scope)
    default:
      return any
  }
}

const typeOfConstant: Readonly<Record<string, Type>> = {
  nullValue: typeOf('null'),
  boolValue: bool,
  int64Value: typeOf('int'),
  uint64Value: typeOf('uint'),
  doubleValue: typeOf('double'),
  stringValue: typeOf('string'),
  bytesValue: typeOf('bytes'),
}

function fails({ kinds }: Type): boolean {
  return kinds === 0
}

/** `a.b`, `a["b"]` and `has(a.b)`. */
function typeOfMember(expr: Expr, operand: Expr, name: string, scope: Scope): Type {
  const isTest = expr.exprKind.case === 'selectExpr' && expr.exprKind.value.testOnly
  const root = operand.exprKind.case === 'identExpr' ? operand.exprKind.value.name : undefined
  if (!isTest && root !== undefined && !scope.bound.has(root)) return scope.fields(root, name)
  const holder = typeIn(operand, scope)
  if (fails(holder)) return never
  if (isTest) return bool
  if (mayBe(holder, unread)) return any
  if (!mayBe(holder, withFields))
    return scope.report(expr, `there is no field \`${name}\`: this is of type ${inWords(holder)}`)
  if (mayBe(holder, withFields & ~kindsOf('map'))) return any
  const field = fieldOf(holder, name)
  if (!fails(field)) return field
  return scope.report(expr, `there is no field \`${name}\`${didYouMean(name, Object.keys(holder.fields ?? {}))}`)
}

function typeOfCallIn(expr: Expr, call: Kind<'callExpr'>, scope: Scope): Type {
  const parts = call.target ? [call.target, ...call.args] : call.args
  const operands = parts.map((part) => typeIn(part, scope))
  switch (call.function) {
    case '_&&_':
    case '_||_':
      // One operand can settle it whatever becomes of the other.
      parts.forEach((part, place) => expectBool(part, operands[place] ?? never, call.function, scope))
      return operands.some((type) => mayBe(type, bool.kinds)) ? bool : never
    case '_?_:_': {
      const [asked = never, yes = never, no = never] = operands
      return fails(expectBool(parts[0] ?? expr, asked, call.function, scope)) ? never : either(yes, no)
    }
    default:
  }
  if (call.function === '_[_]' && mayBe(operands[0] ?? never, unread)) return any
  if (operands.some(fails)) return never
  if (call.function === '_[_]') return typeOfItem(expr, operands, scope)
  const type = typeOfCall(call.function, call.target !== undefined, operands)
  if (fails(type)) return scope.report(expr, notApplicable(call.function, operands))
  if (call.function !== '_+_' || !mayBe(type, kindsOf('list'))) return type
  return { ...type, items: operands.map(itemOf).reduce(either) }
}

function expectBool(part: Expr, type: Type, operator: string, scope: Scope): Type {
  if (fails(type) || mayBe(type, bool.kinds)) return type
  return scope.report(part, `\`${operatorText(operator)}\` needs true or false, and this is of type ${inWords(type)}`)
}

function notApplicable(name: string, operands: readonly Type[]): string {
  const message = `\`${operatorText(name)}\` cannot be applied to (${operands.map(inWords).join(', ')})`
  const [left, right] = operands.map(({ kinds }) => kinds)
  const isMixed = operands.length === 2 && left !== right && [left, right].every((kinds) => numbers.includes(kinds))
  return isMixed ? `${message}: make one of them the other with double() or int()` : message
}

function typeOfItem(expr: Expr, [holder = never, key = never]: readonly Type[], scope: Scope): Type {
  const holders = (mayBe(key, places) ? loopable : 0) | (mayBe(key, kindsOf('string')) ? withFields : 0)
  if (!mayBe(holder, holders))
    return scope.report(expr, `nothing in ${inWords(holder)} stands at a key of type ${inWords(key)}`)
  if (mayBe(holder, withFields)) return any
  const item = itemOf(holder)
  return fails(item) ? scope.report(expr, 'the list is empty') : item
}

function typeOfMap({ entries }: Kind<'structExpr'>, scope: Scope): Type {
  const fields: Record<string, Type> = Object.create(null)
  let others = never
  let isSound = true
  for (const { keyKind, value } of entries) {
    if (keyKind.case !== 'mapKey' || value === undefined) return any
    const key = typeIn(keyKind.value, scope)
    const type = typeIn(value, scope)
    if (!fails(key) && !mayBe(key, keys)) scope.report(keyKind.value, `a key cannot be of type ${inWords(key)}`)
    isSound &&= mayBe(key, keys) && !fails(type)
    const name = keyKind.value.exprKind.case === 'constExpr' ? keyKind.value.exprKind.value.constantKind : undefined
    if (name?.case === 'stringValue') fields[name.value] = type
    else others = any
  }
  return isSound ? mapWith(fields, others) : never
}

/** A macro such as `exists`. Its body may be reached or not, so what fails there does not decide about the whole. */
function typeOfLoop(loop: Kind<'comprehensionExpr'>, scope: Scope): Type {
  const { iterRange, accuInit, loopStep, result } = loop
  if (!iterRange || !accuInit || !loopStep || !result) return any
  const range = typeIn(iterRange, scope)
  if (fails(range)) return never
  if (!mayBe(range, loopable))
    return scope.report(iterRange, `this is gone through as a list or map, and is of type ${inWords(range)}`)
  const item = mayBe(range, kindsOf('map')) ? any : itemOf(range)
  const silent = { ...scope, report: () => never }
  const step = (part: Expr, made: Type, within: Scope) =>
    typeIn(part, { ...within, bound: new Map([...scope.bound, [loop.iterVar, item], [loop.accuVar, made]]) })
  // What the first turn makes of the beginning, every later one makes of that too.
  const begun = typeIn(accuInit, scope)
  const once = either(begun, step(loopStep, begun, silent))
  return step(result, either(once, step(loopStep, once, scope)), scope)
}
