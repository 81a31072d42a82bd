import { type Cursor, dash, greater, lineFeed, plus, space, toContent } from './yaml-cursor.ts'

/** The block text whose `|` or `>` stands here, in a block at `column`, and the next content; undefined on doubt. */
export function readBlockText(cursor: Cursor, column: number): string | undefined {
  const { bytes } = cursor
  const isFolded = bytes[cursor.at++] === greater
  const chomping = bytes[cursor.at]
  if (chomping === dash || chomping === plus) cursor.at++
  if (bytes[cursor.at++] !== lineFeed) return undefined
  const indent = spacesAt(bytes, cursor.at)
  if (indent <= column) return undefined
  const lines = readLines(cursor, indent)
  if (!lines) return undefined
  toContent(cursor)
  const last = lines.findLastIndex((line) => line !== '') + 1
  const written = lines.slice(0, last)
  const value = isFolded ? fold(written) : written.join('\n')
  if (chomping === dash) return value
  return value + '\n'.repeat(chomping === plus ? 1 + lines.length - last : 1)
}

/** The lines that are indented so far, without that, and the empty ones among and behind them. */
function readLines(cursor: Cursor, indent: number): string[] | undefined {
  const { bytes } = cursor
  const lines: string[] = []
  while (cursor.at < bytes.length) {
    const start = cursor.at
    const spaces = spacesAt(bytes, start)
    const end = bytes.indexOf(lineFeed, start + spaces)
    const isBlank = end === start + spaces
    // Spaces alone may or may not be text, and where no text came before they may set its indentation.
    if (isBlank && (spaces > 0 || lines.length === 0)) return undefined
    if (!isBlank && spaces < indent) break
    lines.push(isBlank ? '' : bytes.toString('utf8', start + indent, end))
    cursor.at = end + 1
  }
  return lines
}

function spacesAt(bytes: Buffer, start: number): number {
  let at = start
  while (bytes[at] === space) at++
  return at - start
}

/** A line break is a space, and of several the first goes; but beside a line that is indented further all are kept. */
function fold(lines: readonly string[]): string {
  let [value = ''] = lines
  let isDeeper = value.startsWith(' ')
  let breaks = 0
  for (const line of lines.slice(1)) {
    breaks++
    if (line === '') continue
    const wasDeeper = isDeeper
    isDeeper = line.startsWith(' ')
    const kept = wasDeeper || isDeeper ? breaks : breaks - 1
    value += (kept === 0 ? ' ' : '\n'.repeat(kept)) + line
    breaks = 0
  }
  return value
}
