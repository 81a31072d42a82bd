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

/** Inline code: neither a pipe nor a backtick may end it. */
export function code(text: string): string {
  const fence = text.includes('`') ? '``' : '`'
  return `${fence}${text.replaceAll('|', '\\|').replaceAll('\n', ' ')}${fence}`
}

/** Text of files must not become markup. */
export function escape(text: string): string {
  return text.replace(/[<>&|*_`[\]\\]/g, (character) => `\\${character}`).replaceAll('\n', ' ')
}
