import { diffIndices } from 'node-diff3'

/** Lines shown around a change. */
const context = 3
/** With more pairs of lines than this a comparison takes seconds. */
const maxPairs = 4_000_000

export interface EditLine {
  readonly sign: '+' | '-' | ' ' | '@'
  readonly text: string
}

/** What an edit does to a file, line by line, as a unified diff shows it; null is a file that is not there. */
export function editLines(before: string | null, after: string | null): EditLine[] {
  const [old, now] = [linesOf(before), linesOf(after)]
  const chunks =
    old.length * now.length > maxPairs
      ? [{ buffer1: [0, old.length], buffer2: [0, now.length] }]
      : (diffIndices(old, now) as { buffer1: [number, number]; buffer2: [number, number] }[])
  const shown: EditLine[] = []
  let shownUpTo: number | undefined
  for (const { buffer1, buffer2 } of chunks) {
    const [from, removed] = buffer1 as [number, number]
    const [to, added] = buffer2 as [number, number]
    const isApart = shownUpTo === undefined || from > shownUpTo + 2 * context
    if (shownUpTo !== undefined) shown.push(...same(old.slice(shownUpTo, isApart ? shownUpTo + context : from)))
    if (isApart) {
      if (before !== null && after !== null) shown.push({ sign: '@', text: `line ${from + 1}` })
      shown.push(...same(old.slice(Math.max(0, from - context), from)))
    }
    shown.push(...old.slice(from, from + removed).map((text) => ({ sign: '-' as const, text })))
    shown.push(...now.slice(to, to + added).map((text) => ({ sign: '+' as const, text })))
    shownUpTo = from + removed
  }
  if (shownUpTo !== undefined) shown.push(...same(old.slice(shownUpTo, shownUpTo + context)))
  return shown
}

function same(lines: readonly string[]): EditLine[] {
  return lines.map((text) => ({ sign: ' ', text }))
}

function linesOf(text: string | null): string[] {
  if (text === null || text === '') return []
  return text.replace(/\r?\n$/, '').split(/\r?\n/)
}
