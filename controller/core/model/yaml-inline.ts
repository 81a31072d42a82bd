import { caps } from './caps.ts'
import { type Json, type MutableMap, newMap } from './values.ts'
import {
  type Cursor,
  backslash,
  closeList,
  closeMap,
  colon,
  comma,
  dash,
  dot,
  doubleQuote,
  hash,
  lineFeed,
  openList,
  openMap,
  singleQuote,
  skipSpaces,
  space,
} from './yaml-cursor.ts'
import { inexact, readPlain } from './yaml-scalar.ts'
import { isRefusedKey, isSoundText } from './yaml-value.ts'
import { textBetween } from './yaml-words.ts'

/** The value that stands here within its line, and the cursor behind it; undefined on doubt. */
export function readInline(cursor: Cursor, depth: number, isInFlow = false): Json | undefined {
  const { bytes, at } = cursor
  const code = bytes[at]
  if (code === singleQuote || code === doubleQuote) return readQuoted(cursor, code)
  if (code === openList || code === openMap) return depth < caps.depth ? readFlow(cursor, depth, code) : undefined
  if (!beginsPlain(cursor)) return undefined
  const stop = endOfPlain(bytes, at, isInFlow)
  return bytes[stop] === colon ? undefined : readPlainUpTo(cursor, stop)
}

/** The key that stands here, and the cursor behind its colon; undefined on doubt. */
export function readKey(cursor: Cursor, isInFlow = false): string | undefined {
  const { bytes, at } = cursor
  const code = bytes[at]
  let key: Json | undefined
  if (code === singleQuote || code === doubleQuote) key = readQuoted(cursor, code)
  // A dash or a dot may begin a mark between documents.
  else if (code !== dash && code !== dot && beginsPlain(cursor))
    key = readPlainUpTo(cursor, endOfPlain(bytes, at, isInFlow))
  if (typeof key !== 'string' || key === '<<' || isRefusedKey(key)) return undefined
  return endKey(cursor, at) ? key : undefined
}

/** True where a key stands here and no value of its own. */
export function beginsEntry(cursor: Cursor): boolean {
  const { bytes, at } = cursor
  const code = bytes[at]
  if (code === singleQuote || code === doubleQuote) return bytes[endOfQuoted(bytes, at + 1, code) + 1] === colon
  return beginsPlain(cursor) && bytes[endOfPlain(bytes, at, false)] === colon
}

/** The strict reading refuses a key of more than 1,024 characters up to its colon. */
const plainlyShort = 1_000

function endKey(cursor: Cursor, start: number): boolean {
  const { bytes, at } = cursor
  if (bytes[at] !== colon || at - start > plainlyShort) return false
  const next = bytes[++cursor.at]
  return next === space || next === lineFeed
}

const indicators = new Set(Buffer.from('?:,[]{}#&*!|>\'"%@`\n '))

function beginsPlain({ bytes, at }: Cursor): boolean {
  const code = bytes[at] ?? lineFeed
  if (code !== dash) return !indicators.has(code)
  const next = bytes[at + 1]
  return next !== space && next !== lineFeed && !isFlowIndicator(next)
}

function isFlowIndicator(code: number | undefined): boolean {
  return code === comma || code === openList || code === closeList || code === openMap || code === closeMap
}

/** Where a scalar without quotes ends: at the colon of a key, a comment, the end of the line, or of its place in brackets. */
function endOfPlain(bytes: Buffer, start: number, isInFlow: boolean): number {
  for (let at = start; ; at++) {
    const code = bytes[at]
    if (code === lineFeed || (isInFlow && isFlowIndicator(code))) return at
    if (code === colon) {
      const next = bytes[at + 1]
      if (next === space || next === lineFeed || (isInFlow && isFlowIndicator(next))) return at
    } else if (code === hash && bytes[at - 1] === space) return at
  }
}

function readPlainUpTo(cursor: Cursor, stop: number): Json | undefined {
  const { bytes, at } = cursor
  let end = stop
  while (bytes[end - 1] === space) end--
  cursor.at = end
  const value = readPlain(textBetween(bytes, at, end))
  return value === inexact ? undefined : value
}

function readQuoted(cursor: Cursor, quote: number): string | undefined {
  const { bytes, at } = cursor
  const end = endOfQuoted(bytes, at + 1, quote)
  if (end === -1) return undefined
  cursor.at = end + 1
  const written = textBetween(bytes, at + 1, end)
  if (quote === singleQuote) return written.includes("'") ? written.replaceAll("''", "'") : written
  return written.includes('\\') ? unescape(written) : written
}

/** Where the closing quotes stand; -1 where that is no longer in this line. */
function endOfQuoted(bytes: Buffer, start: number, quote: number): number {
  for (let at = start; ; at++) {
    const code = bytes[at]
    if (code === lineFeed) return -1
    if (code === quote) {
      if (quote === doubleQuote || bytes[at + 1] !== singleQuote) return at
      at++
    } else if (code === backslash && quote === doubleQuote && bytes[++at] === lineFeed) return -1
  }
}

/** What JSON escapes means the same in YAML; the other escapes are rare. */
function unescape(written: string): string | undefined {
  try {
    const text: string = JSON.parse(`"${written}"`)
    return isSoundText(text) ? text : undefined
  } catch {
    return undefined
  }
}

function readFlow(cursor: Cursor, depth: number, open: number): Json | undefined {
  const collection = open === openList ? [] : newMap()
  const close = open === openList ? closeList : closeMap
  cursor.at++
  if (skipSpaces(cursor) === close) cursor.at++
  else
    for (let members = 1; ; members++) {
      const isRead = Array.isArray(collection)
        ? readFlowItem(cursor, depth, collection)
        : members <= caps.keys && readFlowEntry(cursor, depth, collection)
      if (!isRead) return undefined
      const code = skipSpaces(cursor)
      cursor.at++
      if (code === close) break
      if (code !== comma) return undefined
      skipSpaces(cursor)
    }
  return Object.freeze(collection)
}

function readFlowItem(cursor: Cursor, depth: number, list: Json[]): boolean {
  const value = ++cursor.values <= caps.values ? readInline(cursor, depth + 1, true) : undefined
  if (value === undefined) return false
  list.push(value)
  return true
}

function readFlowEntry(cursor: Cursor, depth: number, map: MutableMap): boolean {
  const key = readKey(cursor, true)
  if (key === undefined || map[key] !== undefined) return false
  skipSpaces(cursor)
  const value = ++cursor.values <= caps.values ? readInline(cursor, depth + 1, true) : undefined
  if (value === undefined) return false
  map[key] = value
  return true
}
