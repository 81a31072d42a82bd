import type { Json, JsonMap } from '../model/values.ts'

/** A map key, the key fields of a list item (`{ id: 'a' }`), or an element of a set (`{ '=': 'a' }`). */
export type Segment = string | JsonMap
export type Path = readonly Segment[]

/**
 * The text of a path: `/spec/steps/[id=create-user]/with/url`, `/ports/[port=80,protocol=TCP]`, `/tags/[=blue]`.
 * Keys are escaped as in JSON Pointer (`~0` is `~`, `~1` is `/`), and a key that starts with `[` starts with `~2`.
 * A field value is quoted as JSON iff it would not read back as the same value without quotes.
 */
export function formatPath(path: Path): string {
  return path.map((segment) => `/${formatSegment(segment)}`).join('')
}

function formatSegment(segment: Segment): string {
  if (typeof segment === 'string') return escape(segment).replace(/^\[/, '~2')
  const fields = Object.keys(segment).map((name) =>
    name === '=' ? `=${formatField(segment[name] as Json)}` : `${escape(name)}=${formatField(segment[name] as Json)}`,
  )
  return `[${fields.join(',')}]`
}

function formatField(value: Json): string {
  const plain = typeof value === 'string' && /^[^\s"[\]{},=]+$/.test(value) && !isJson(value)
  return escape(plain ? value : JSON.stringify(value))
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const escape = (text: string): string => text.replaceAll('~', '~0').replaceAll('/', '~1')
const unescape = (text: string): string => text.replaceAll('~2', '[').replaceAll('~1', '/').replaceAll('~0', '~')

/** Reads what `formatPath` writes; undefined where the text is no path. */
export function parsePath(text: string): Path | undefined {
  if (text === '') return []
  if (!text.startsWith('/')) return undefined
  const path: Segment[] = []
  for (const part of text.slice(1).split('/')) {
    const segment = part.startsWith('[') ? parseFields(unescape(part)) : unescape(part)
    if (segment === undefined) return undefined
    path.push(segment)
  }
  return path
}

const field = /([^=[\],]*)=("(?:[^"\\]|\\.)*"|[^"[\]{},=\s]+)([,\]])/y

function parseFields(text: string): JsonMap | undefined {
  const segment: Record<string, Json> = Object.create(null) as Record<string, Json>
  field.lastIndex = 1
  for (;;) {
    const match = field.exec(text)
    if (match === null) return undefined
    const [, name, value, end] = match as unknown as [string, string, string, string]
    segment[name === '' ? '=' : name] = isJson(value) ? (JSON.parse(value) as Json) : value
    if (end === ']') return field.lastIndex === text.length ? segment : undefined
  }
}
