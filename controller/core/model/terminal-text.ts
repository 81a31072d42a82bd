/** Characters that would move the cursor, change colours or reorder a line, and those nobody can see. */
const unsafe =
  // oxlint-disable-next-line no-control-regex
  /[\0-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g

/** Text from a file as a terminal may show it: what could steer the terminal is written as an escape. */
export function showSafely(text: string): string {
  return text.replace(unsafe, (character) => {
    const code = character.charCodeAt(0)
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
  })
}

const tabWidth = 4

/** The same, with tabs as spaces, since a terminal would align them to what stands before the line. */
export function showLine(text: string): string {
  return showSafely(text.replaceAll('\t', ' '.repeat(tabWidth)))
}

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' })
const wide =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\p{Regional_Indicator}|\ufe0f$/u

/** Columns that a shown text takes in a terminal. */
export function columnsOf(shown: string): number {
  // oxlint-disable-next-line no-control-regex
  if (/^[\x20-\x7e]*$/.test(shown)) return shown.length
  let columns = 0
  for (const { segment } of segmenter.segment(shown))
    columns += /^\p{Mark}+$/u.test(segment) ? 0 : wide.test(segment) ? 2 : 1
  return columns
}
