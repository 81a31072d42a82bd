import type { IncomingHttpHeaders } from 'node:http'
import type { Json } from '../../core/model/values.ts'
import type { FailureMode } from './failure-rules.ts'
import type { Connectors, Known } from './request-matcher.ts'

/** What the sandbox was asked, and what it did. */
export interface RecordedCall {
  readonly sequence: number
  /** ISO 8601. */
  readonly time: string
  readonly connector: string
  /** Absent where no connector makes such a request. */
  readonly action?: string
  readonly request?: string
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, string | readonly string[]>>
  /** Credentials read `[secret]`. */
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Json
  /** What the sender says of the tenant, in `x-headwater-tenant`. */
  readonly tenant?: string
  readonly idempotencyKey?: string
  /** Status of the answer; zero where none was given. */
  readonly status: number
  readonly failed?: FailureMode
}

const credentials = /^(authorization|proxy-authorization|cookie|x-api-key|api-key)$/

/** The headers of a call with credentials taken out, the connector's own credential header included. */
export function recordedHeaders(
  headers: IncomingHttpHeaders,
  connectors: Connectors,
  connector: string,
): Record<string, string> {
  const own = connectors.get(connector)?.auth.header?.toLowerCase()
  const entries = Object.entries(headers).map(([name, value]) => {
    const secret = credentials.test(name) || name === own
    return [name, secret ? '[secret]' : String(value)]
  })
  return Object.fromEntries(entries)
}

/** The key in the request's own header, in the usual one, or in ours. */
export function idempotencyKeyOf(headers: IncomingHttpHeaders, known: Known | undefined): string | undefined {
  const names = [known?.spec.idempotencyHeader?.toLowerCase(), 'idempotency-key', 'x-headwater-idempotency-key']
  for (const name of names) {
    const value = name === undefined ? undefined : headers[name]
    if (typeof value === 'string') return value
  }
  return undefined
}

export function recordedQuery(query: URLSearchParams): Record<string, string | string[]> {
  const names = new Set(query.keys())
  return Object.fromEntries([...names].map((name) => [name, single(query.getAll(name))]))
}

function single(values: string[]): string | string[] {
  const [only] = values
  return values.length === 1 && only !== undefined ? only : values
}
