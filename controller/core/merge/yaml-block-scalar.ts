import { foldedLines, sameEnds } from './yaml-folded-lines.ts'
import { isPrintable } from './yaml-scalar-text.ts'

/** A block scalar taken apart: `|-`, the comment behind it with its white space, and its lines as they are written. */
interface BlockScalar {
  readonly kind: string
  readonly comment: string
  readonly lines: readonly string[]
}

/** The lines of a new literal block; undefined where the value cannot be one. */
export function literalBlock(
  value: string,
  indent: string,
  eol: string,
): { readonly header: string; readonly lines: string } | undefined {
  if (!fitsBlock(value) || value.endsWith('\n\n')) return undefined
  const body = value.endsWith('\n') ? value.slice(0, -1) : value
  const lines = body.split('\n').map((line) => (line === '' ? eol : `${indent}${line}${eol}`))
  return { header: value.endsWith('\n') ? '|' : '|-', lines: lines.join('') }
}

/**
 * The text of a block scalar with another value. Lines that say the same are taken over as they stand; undefined where
 * the value cannot be written in this style.
 */
export function rewriteBlock(
  text: string,
  before: string,
  value: string,
  how: { readonly parentColumn: number; readonly eol: string },
): string | undefined {
  const { kind, comment, lines } = takeApart(text)
  const style = kind[0] as '|' | '>'
  const indent = indentOf(lines, kind, how.parentColumn)
  if (!fitsBlock(value) || (style === '>' && /(?:^|\n)[ \t]/.test(`${before}\n${value}`))) return undefined
  const ends = /\n*$/.exec(value)?.[0].length as number
  const isKept = kind.includes('+')
  if (ends > 1 && !isKept) return undefined
  const chomping = isKept && ends > 1 ? '+' : ends === 0 ? '-' : ''
  const body = value.slice(0, value.length - ends)
  const old = trimEmpty(lines)
  const written = style === '|' ? literalLines(old, body, indent) : foldedLines(old, body, indent)
  const all = [...written, ...Array.from({ length: Math.max(0, ends - 1) }, () => '')]
  const header = `${style}${kind.replace(/[^0-9]/g, '')}${chomping}${comment}`
  return [header, ...all].map((line) => `${line}${how.eol}`).join('')
}

function takeApart(text: string): BlockScalar {
  const [header = '', ...lines] = text.replace(/\r?\n$/, '').split(/\r?\n/)
  const match = /^([|>][-+0-9]*)(.*)$/.exec(header) as RegExpExecArray
  return { kind: match[1] as string, comment: (match[2] as string).trimEnd(), lines }
}

function indentOf(lines: readonly string[], kind: string, parentColumn: number): string {
  const given = /[0-9]/.exec(kind)?.[0]
  if (given !== undefined) return ' '.repeat(parentColumn + Number(given))
  const first = lines.find((line) => line.trim() !== '')
  return first === undefined ? ' '.repeat(parentColumn + 2) : (/^ */.exec(first)?.[0] as string)
}

function trimEmpty(lines: readonly string[]): readonly string[] {
  let end = lines.length
  while (end > 0 && (lines[end - 1] as string).trim() === '') end--
  return lines.slice(0, end)
}

/** No escapes, something to show, and nothing that the detection of the indentation or the chomping would misread. */
function fitsBlock(value: string): boolean {
  return isPrintable(value) && /^\n*[^\s]/.test(value) && !/(?:^|\n)[ \t]+(?:\n|$)/.test(value)
}

function literalLines(old: readonly string[], body: string, indent: string): string[] {
  const now = old.map((line) => line.slice(indent.length))
  const fresh = body.split('\n')
  const { head, tail } = sameEnds(now, fresh)
  const middle = fresh.slice(head, fresh.length - tail).map((line) => (line === '' ? '' : indent + line))
  return [...old.slice(0, head), ...middle, ...old.slice(old.length - tail)]
}
