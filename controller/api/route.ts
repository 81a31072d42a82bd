import type { Permission, Principal } from '../core/access/authorize.ts'
import type { ProblemCode } from '../core/model/problems.ts'

export interface ApiRequest {
  readonly params: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
  readonly body: unknown
  readonly rawBody: Uint8Array
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly principal: Principal
}

export interface ApiAnswer {
  readonly status: number
  /** Bytes are sent as they are: JSON text that somebody else has made. */
  readonly body: unknown
}

/** A route as data. Server, OpenAPI document and probes are made from this table. */
export interface Route {
  readonly method: 'GET' | 'POST'
  /** `:name` is one segment, a `*` at the end is the rest of the path. */
  readonly path: string
  readonly summary: string
  readonly permission: Permission
  /** The tenant that the request is about, where it is about one. */
  tenantOf?(request: ApiRequest): string | undefined
  /** Who asks, where that is not said by a token: by what was signed. */
  principalOf?(request: ApiRequest): Principal
  readonly query?: object
  readonly body?: object
  /** By status; what a schema does not declare is not sent. */
  readonly responses: Readonly<Record<number, object>>
  handle(request: ApiRequest): Promise<ApiAnswer> | ApiAnswer
}

/** Ends a request with a status and a problem. */
export class ApiError extends Error {
  readonly status: number
  readonly code:
    | ProblemCode
    | 'unauthorized'
    | 'forbidden'
    | 'not-found'
    | 'bad-request'
    | 'refused'
    | 'replayed'
    | 'unavailable'

  constructor(status: number, code: ApiError['code'], message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

/** Shape of every answer that says no. */
export const errorSchema = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['code', 'message'],
      properties: { code: { type: 'string' }, message: { type: 'string' } },
    },
  },
} as const

export function ok(body: unknown): ApiAnswer {
  return { status: 200, body }
}
