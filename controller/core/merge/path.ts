import { type Json, type JsonMap, newMap } from '../model/values.ts'

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

const jsonScalar = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/
const bare = /^[^\s"[\]{},=]+$/

function formatField(value: Json): string {
  const plain = typeof value === 'string' && bare.test(value) && !jsonScalar.test(value)
  return escape(plain ? value : JSON.stringify(value))
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
  const segment = newMap()
  field.lastIndex = 1
  for (;;) {
    const match = field.exec(text)
    if (match === null) return undefined
    const [, name, written, end] = match as unknown as [string, string, string, string]
    const value = parseField(written)
    if (value === undefined) return undefined
    segment[name === '' ? '=' : name] = value
    if (end === ']') return field.lastIndex === text.length ? segment : undefined
  }
}

function parseField(text: string): Json | undefined {
  if (!text.startsWith('"')) return jsonScalar.test(text) ? (JSON.parse(text) as Json) : text
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}
