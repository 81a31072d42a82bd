import type { ServerResponse } from 'node:http'
import type { Json } from '../../core/model/values.ts'
import type { FailureRule } from './failure-rules.ts'

interface Example {
  readonly status: number
  readonly body?: Json
}

const dripMs = 100
const drips = 10

export function answerJson(
  response: ServerResponse,
  status: number,
  body: Json | undefined,
  headers: Record<string, string> = {},
): void {
  if (body === undefined) response.writeHead(status, headers).end()
  else response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

/** Status that a failing answer carries; zero where none is given. */
export function failingStatus({ mode }: FailureRule, example: Example): number {
  return { '429': 429, '500': 500, garbage: 200, timeout: 0, reset: 0, slow: example.status }[mode]
}

/** Fails as a vendor would. `slow` gives the recorded answer bit by bit, `timeout` none at all. */
export function answerBadly(response: ServerResponse, rule: FailureRule, example: Example): void {
  const retryAfter: Record<string, string> =
    rule.retryAfterSeconds === undefined ? {} : { 'retry-after': String(rule.retryAfterSeconds) }
  switch (rule.mode) {
    case '429':
      return answerJson(response, 429, { error: 'too many requests' }, retryAfter)
    case '500':
      return answerJson(response, 500, { error: 'internal error' }, retryAfter)
    case 'garbage':
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"truncated": [')
      return
    case 'reset':
      response.socket?.resetAndDestroy()
      return
    case 'timeout':
      return
    case 'slow':
      drip(response, example)
  }
}

function drip(response: ServerResponse, { status, body }: Example): void {
  const text = JSON.stringify(body ?? null)
  const size = Math.ceil(text.length / drips)
  let from = 0
  response.writeHead(status, { 'content-type': 'application/json' })
  const timer = setInterval(() => {
    response.write(text.slice(from, from + size))
    from += size
    if (from < text.length) return
    clearInterval(timer)
    response.end()
  }, dripMs)
  response.once('close', () => clearInterval(timer))
}
