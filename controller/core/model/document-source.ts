import type { Place } from './problems.ts'

/** The text of one file, with what it takes to turn offsets into places. */
export interface Source {
  readonly file: string
  readonly text: string
  /** Filled by the first question for a place: a file without problems never pays for it. */
  lineStarts?: readonly number[]
}

/** A longer line is no help on a screen. */
const shownLine = 4_096

/** Lines end at `\n`; columns count UTF-16 units, as editors do. */
export function placeAt(source: Source, offset: number): Place {
  source.lineStarts ??= findLineStarts(source.text)
  const starts = source.lineStarts
  let low = 0
  let high = starts.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((starts[middle] as number) <= offset) low = middle
    else high = middle - 1
  }
  const start = starts[low] as number
  const end = low + 1 < starts.length ? (starts[low + 1] as number) - 1 : source.text.length
  const place = { file: source.file, line: low + 1, column: offset - start + 1 }
  if (end - start > shownLine) return place
  const line = source.text.slice(start, end)
  return { ...place, text: line.endsWith('\r') ? line.slice(0, -1) : line }
}

function findLineStarts(text: string): number[] {
  const starts = [0]
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}
