import {
  COLLECTION_STYLE,
  EVENT_ID,
  type Event,
  SCALAR_STYLE,
  type ScalarEvent,
  getScalarValue,
  parseEvents,
} from 'js-yaml'
import { caps } from './caps.ts'
import { type Json, type MutableMap, newMap } from './values.ts'
import { inexact, readPlain } from './yaml-scalar.ts'
import { isRefusedKey, isSoundText } from './yaml-value.ts'

/** A map or list that is still open. */
interface Open {
  readonly value: Json[] | MutableMap
  /** Written with indentation, not brackets. */
  readonly isBlock: boolean
  /** Key that waits for its value. */
  key: string | undefined
  keys: number
}

/**
 * The map that a text holds, read by a parser many times as fast; undefined on the least doubt, and then the strict
 * reading decides. It may refuse anything and must never accept, or read differently, what the strict reading does
 * not: `yaml-fast.test.ts` compares the two.
 */
export function readFast(text: string): Json | undefined {
  // The two parsers disagree about tabs, carriage returns, the end of a document, and spaces where the file ends.
  if (/[\t\r]|^\.\.\./m.test(text) || text.endsWith(' ')) return undefined
  let events: Event[]
  try {
    events = parseEvents(text, { maxDepth: caps.depth + 2 })
  } catch {
    return undefined
  }
  const [document, root] = events
  if (document?.type !== EVENT_ID.DOCUMENT || document.directives.length > 0) return undefined
  return root?.type === EVENT_ID.MAPPING ? build(text, events) : undefined
}

function build(text: string, events: readonly Event[]): Json | undefined {
  const open: Open[] = []
  let root: Json | undefined
  let values = 0
  // The first event opens the document and the last closes it: another document between them would be a second one.
  for (const event of events.slice(1, -1)) {
    if (event.type === EVENT_ID.POP) {
      open.pop()
      continue
    }
    if (event.type === EVENT_ID.ALIAS || event.type === EVENT_ID.DOCUMENT) return undefined
    if (event.anchorStart !== -1 || event.tagStart !== -1) return undefined
    const top = open.at(-1)
    if (top && top.key === undefined && !Array.isArray(top.value)) {
      top.key = event.type === EVENT_ID.SCALAR ? readKey(text, event) : undefined
      if (top.key === undefined || top.key in top.value || ++top.keys > caps.keys) return undefined
      if (top.isBlock && event.type === EVENT_ID.SCALAR && !beginsLine(text, startOf(event))) return undefined
      continue
    }
    if (++values > caps.values) return undefined
    let value: Json | undefined
    if (event.type === EVENT_ID.SCALAR) {
      if (top?.isBlock && !isOrdinary(text, event)) return undefined
      value = readScalar(text, event)
    } else if (open.length < caps.depth) {
      const isBlock = event.style === COLLECTION_STYLE.BLOCK
      if (top?.isBlock && !(isBlock ? beginsLine(text, event.start) : followsIndicator(text, event.start)))
        return undefined
      const collection = event.type === EVENT_ID.MAPPING ? newMap() : []
      open.push({ value: collection, isBlock, key: undefined, keys: 0 })
      value = collection
    }
    if (value === undefined) return undefined
    if (!top) root = value
    else if (Array.isArray(top.value)) top.value.push(value)
    else if (top.key !== undefined) {
      top.value[top.key] = value
      top.key = undefined
    }
  }
  return root
}

/** The strict parser refuses an implicit key of more than 1,024 characters up to its colon. */
const plainlyShort = 1_000

function readKey(text: string, event: ScalarEvent): string | undefined {
  const key = readScalar(text, event)
  if (typeof key !== 'string' || key === '<<' || isRefusedKey(key)) return undefined
  return text.indexOf(':', event.valueEnd) - event.valueStart > plainlyShort ? undefined : key
}

function readScalar(text: string, event: ScalarEvent): Json | undefined {
  const written = getScalarValue(text, event)
  if (event.style !== SCALAR_STYLE.PLAIN) return isSoundText(written) ? written : undefined
  const value = readPlain(written)
  return value === inexact ? undefined : value
}

const ordinaryHeader = /[:-] +[|>][+-]?$/
const ordinaryContent = / +[^ \n]/y

/**
 * False for a value on a line of its own, and for block text with a comment, a digit or a blank line at its start:
 * the parsers disagree about some of these, and all are rare.
 */
function isOrdinary(text: string, event: ScalarEvent): boolean {
  const { style, valueStart } = event
  if (valueStart === -1) return true
  if (style !== SCALAR_STYLE.LITERAL_BLOCK && style !== SCALAR_STYLE.FOLDED_BLOCK)
    return followsIndicator(text, startOf(event))
  ordinaryContent.lastIndex = valueStart
  const header = text.slice(text.lastIndexOf('\n', valueStart - 2) + 1, valueStart - 1)
  return ordinaryContent.test(text) && ordinaryHeader.test(header)
}

/** Where a scalar in one line begins, with its quotes. */
function startOf({ style, valueStart }: ScalarEvent): number {
  return style === SCALAR_STYLE.SINGLE_QUOTED || style === SCALAR_STYLE.DOUBLE_QUOTED ? valueStart - 1 : valueStart
}

/** Nothing but spaces parts it from the `:` or `-` it belongs to. */
function followsIndicator(text: string, start: number): boolean {
  let before = start - 1
  while (text[before] === ' ') before--
  return text[before] === ':' || text[before] === '-'
}

/** The fast parser takes `- {a: 1} b: 2` for an item and a key of the map around it. */
function beginsLine(text: string, start: number): boolean {
  let before = start - 1
  while (text[before] === ' ' || text[before] === '-' || text[before] === '?') before--
  return before < 0 || text[before] === '\n'
}
