import type { Json } from './values.ts'

/** A number that the program could not hand back as it was written. */
export const inexact: unique symbol = Symbol('inexact')

const words = new Map<string, null | boolean>([
  ...['', '~', 'null', 'Null', 'NULL'].map((text) => [text, null] as const),
  ...['true', 'True', 'TRUE'].map((text) => [text, true] as const),
  ...['false', 'False', 'FALSE'].map((text) => [text, false] as const),
])
const longestWord = 5

const decimal = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/
const based = /^0(?:o[0-7]+|x[0-9a-fA-F]+)$/
const notFinite = /^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/

/** The value of a scalar without quotes, by the core schema of YAML 1.2. */
export function readPlain(text: string): Json | typeof inexact {
  const first = text.charCodeAt(0)
  const mayBeNumber = (first >= 0x30 && first <= 0x39) || first === 0x2d || first === 0x2b || first === 0x2e
  if (!mayBeNumber) {
    const word = text.length <= longestWord ? words.get(text) : undefined
    return word === undefined ? text : word
  }
  if (decimal.test(text) || based.test(text)) return readNumber(text)
  return notFinite.test(text) ? inexact : text
}

function readNumber(text: string): number | typeof inexact {
  const value = Number(text)
  // Beyond 2^53 neighbours share one double: 9007199254740993 would come back as …992.
  if (!(Math.abs(value) <= Number.MAX_SAFE_INTEGER)) return inexact
  if (value !== 0) return value
  const isUnderflow = /[1-9]/.test(text.split(/[eE]/, 1)[0] as string)
  return isUnderflow ? inexact : 0
}
