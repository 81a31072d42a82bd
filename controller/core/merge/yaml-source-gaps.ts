/** Where one entry's text ends, and how the lines up to the next one are shared out. */
export interface EntrySpan {
  readonly start: number
  /** Behind the last character of the value. */
  readonly contentEnd: number
  /** Column of the entries of a block collection that is the value. */
  readonly childColumn: number | undefined
}

export interface Above {
  readonly loose: string
  readonly blank: string
  readonly leading: string
}

export function lineStart(text: string, offset: number): number {
  // `lastIndexOf` takes a negative place for the first one.
  return offset <= 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1
}

/** The start of the next line; a block scalar already ends there. */
export function lineEnd(text: string, offset: number): number {
  if (offset > 0 && text[offset - 1] === '\n') return offset
  const found = text.indexOf('\n', offset)
  return found === -1 ? text.length : found + 1
}

/** Where the text of a block collection begins. */
export interface Opening {
  /** On the line of the `-` before it. */
  readonly isCompact: boolean
  readonly bodyStart: number
  /** The first whole line, or the first entry. A comment behind the `-` belongs to the collection and comes before. */
  readonly next: number
}

export function openingOf(text: string, first: number): Opening {
  if (text.slice(lineStart(text, first), first).trim() !== '') return { isCompact: true, bodyStart: first, next: first }
  const next = startAbove(text, first)
  const owner = text.slice(lineStart(text, next - 1), next)
  const dash = /^(?:[ ]*-)+[ \t]+(?=#)/.exec(owner)
  if (dash) return { isCompact: true, bodyStart: next - owner.length + dash[0].length, next }
  return { isCompact: false, bodyStart: next, next }
}

/** Goes up over comments and blank lines. */
function startAbove(text: string, offset: number): number {
  let start = lineStart(text, offset)
  while (start > 0) {
    const previous = lineStart(text, start - 1)
    const line = text.slice(previous, start).trim()
    if (line !== '' && !line.startsWith('#')) break
    start = previous
  }
  return start
}

/**
 * Comments under an entry belong to its value iff they are indented like the entries of that value or deeper.
 * Blank lines before the first one that does not belong are not the value's either.
 */
export function endOfEntry(text: string, span: EntrySpan, column: number, limit: number): number {
  const end = lineEnd(text, span.contentEnd)
  if (span.childColumn === undefined) return end
  let cut = end
  for (let at = end; at < limit; ) {
    const next = Math.min(limit, lineEnd(text, at + 1))
    const line = text.slice(at, next)
    const indent = line.length - line.trimStart().length
    if (line.trim() !== '') {
      const isOutside = span.childColumn === column ? indent <= column : indent < span.childColumn
      if (isOutside) break
      cut = next
    }
    at = next
  }
  return cut
}

/** Splits the whole lines above an entry. */
export function splitAbove(lines: string): Above {
  let leading = lines.length
  while (leading > 0) {
    const start = lineStart(lines, leading - 1)
    if (lines.slice(start, leading).trim() === '') break
    leading = start
  }
  let blank = leading
  while (blank > 0) {
    const start = lineStart(lines, blank - 1)
    if (lines.slice(start, blank).trim() !== '') break
    blank = start
  }
  return { loose: lines.slice(0, blank), blank: lines.slice(blank, leading), leading: lines.slice(leading) }
}

/** White space and comment behind an offset, up to the end of the line. */
export function lineComment(text: string, offset: number): { readonly from: number; readonly to: number } {
  const match = /^[ \t]+#[^\r\n]*/.exec(text.slice(offset, lineEnd(text, offset + 1)))
  return { from: offset, to: offset + (match?.[0].length ?? 0) }
}
