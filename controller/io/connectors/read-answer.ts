import { type Json, toValue } from '../../core/model/values.ts'
import type { ActionSpec, RequestSpec } from './render-request.ts'

export type Reading =
  | { readonly kind: 'read'; readonly body: Json }
  | { readonly kind: 'failed' | 'unknown'; readonly code: string; readonly message: string }
  | { readonly kind: 'retry'; readonly code: string; readonly message: string; readonly afterMs?: number }

export interface Answer {
  readonly status: number
  readonly type: string
  readonly retryAfter: string | undefined
  readonly text: string
}

/** What an answer means: the connector's table first, then the rule (408, 429 and 5xx again, other failures final). */
export function readAnswer(answer: Answer, request: RequestSpec, errors: ActionSpec['errors'], now: number): Reading {
  const { status } = answer
  const row = errors?.find((entry) => entry.status === status)
  const said = row?.message ?? excerpt(answer.text)
  const message = `answered ${status}${said === '' ? '' : `: ${said}`}`
  const as = row?.as ?? byRule(status)
  if (as === 'unknown') return { kind: 'unknown', code: `http-${status}`, message }
  if (as === 'retry') return { kind: 'retry', code: `http-${status}`, message, ...afterOf(answer.retryAfter, now) }
  if (as === 'fail') {
    const redirect = status >= 300 && status < 400
    return {
      kind: 'failed',
      code: redirect ? 'redirect' : `http-${status}`,
      message: redirect ? `answered ${status}, and redirects are not followed` : message,
    }
  }
  return readBody(answer, request, row !== undefined)
}

function byRule(status: number): 'retry' | 'fail' | 'succeed' {
  if (status === 408 || status === 429 || status >= 500) return 'retry'
  return status >= 200 && status < 300 ? 'succeed' : 'fail'
}

/** JSON is demanded where the recorded answer is JSON: a login page with status 200 must not pass for one. */
function readBody({ status, type, text }: Answer, { example }: RequestSpec, lenient: boolean): Reading {
  const structured = typeof example.body === 'object' && example.body !== null
  if (type === 'encoded') return bad(status, 'the answer is compressed, which was not asked for')
  if (text.trim() === '')
    return structured && !lenient && status !== 204 && status !== 202
      ? bad(status, 'the answer is empty')
      : { kind: 'read', body: null }
  if (nesting(text) > deepest) return bad(status, `the answer is nested deeper than ${deepest} levels`)
  try {
    return { kind: 'read', body: parseExact(text) }
  } catch {
    if (structured && !lenient) return bad(status, 'the answer is not the JSON that was expected')
    return { kind: 'read', body: text }
  }
}

function bad(status: number, why: string): Reading {
  return { kind: 'failed', code: 'bad-answer', message: `answered ${status}, but ${why}` }
}

/** As deep as expressions read it. */
const deepest = 100

/** Levels of brackets outside strings, counted before a recursive reader meets them; one pass, whatever the text is. */
function nesting(text: string): number {
  let depth = 0
  let most = 0
  let quoted = false
  for (let i = 0; i < text.length && most <= deepest; i++) {
    const char = text[i]
    if (quoted && char === '\\') i++
    else if (char === '"') quoted = !quoted
    else if (quoted) continue
    else if (char === '[' || char === '{') most = Math.max(most, ++depth)
    else if (char === ']' || char === '}') depth--
  }
  return most
}

/** JSON whose integers are exact: an id above 2^53 stays text, or the next request would name another object. */
function parseExact(text: string): Json {
  return toValue(/\d{16}/.test(text) ? JSON.parse(text, exactNumber) : JSON.parse(text))
}

function exactNumber(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || !Number.isInteger(value) || Number.isSafeInteger(value)) return value
  return /^-?\d+$/.test(context?.source ?? '') ? context?.source : value
}

const longestWaitMs = 24 * 60 * 60 * 1000

function afterOf(header: string | undefined, now: number): { afterMs?: number } {
  if (header === undefined) return {}
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - now
  return Number.isFinite(ms) ? { afterMs: Math.min(Math.max(0, ms), longestWaitMs) } : {}
}

/** The vendor's own words, on one line. */
export function excerpt(text: string): string {
  const line = text
    .slice(0, 2_000)
    .replace(/[\p{C}\p{Z}]+/gu, ' ')
    .trim()
  return line.length > 200 ? `${line.slice(0, 200)}…` : line
}
