import { decodeText } from './decode-text.ts'
import type { ResourceOf, Verdict } from './document.ts'
import { readStrictly } from './gate-strict.ts'
import { type KindName, kindNames } from './generated/kinds.ts'
import type { Json } from './values.ts'

export interface DocumentInput<K extends KindName> {
  /** Path in the repository, for the place of problems. */
  readonly file: string
  readonly bytes: Uint8Array
  /** The kinds that may stand at this place; all where absent. */
  readonly kinds?: readonly K[]
}

/** The one way in: bytes of a file become an object of the core, or the problems that keep them out. */
export function parseDocument<K extends KindName = KindName>({ file, bytes, kinds }: DocumentInput<K>): Verdict<K> {
  const decoded = decodeText(file, bytes)
  if (decoded.kind === 'refused') return { kind: 'problems', problems: [decoded.problem] }
  const { text } = decoded
  const reading = readStrictly({ file, text }, kinds ?? kindNames)
  return reading.kind === 'read' ? accept<K>(reading.value) : reading
}

function accept<K extends KindName>(value: Json): Verdict<K> {
  return { kind: 'parsed', resource: freeze(value) as unknown as ResourceOf<K> }
}

function freeze(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value
  for (const item of Object.values(value)) freeze(item)
  return Object.freeze(value)
}
