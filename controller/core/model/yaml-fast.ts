import { EVENT_ID, type Event, SCALAR_STYLE, type ScalarEvent, getScalarValue, parseEvents } from 'js-yaml'
import { caps } from './caps.ts'
import { type Json, type MutableMap, newMap } from './values.ts'
import { inexact, readPlain } from './yaml-scalar.ts'
import { isRefusedKey, isSoundText } from './yaml-value.ts'

/** A map or list that is still open. */
interface Open {
  readonly list?: Json[]
  readonly map?: MutableMap
  /** Key that waits for its value. */
  key?: string | undefined
  keys: number
}

/**
 * The map that a text holds, read by a parser many times as fast; undefined on the least doubt, and then the strict
 * reading decides. It may refuse anything and must never accept, or read differently, what the strict reading does
 * not: `yaml-fast.test.ts` compares the two.
 */
export function readFast(text: string): Json | undefined {
  // The two parsers disagree about tabs, carriage returns and the end of a document.
  if (/[\t\r]|^\.\.\./m.test(text)) return undefined
  let events: Event[]
  try {
    events = parseEvents(text, { maxDepth: caps.depth + 2 })
  } catch {
    return undefined
  }
  const [document] = events
  const root = events[1]?.type
  const isOne = document?.type === EVENT_ID.DOCUMENT && document.directives.length === 0
  return isOne && root === EVENT_ID.MAPPING ? build(text, events) : undefined
}

function build(text: string, events: readonly Event[]): Json | undefined {
  const hasEscapes = text.includes('\\')
  const open: Open[] = []
  let root: Json | undefined
  let values = 0
  for (let at = 1; at < events.length - 1; at++) {
    const event = events[at] as Event
    const top = open.at(-1)
    if (event.type === EVENT_ID.POP) {
      open.pop()
      continue
    }
    if (event.type === EVENT_ID.ALIAS || event.type === EVENT_ID.DOCUMENT) return undefined
    if (event.anchorStart !== -1 || event.tagStart !== -1) return undefined
    if (top?.map && top.key === undefined) {
      const key = event.type === EVENT_ID.SCALAR ? readKey(text, event) : undefined
      if (key === undefined || key in top.map || ++top.keys > caps.keys) return undefined
      top.key = key
      continue
    }
    let value: Json | typeof inexact
    if (++values > caps.values) return undefined
    if (event.type === EVENT_ID.SCALAR) {
      value = getScalarValue(text, event)
      if (event.style === SCALAR_STYLE.PLAIN) value = readPlain(value)
      else if (hasEscapes && !isSoundText(value)) return undefined
      if (value === inexact) return undefined
    } else {
      if (open.length >= caps.depth) return undefined
      value = event.type === EVENT_ID.MAPPING ? newMap() : []
      open.push(
        event.type === EVENT_ID.MAPPING ? { map: value as MutableMap, keys: 0 } : { list: value as Json[], keys: 0 },
      )
    }
    if (!top) {
      if (root !== undefined) return undefined
      root = value
    } else if (top.list) top.list.push(value)
    else {
      ;(top.map as MutableMap)[top.key as string] = value
      top.key = undefined
    }
  }
  return root
}

/** The strict parser refuses an implicit key of more than 1,024 characters up to its colon. */
const plainlyShort = 1_000

function readKey(text: string, event: ScalarEvent): string | undefined {
  const key = getScalarValue(text, event)
  if (event.style === SCALAR_STYLE.PLAIN && typeof readPlain(key) !== 'string') return undefined
  if (key === '<<' || isRefusedKey(key) || !isSoundText(key)) return undefined
  return text.indexOf(':', event.valueEnd) - event.valueStart > plainlyShort ? undefined : key
}
