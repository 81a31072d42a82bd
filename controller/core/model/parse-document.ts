import { decodeText } from './decode-text.ts'
import type { ResourceOf, Verdict } from './document.ts'
import { kindOf } from './gate-kind.ts'
import { readStrictly } from './gate-strict.ts'
import { type KindName, kindNames } from './generated/kinds.ts'
import { fitsKind } from './schema-problems.ts'
import { type Json, isList } from './values.ts'
import { readFast } from './yaml-fast.ts'

export interface DocumentInput<K extends KindName> {
  /** Path in the repository, for the place of problems. */
  readonly file: string
  readonly bytes: Uint8Array
  /** The kinds that may stand at this place; all where absent. */
  readonly kinds?: readonly K[]
}

/** The one way in: bytes of a file become an object of the core, or the problems that keep them out. */
export function parseDocument<K extends KindName = KindName>(input: DocumentInput<K>): Verdict<K> {
  const { file, bytes } = input
  const kinds = input.kinds ?? kindNames
  const decoded = decodeText(file, bytes)
  if (decoded.kind === 'refused') return { kind: 'problems', problems: [decoded.problem] }
  const quick = readFast(decoded.text)
  if (quick !== undefined && fitsOneOf(kinds, quick)) return accept<K>(quick)
  const reading = readStrictly({ file, text: decoded.text }, kinds)
  return reading.kind === 'fits' ? accept<K>(reading.value) : reading
}

function fitsOneOf(kinds: readonly KindName[], value: Json): boolean {
  const kind = kindOf(value, kinds)
  return kind.kind === 'known' && fitsKind(kind.name, value)
}

function accept<K extends KindName>(value: Json): Verdict<K> {
  return { kind: 'parsed', resource: freeze(value) as unknown as ResourceOf<K> }
}

/** Values are shared between snapshots, so nobody may change one. */
function freeze(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value
  if (isList(value)) for (const item of value) freeze(item)
  else for (const key in value) freeze(value[key] as Json)
  return Object.freeze(value)
}
