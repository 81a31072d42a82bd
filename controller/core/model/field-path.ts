import type { Json, JsonMap } from './values.ts'

/** A map key, an index of a list, the key fields of a list item (`{ id: 'a' }`), or an element of a set (`{ '=': 'a' }`). */
export type FieldSegment = string | number | JsonMap

/**
 * The text of a field path: `/spec/steps/[id=isolate]/with/url`, `/spec/exclude/[=acme/lab]` with `/` as `~1`.
 * `~`, `/` and a leading `[` of a key are written `~0`, `~1` and `~2`; a value is quoted as JSON iff it would not
 * read back as the same value without quotes.
 */
export function formatFieldPath(path: readonly FieldSegment[]): string {
  return path.map((segment) => `/${formatSegment(segment)}`).join('')
}

function formatSegment(segment: FieldSegment): string {
  if (typeof segment === 'number') return String(segment)
  if (typeof segment === 'string') return escape(segment).replace(/^\[/, '~2')
  const fields = Object.entries(segment).map(
    ([name, value]) => `${name === '=' ? '' : escape(name)}=${escape(formatValue(value))}`,
  )
  return `[${fields.join(',')}]`
}

function formatValue(value: Json): string {
  const isPlain = typeof value === 'string' && /^[^\s"[\]{},=]+$/.test(value) && readValue(value) === value
  return isPlain ? value : JSON.stringify(value)
}

const jsonScalar = /^(?:null|true|false|-?\d[\d.eE+-]*|"[^]*")$/

/** Most values are plain words: they are told apart before anything has to be thrown. */
function readValue(text: string): Json {
  if (!jsonScalar.test(text)) return text
  try {
    return JSON.parse(text) as Json
  } catch {
    return text
  }
}

const escape = (text: string): string => text.replaceAll('~', '~0').replaceAll('/', '~1')
const unescape = (text: string): string => text.replaceAll('~2', '[').replaceAll('~1', '/').replaceAll('~0', '~')

/** Reads what `formatFieldPath` writes, with an index as text; undefined where the text is no path. */
export function parseFieldPath(text: string): (string | JsonMap)[] | undefined {
  if (text === '') return []
  if (!text.startsWith('/')) return undefined
  const path: (string | JsonMap)[] = []
  for (const part of text.slice(1).split('/')) {
    const segment = part.startsWith('[') ? parseFields(unescape(part)) : unescape(part)
    if (segment === undefined) return undefined
    path.push(segment)
  }
  return path
}

function parseFields(text: string): JsonMap | undefined {
  const field = /([^=[\],]*)=("(?:[^"\\]|\\.)*"|[^"[\]{},=\s]+)([,\]])/y
  field.lastIndex = 1
  const fields: Record<string, Json> = Object.create(null) as Record<string, Json>
  for (let match = field.exec(text); match; match = field.exec(text)) {
    fields[match[1] || '='] = readValue(match[2] as string)
    if (match[3] === ']') return field.lastIndex === text.length ? fields : undefined
  }
  return undefined
}
