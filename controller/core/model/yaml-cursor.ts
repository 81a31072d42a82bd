/** Where the fast reading stands. Its bytes end with a line feed, so whoever goes along a line stops there. */
export interface Cursor {
  readonly bytes: Buffer
  at: number
  /** Column of the line's first character, where the last step was one to a new line; -1 behind the last line. */
  column: number
  /** Values read so far. */
  values: number
}

/** Characters that mean something to the fast reading. In UTF-8 none of them is part of another. */
export const lineFeed = 0x0a
export const space = 0x20
export const doubleQuote = 0x22
export const hash = 0x23
export const singleQuote = 0x27
export const plus = 0x2b
export const comma = 0x2c
export const dash = 0x2d
export const dot = 0x2e
export const colon = 0x3a
export const greater = 0x3e
export const openList = 0x5b
export const backslash = 0x5c
export const closeList = 0x5d
export const openMap = 0x7b
export const bar = 0x7c
export const closeMap = 0x7d

/** Goes on to what is no space. */
export function skipSpaces(cursor: Cursor): number | undefined {
  const { bytes } = cursor
  let { at } = cursor
  while (bytes[at] === space) at++
  cursor.at = at
  return bytes[at]
}

/** From the start of a line to the first character of the next line, this one included, that holds more than a comment. */
export function toContent(cursor: Cursor): void {
  const { bytes } = cursor
  let start = cursor.at
  while (start < bytes.length) {
    cursor.at = start
    const code = skipSpaces(cursor)
    if (code !== lineFeed && code !== hash) {
      cursor.column = cursor.at - start
      return
    }
    start = (code === lineFeed ? cursor.at : bytes.indexOf(lineFeed, cursor.at)) + 1
  }
  cursor.at = start
  cursor.column = -1
}

/** From behind a value to the next content; false where more than a comment stands in between. */
export function endLine(cursor: Cursor): boolean {
  const { at } = cursor
  const code = skipSpaces(cursor)
  if (code === hash) {
    // `"a"#b` is an error.
    if (cursor.at === at) return false
    cursor.at = cursor.bytes.indexOf(lineFeed, at)
  } else if (code !== lineFeed) return false
  cursor.at++
  toContent(cursor)
  return true
}
