/** JSON values as the core handles them: readonly, maps without a prototype, compared by value. */
export type Json = null | boolean | number | string | JsonList | JsonMap
export type JsonList = readonly Json[]
export interface JsonMap {
  readonly [key: string]: Json
}
export type MutableMap = Record<string, Json>

/**
 * A map that `__proto__` or `constructor` cannot reach through. Every map of the core starts here.
 * Not `Object.create(null)`: the engine keeps such an object as a hash table, which takes twice the memory of one that
 * loses its prototype later, and five times as long to compare.
 */
export function newMap(): MutableMap {
  return Object.setPrototypeOf({}, null) as MutableMap
}

export function isMap(value: unknown): value is JsonMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isList(value: unknown): value is JsonList {
  return Array.isArray(value)
}

/**
 * Reads one key and sees own keys only: a map that came from outside may still have Object.prototype, whose members are
 * functions and itself. Asking `hasOwnProperty` instead takes twice as long, in the innermost loops of merging.
 */
export function get(map: JsonMap, key: string): Json | undefined {
  const value: unknown = map[key]
  return typeof value === 'function' || value === Object.prototype ? undefined : (value as Json | undefined)
}

/** JSON value equality: key order does not count, list order does. Undefined equals only itself. */
export function equal(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (isList(a)) {
    if (!isList(b) || a.length !== b.length) return false
    for (let i = 0; i < a.length; i++) if (!equal(a[i], b[i])) return false
    return true
  }
  if (isList(b)) return false
  let keys = 0
  for (const key in a) {
    const other = get(b, key)
    if (other === undefined || !equal(a[key], other)) return false
    keys++
  }
  for (const _ in b) keys--
  return keys === 0
}

/** The one text of a value: keys sorted by UTF-16 code unit, no white space (RFC 8785 for what YAML can say). */
export function canonicalText(value: Json): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  let text = ''
  if (isList(value)) {
    for (const item of value) text += `${text === '' ? '' : ','}${canonicalText(item)}`
    return `[${text}]`
  }
  for (const key of sortedKeys(value))
    text += `${text === '' ? '' : ','}${quotedKey(key)}:${canonicalText(value[key] as Json)}`
  return `{${text}}`
}

/** Most maps have few keys: those are sorted where they are, without the lists that a sort of many makes. */
export function sortedKeys(map: JsonMap): string[] {
  const keys = Object.keys(map)
  if (keys.length > few) return keys.sort()
  for (let at = 1; at < keys.length; at++) {
    const key = keys[at] as string
    let to = at
    for (; to > 0 && (keys[to - 1] as string) > key; to--) keys[to] = keys[to - 1] as string
    keys[to] = key
  }
  return keys
}

const few = 24

const quoted = new Map<string, string>()
const quotedKept = 10_000

/** A fleet has few keys and many values: quoting each key once halves what a text costs. */
export function quotedKey(key: string): string {
  let text = quoted.get(key)
  if (text === undefined) {
    if (quoted.size >= quotedKept) quoted.clear()
    text = JSON.stringify(key)
    quoted.set(key, text)
  }
  return text
}

/** A copy whose maps have no prototype, deeply: for values that come from JSON.parse or a literal. */
export function toValue(value: unknown): Json {
  if (Array.isArray(value)) return value.map(toValue)
  if (typeof value !== 'object' || value === null) return value as Json
  const copy = newMap()
  for (const [key, item] of Object.entries(value)) if (item !== undefined) copy[key] = toValue(item)
  return copy
}
