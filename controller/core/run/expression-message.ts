import type { CelError } from '@bufbuild/cel'
import { type Expr, member, memberPath, walk } from './expression-tree.ts'

const operators: Readonly<Record<string, string>> = {
  '_[_]': 'an index',
  '_?_:_': '? :',
  '@in': 'in',
  '!_': '!',
  '-_': '-',
}

/** The parser's message, short: it lists everything that could have stood there. */
export function parseMessage(found: unknown): string {
  return typeof found === 'string' && found !== '' ? `unexpected \`${found}\`` : 'the expression ends too early'
}

/** What went wrong when an expression was evaluated, naming the field or variable. */
export function evaluationMessage(error: CelError, root: Expr): string {
  const text = error.message
  const missing = /^field not found: (.*)$/s.exec(text)?.[1]
  if (missing !== undefined) return `there is no field \`${missing}\`${inside(accessOf(root, error.exprId, missing))}`
  const index = /^index (-?\d+) out of bounds/.exec(text)?.[1]
  if (index !== undefined) return `there is no item ${index}${inside(accessOf(root, undefined, index))}`
  if (text.startsWith('unresolved attribute')) {
    const at = find(root, (expr) => expr.id === error.exprId)
    const name = at === undefined ? undefined : memberPath(at)?.[0]
    return name === undefined ? 'a name is not known' : `there is no variable \`${name}\``
  }
  const overload = /^found no matching overload for '?(\S+?)'? applied to '\((.*)\)'$/.exec(text)
  if (overload !== null) return `\`${operatorText(overload[1] ?? '')}\` cannot be applied to (${overload[2]})`
  return text
}

/** The access that did not find `key`. The library blames an index by the id of its variable, so an index is found by what it says. */
function accessOf(root: Expr, id: bigint | undefined, key: string): Expr | undefined {
  const select = find(root, (expr) => expr.id === id && expr.exprKind.case === 'selectExpr')
  return select ?? find(root, (expr) => constantIndex(expr) === key)
}

function inside(access: Expr | undefined): string {
  const operand = access === undefined ? undefined : member(access)[0]
  const path = operand === undefined ? undefined : memberPath(operand)
  return path === undefined ? '' : ` in \`${path.join('.')}\``
}

function constantIndex(expr: Expr): string | undefined {
  const call =
    expr.exprKind.case === 'callExpr' && expr.exprKind.value.function === '_[_]' ? expr.exprKind.value : undefined
  const index = call?.args[1]?.exprKind
  const value = index?.case === 'constExpr' ? index.value.constantKind.value : undefined
  return typeof value === 'string' || typeof value === 'bigint' ? String(value) : undefined
}

/** An operator or function as the author writes it. */
export function operatorText(name: string): string {
  return operators[name] ?? name.replace(/^_(.+)_$/, '$1')
}

function find(root: Expr, isIt: (expr: Expr) => boolean): Expr | undefined {
  let found: Expr | undefined
  walk(root, ({ expr }) => {
    if (found === undefined && isIt(expr)) found = expr
    return found === undefined
  })
  return found
}
