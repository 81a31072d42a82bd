/** The comments at one place: as ours, the base and the other side have them. Undefined: the side has no such place. */
export interface CommentSides {
  readonly ours: string
  readonly base: string | undefined
  readonly theirs: string | undefined
}

/** Ours stays iff ours changed it or deleted it; an unchanged comment follows theirs. Undefined: leave ours as it is. */
export function changedComment({ ours, base, theirs }: CommentSides): string | undefined {
  if (theirs === undefined) return undefined
  const before = wordsOf(base ?? '')
  return wordsOf(ours) === before && wordsOf(theirs) !== before ? theirs : undefined
}

/** Indentation, blank lines and line ends say nothing. */
export function wordsOf(comment: string): string {
  return comment
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join('\n')
}

/** Whole lines of comments at another column, with the line ends of the document. */
export function placeLines(lines: string, column: number, eol: string): string {
  const ending = lines.replaceAll(/\r?\n/g, eol)
  const placed = ending.replaceAll(/^[ \t]*(?=#)/gm, ' '.repeat(column))
  return placed === '' || placed.endsWith('\n') ? placed : placed + eol
}

/** Moves every line but the first. */
export function shiftLines(text: string, by: number): string {
  if (by === 0) return text
  if (by > 0) return text.replaceAll(/\n(?=[^\r\n])/g, `\n${' '.repeat(by)}`)
  return text.replaceAll(new RegExp(`\\n {1,${-by}}`, 'g'), '\n')
}
