import { get, type Json, type JsonMap } from '../model/values.ts'

/** Directives that say what becomes of the map or list they stand in. */
export const valueDirectives: ReadonlySet<string> = new Set(['$null', '$delete', '$replace'])
/** Directives of a list written as a map: `{ $remove: [a], $add: [b] }`. */
export const listDirectives: ReadonlySet<string> = new Set(['$replace', '$remove', '$add'])
/** Directives of one member of a keyed list. */
export const memberDirectives: ReadonlySet<string> = new Set([
  '$delete',
  '$replace',
  '$move',
  '$after',
  '$before',
  '$position',
  '$anchor',
])
const all = new Set([...valueDirectives, ...listDirectives, ...memberDirectives])

const dollar = 0x24

/** Most keys are none, which their first character tells. */
export const isDirective = (key: string): boolean => key.charCodeAt(0) === dollar && all.has(key)

/** A key of the document that would read as a directive is written with one `$` more. */
export function toOverlayKey(key: string): string {
  return isDirective(key) || key.startsWith('$$') ? `$${key}` : key
}

export function fromOverlayKey(key: string): string {
  return key.startsWith('$$') ? key.slice(1) : key
}

export function has(map: JsonMap, directive: string): boolean {
  return get(map, directive) !== undefined
}

export function isOn(map: JsonMap, directive: string): boolean {
  return get(map, directive) === true
}

export function isListForm(map: JsonMap): boolean {
  const keys = Object.keys(map)
  return keys.length > 0 && keys.every((key) => listDirectives.has(key)) && (has(map, '$add') || has(map, '$remove'))
}

/** An anchor is one key or a list of them, the first choice first. */
export function anchorsOf(value: Json): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [value]
}
