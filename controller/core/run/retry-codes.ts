import { didYouMean } from './check-inputs.ts'

/** What an attempt may end with, besides the status of an answer, that another attempt could change. */
const codes = [
  'answer-too-large',
  'bad-answer',
  'circuit-open',
  'connection-lost',
  'host-hung',
  'host-lost',
  'host-memory',
  'internal-error',
  'no-token',
  'refused-in-body',
  'secret-unavailable',
  'timeout',
  'unreachable',
] as const

const status = /^http-[1-5]\d\d$/
const family = /^http-[1-5]xx$/

/** Why a code of `retry.codes` can never be met; undefined where it can. */
export function faultOfCode(code: string): string | undefined {
  if (status.test(code) || family.test(code) || codes.some((known) => known === code)) return undefined
  return `No attempt ends with ${code}${didYouMean(code, codes)}; there are http-429, http-5xx and ${codes.join(', ')}.`
}

/** True iff one of the codes is this one, or the family of its status. */
export function covers(wanted: readonly string[], code: string): boolean {
  return wanted.includes(code) || (status.test(code) && wanted.includes(`${code.slice(0, 'http-'.length + 1)}xx`))
}
