import { showSafely } from '../model/terminal-text.ts'
import type { Json } from '../model/values.ts'

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/** A value as inline code, cut to so many characters; a dash where there is none. */
export function cell(value: Json | undefined, characters = 200): string {
  if (value === undefined) return '–'
  const text = JSON.stringify(value)
  return code(text.length > characters ? `${text.slice(0, characters - 1)}…` : text)
}

/** Inline code: no run of backticks inside may end it, and in a table no pipe. */
export function code(text: string): string {
  const shown = showSafely(oneLine(text)).replaceAll('|', '\\|')
  const longest = Math.max(0, ...[...shown.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  return longest === 0 ? `${fence}${shown}${fence}` : `${fence} ${shown} ${fence}`
}

/** Text of files must become neither markup nor a mention of somebody. */
export function escape(text: string): string {
  return showSafely(oneLine(text))
    .replace(/[<>&|*_`~[\]\\]/g, (character) => `\\${character}`)
    .replaceAll('@', '@&#8203;')
}

function oneLine(text: string): string {
  return text.replace(/[\r\n]+/g, ' ')
}
