import { caps } from '../model/caps.ts'
import { Recent } from '../model/recent.ts'

/** A piece of a string: text as it stands, or the source between `${{` and `}}`. */
export type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'expression'
      readonly source: string /** Of the source, in the string. */
      readonly offset: number
    }

export type Pieces =
  | { readonly kind: 'pieces'; readonly pieces: readonly Piece[] }
  | { readonly kind: 'malformed'; readonly expression: string; readonly message: string; readonly offset: number }

const open = '${{'
const close = '}}'

export function hasExpression(text: string): boolean {
  return text.includes(open)
}

const cutsKept = 10_000
const cuts = new Recent<string, Pieces>(cutsKept)

/** Cuts a string at its expressions. `}}` inside a string literal or a map literal does not end one. Cuts are kept by text, as plans are. */
export function piecesOf(text: string): Pieces {
  return cuts.of(text, () => cut(text))
}

function cut(text: string): Pieces {
  const pieces: Piece[] = []
  let from = 0
  for (;;) {
    const start = text.indexOf(open, from)
    if (start < 0) break
    if (start > from) pieces.push({ kind: 'text', text: text.slice(from, start) })
    const end = endOf(text, start + open.length)
    if (typeof end !== 'number') {
      const expression = text.slice(start + open.length, start + open.length + caps.expressionLength).trim()
      return { kind: 'malformed', expression, message: end.message, offset: end.offset }
    }
    const raw = text.slice(start + open.length, end)
    const lead = raw.length - raw.trimStart().length
    pieces.push({ kind: 'expression', source: raw.trim(), offset: start + open.length + lead })
    from = end + close.length
  }
  if (from < text.length) pieces.push({ kind: 'text', text: text.slice(from) })
  return { kind: 'pieces', pieces }
}

const brackets: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' }

/** Offset of the `}}` that ends the expression, or why there is none. Brackets are counted here, before the recursive parser sees them. */
function endOf(text: string, start: number): number | { message: string; offset: number } {
  const waiting: { bracket: string; offset: number }[] = []
  let i = start
  while (i < text.length) {
    const char = text[i] as string
    if (char === '"' || char === "'") {
      const end = endOfLiteral(text, i, start)
      if (end < 0) return { message: 'a string is not closed', offset: i }
      i = end
      continue
    }
    if (waiting.length === 0 && text.startsWith(close, i)) return i
    const closing = brackets[char]
    if (closing !== undefined) {
      if (waiting.length >= caps.expressionDepth) return { message: tooDeep, offset: i }
      waiting.push({ bracket: closing, offset: i })
    } else if (char === ')' || char === ']' || char === '}') {
      if (waiting.pop()?.bracket !== char) return { message: `\`${char}\` closes nothing`, offset: i }
    }
    i++
  }
  const last = waiting.at(-1)
  if (last !== undefined) return { message: `\`${text[last.offset]}\` is not closed`, offset: last.offset }
  return { message: 'the expression is not closed: `}}` is missing', offset: start - open.length }
}

export const tooDeep = `the expression is nested deeper than ${caps.expressionDepth} levels`

function endOfLiteral(text: string, at: number, start: number): number {
  const quote = text[at] as string
  const fence = text.startsWith(quote.repeat(3), at) ? quote.repeat(3) : quote
  const raw = /(?:^|[^A-Za-z0-9_])(?:[rR][bB]?|[bB][rR])$/.test(text.slice(Math.max(start, at - 3), at))
  let i = at + fence.length
  while (i < text.length) {
    if (text.startsWith(fence, i)) return i + fence.length
    if (fence.length === 1 && text[i] === '\n') return -1
    i += !raw && text[i] === '\\' ? 2 : 1
  }
  return -1
}
