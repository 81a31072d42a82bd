import { caps } from './caps.ts'
import { decodeText } from './decode-text.ts'
import { type Json, newMap } from './values.ts'
import { readBlockText } from './yaml-block-text.ts'
import {
  type Cursor,
  bar,
  dash,
  endLine,
  greater,
  hash,
  lineFeed,
  skipSpaces,
  space,
  toContent,
} from './yaml-cursor.ts'
import { beginsEntry, readInline, readKey } from './yaml-inline.ts'

/**
 * The map that a file holds, frozen, read many times as fast; undefined on the least doubt, and then the strict reading
 * decides. It knows the YAML that people write: blocks, values and brackets in one line, block text, comments. It may
 * refuse anything and must never accept, or read differently, what the strict reading does not: `yaml-fast.test.ts`
 * compares the two.
 */
export function readFast(bytes: Uint8Array): Json | undefined {
  if (!isOrdinary(bytes)) return undefined
  const cursor: Cursor = { bytes: endingLine(bytes), at: 0, column: 0, values: 1 }
  if (beginsWith(bytes, documentStart)) cursor.at = documentStart.length
  toContent(cursor)
  const value = cursor.column === 0 ? readMap(cursor, 0, 0) : undefined
  return cursor.column === -1 ? value : undefined
}

/** Tabs part some tokens and not others, a carriage return would end up in values, and nothing else is a rare sight. */
function isOrdinary(bytes: Uint8Array): boolean {
  if (bytes.length > caps.fileBytes) return false
  let lines = bytes.at(-1) === lineFeed ? 0 : 1
  let isAscii = true
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] as number
    if (byte < space) {
      if (byte !== lineFeed || ++lines > caps.fileLines) return false
    } else if (byte >= 0x7f) isAscii = false
  }
  // `decodeText` takes a byte order mark away.
  return isAscii || (!beginsWith(bytes, byteOrderMark) && decodeText('', bytes).kind === 'decoded')
}

function endingLine(bytes: Uint8Array): Buffer {
  if (bytes.at(-1) !== lineFeed) return Buffer.concat([bytes, Buffer.of(lineFeed)])
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}

const documentStart = [dash, dash, dash, lineFeed]
const byteOrderMark = [0xef, 0xbb, 0xbf]

function beginsWith(bytes: Uint8Array, start: readonly number[]): boolean {
  return start.every((byte, at) => bytes[at] === byte)
}

/** The map whose first key stands here, at `column`. */
function readMap(cursor: Cursor, column: number, depth: number): Json | undefined {
  if (depth >= caps.depth) return undefined
  const map = newMap()
  let keys = 0
  do {
    const key = readKey(cursor)
    if (key === undefined || map[key] !== undefined || ++keys > caps.keys) return undefined
    const value = readNode(cursor, column, depth + 1, false)
    if (value === undefined) return undefined
    map[key] = value
  } while (cursor.column === column)
  return cursor.column < column ? Object.freeze(map) : undefined
}

/** The list whose first dash stands here, at `column`. */
function readList(cursor: Cursor, column: number, depth: number): Json | undefined {
  if (depth >= caps.depth) return undefined
  const list: Json[] = []
  do {
    const value = readItem(cursor, column, depth + 1)
    if (value === undefined) return undefined
    list.push(value)
  } while (cursor.column === column && isAtItem(cursor))
  return cursor.column <= column ? Object.freeze(list) : undefined
}

function isAtItem({ bytes, at }: Cursor): boolean {
  if (bytes[at] !== dash) return false
  const next = bytes[at + 1]
  return next === space || next === lineFeed
}

function readItem(cursor: Cursor, column: number, depth: number): Json | undefined {
  const start = cursor.at++
  skipSpaces(cursor)
  const inner = column + cursor.at - start
  // What begins behind the dash goes on in the lines below, at the column where it began.
  if (isAtItem(cursor)) return count(cursor) ? readList(cursor, inner, depth) : undefined
  if (beginsEntry(cursor)) return count(cursor) ? readMap(cursor, inner, depth) : undefined
  return readNode(cursor, column, depth, true)
}

/** What a key or a dash in a block at `column` stands for. */
function readNode(cursor: Cursor, column: number, depth: number, isItem: boolean): Json | undefined {
  if (!count(cursor)) return undefined
  const code = skipSpaces(cursor)
  if (code === lineFeed || code === hash) {
    endLine(cursor)
    if (cursor.column > column)
      return isAtItem(cursor) ? readList(cursor, cursor.column, depth) : readMap(cursor, cursor.column, depth)
    // The list of a key may stand below the key itself.
    return !isItem && cursor.column === column && isAtItem(cursor) ? readList(cursor, column, depth) : null
  }
  if (code === bar || code === greater) return readBlockText(cursor, column)
  const value = readInline(cursor, depth)
  return value !== undefined && endLine(cursor) ? value : undefined
}

function count(cursor: Cursor): boolean {
  return ++cursor.values <= caps.values
}
