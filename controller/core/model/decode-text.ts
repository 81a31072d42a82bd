import { caps } from './caps.ts'
import { placeAt } from './document-source.ts'
import { type Problem, problem } from './problems.ts'

export type Decoded =
  | { readonly kind: 'decoded'; readonly text: string }
  | { readonly kind: 'refused'; readonly problem: Problem }

const strict = new TextDecoder('utf-8', { fatal: true })
const lossy = new TextDecoder('utf-8')

/**
 * What YAML does not count as printable, the byte order mark inside a text, and a carriage return that ends no line:
 * parsers disagree about each of them, so a reviewer and the controller could read different files.
 */
// oxlint-disable-next-line no-control-regex
const refused = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufeff\ufffe\uffff]|\r(?!\n)/

/** Bytes of a file as text, without its byte order mark. */
export function decodeText(file: string, bytes: Uint8Array): Decoded {
  if (bytes.byteLength > caps.fileBytes)
    return tooLarge(file, `the file has ${bytes.byteLength} bytes, at most ${caps.fileBytes} are read`)
  let text: string
  try {
    text = strict.decode(bytes)
  } catch {
    return { kind: 'refused', problem: notUtf8(file, bytes) }
  }
  const lines = countLines(text)
  if (lines > caps.fileLines) return tooLarge(file, `the file has ${lines} lines, at most ${caps.fileLines} are read`)
  const at = text.search(refused)
  if (at === -1) return { kind: 'decoded', text }
  return {
    kind: 'refused',
    problem: problem('yaml-syntax', wordsFor(text, at), { place: placeAt({ file, text }, at) }),
  }
}

function tooLarge(file: string, message: string): Decoded {
  return { kind: 'refused', problem: problem('file-too-large', message, { place: { file, line: 1, column: 1 } }) }
}

function countLines(text: string): number {
  let lines = text.endsWith('\n') ? 0 : 1
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines++
  return lines
}

function wordsFor(text: string, at: number): string {
  const code = text.charCodeAt(at)
  if (code === 0x0d) return 'a carriage return stands alone here; lines end with a line feed'
  return `the character U+${code.toString(16).toUpperCase().padStart(4, '0')} cannot stand in a file`
}

function notUtf8(file: string, bytes: Uint8Array): Problem {
  const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)
  const hint = isUtf16 ? { hint: 'the file looks like UTF-16: save it as UTF-8' } : {}
  return problem('not-utf8', 'these bytes are not UTF-8 text', { place: firstBadLine(file, bytes), ...hint })
}

/** No byte of a longer UTF-8 sequence is a line feed, so each line can be tried on its own. */
function firstBadLine(file: string, bytes: Uint8Array) {
  let line = 1
  for (let start = 0; start <= bytes.length; line++) {
    const found = bytes.indexOf(0x0a, start)
    const end = found === -1 ? bytes.length : found
    const part = bytes.subarray(start, end)
    try {
      strict.decode(part)
    } catch {
      const column = lossy.decode(part).indexOf('\ufffd') + 1
      return { file, line, column: Math.max(1, column) }
    }
    start = end + 1
  }
  return { file, line: 1, column: 1 }
}
