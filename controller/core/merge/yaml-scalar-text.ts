import { readPlain } from '../model/yaml-scalar.ts'

export type Quote = 'single' | 'double'
export type Scalar = string | number | boolean | null

/** How a scalar may be written: inside brackets, and with which quotes where it takes any. */
export interface ScalarPlace {
  readonly inFlow: boolean
  readonly quote: Quote
  /** The style it had, or that its neighbours share. */
  readonly style?: 'plain' | Quote | undefined
}

/** The text of a scalar on one line. */
export function writeScalar(value: Scalar, place: ScalarPlace): string {
  if (typeof value !== 'string') return JSON.stringify(value)
  const style = place.style ?? 'plain'
  if (style === 'plain' && isPlain(value, place.inFlow)) return value
  const quote = style === 'plain' ? place.quote : style
  return quote === 'single' && isOneLine(value) ? `'${value.replaceAll("'", "''")}'` : doubleQuoted(value)
}

export function writeKey(key: string, quote: Quote, inFlow: boolean): string {
  return key === '<<' ? `"<<"` : writeScalar(key, { inFlow, quote })
}

/**
 * What YAML does not print, what parsers take for a line break, and halves of surrogate pairs: written as an escape only.
 */
// oxlint-disable-next-line no-control-regex
const unprintable = /[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]|\p{Surrogate}/u

export function isPrintable(text: string): boolean {
  return !unprintable.test(text)
}

function isOneLine(text: string): boolean {
  return !text.includes('\n') && isPrintable(text)
}

/** Read as booleans, or as numbers and dates, by parsers of YAML 1.1, which people's other tools may be. */
const oldBoolean = /^(?:y|n|yes|no|on|off)$/i
const oldNumber =
  /^(?:[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])*(?:\.[0-9_]*)?|0b[01_]+|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt ].*)?)$/

function isPlain(text: string, inFlow: boolean): boolean {
  if (text === '' || text !== text.trim() || !isOneLine(text) || text.includes('\t')) return false
  if (/^[,[\]{}#&*!|>'"%@`]/.test(text) || /^[-?:](?:\s|$)/.test(text)) return false
  if (/^(?:---|\.\.\.)/.test(text) || text === '=') return false
  if (text.includes(': ') || text.endsWith(':') || text.includes(' #')) return false
  if (inFlow && (/[,[\]{}]/.test(text) || /^[-?:]/.test(text))) return false
  return typeof readPlain(text) === 'string' && !oldBoolean.test(text) && !oldNumber.test(text)
}

function doubleQuoted(text: string): string {
  const all = new RegExp(unprintable, 'gu')
  return JSON.stringify(text).replace(all, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
