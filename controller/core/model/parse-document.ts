import { decodeText } from './decode-text.ts'
import type { ResourceOf, Verdict } from './document.ts'
import { kindOf } from './gate-kind.ts'
import { readStrictly } from './gate-strict.ts'
import { type KindName, kindNames } from './generated/kinds.ts'
import { fitsKind } from './schema-problems.ts'
import type { Json } from './values.ts'
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
  const quick = readFast(bytes)
  if (quick !== undefined && fitsOneOf(kinds, quick)) return accept<K>(quick)
  const decoded = decodeText(file, bytes)
  if (decoded.kind === 'refused') return { kind: 'problems', problems: [decoded.problem] }
  const reading = readStrictly({ file, text: decoded.text }, kinds)
  return reading.kind === 'fits' ? accept<K>(reading.value) : reading
}

function fitsOneOf(kinds: readonly KindName[], value: Json): boolean {
  const kind = kindOf(value, kinds)
  return kind.kind === 'known' && fitsKind(kind.name, value)
}

/** Values are shared between snapshots, so nobody may change one: both readings freeze what they make. */
function accept<K extends KindName>(value: Json): Verdict<K> {
  return { kind: 'parsed', resource: value as unknown as ResourceOf<K> }
}
