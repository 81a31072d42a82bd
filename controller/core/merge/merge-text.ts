import { diff3Merge } from 'node-diff3'
import type { TextRegion } from './conflict.ts'

export type TextResult =
  | { readonly kind: 'same'; readonly text: string }
  | { readonly kind: 'merged'; readonly text: string }
  | { readonly kind: 'conflicted'; readonly regions: readonly TextRegion[]; readonly both: string }

/** With more pairs of equal lines than this a comparison takes seconds; then the whole text is one decision for a person. */
const maxPairs = 100_000

/**
 * Merges three texts line by line. Line ends and the newline at the end do not count as differences; ours' stay.
 * `same` iff at most one side changed more than those.
 */
export function mergeText(base: string, ours: string, theirs: string): TextResult {
  const [b, o, t] = [linesOf(base), linesOf(ours), linesOf(theirs)]
  if (sameLines(o, t) || sameLines(b, t)) return { kind: 'same', text: ours }
  if (sameLines(b, o)) return { kind: 'same', text: styled(t, ours) }
  if (equalPairs(b, o) > maxPairs || equalPairs(b, t) > maxPairs) {
    return {
      kind: 'conflicted',
      regions: [{ baseRange: [0, b.length], ours: o, theirs: t }],
      both: styled([...o, ...t], ours),
    }
  }
  const parts = diff3Merge(o, b, t, { excludeFalseConflicts: true })
  const regions: TextRegion[] = []
  const lines: string[] = []
  for (const { ok, conflict } of parts) {
    if (ok) lines.push(...ok)
    if (!conflict) continue
    regions.push({
      baseRange: [conflict.oIndex, conflict.oIndex + conflict.o.length],
      ours: conflict.a,
      theirs: conflict.b,
    })
    lines.push(...conflict.a, ...conflict.b)
  }
  const text = styled(lines, ours)
  return regions.length === 0 ? { kind: 'merged', text } : { kind: 'conflicted', regions, both: text }
}

function equalPairs(a: readonly string[], b: readonly string[]): number {
  const counts = new Map<string, number>()
  for (const line of a) counts.set(line, (counts.get(line) ?? 0) + 1)
  return b.reduce((pairs, line) => pairs + (counts.get(line) ?? 0), 0)
}

function linesOf(text: string): string[] {
  const lines = text.split(/\r\n|\n/)
  if (lines.at(-1) === '') lines.pop()
  return lines
}

function sameLines(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((line, at) => line === b[at])
}

function styled(lines: readonly string[], like: string): string {
  const end = like.includes('\r\n') ? '\r\n' : '\n'
  return lines.join(end) + (like.endsWith('\n') && lines.length > 0 ? end : '')
}
