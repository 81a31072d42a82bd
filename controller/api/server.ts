import { randomBytes, timingSafeEqual } from 'node:crypto'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { authorize, type Principal } from '../core/access/authorize.ts'
import { caps } from '../core/model/caps.ts'
import { StoreError } from '../io/store/store-error.ts'
import { ReconcileLost } from '../reconcile/thread/reconcile-host.ts'
import { ApiError, type ApiRequest, errorSchema, type Route } from './route.ts'

export interface ServerOptions {
  readonly routes: readonly Route[]
  /** Bearer token of the operator. */
  readonly token: string
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  /** A mistake of the program: the caller sees only that there was one. */
  onBug(thrown: unknown): void
}

const rawBodies = new WeakMap<object, Uint8Array>()
const requests = new WeakMap<object, ApiRequest>()

/** Serves the routes over HTTP: authorization first, then the route, and one place that turns errors into answers. */
export async function startServer(options: ServerOptions): Promise<{ url: string; close(): Promise<void> }> {
  const app = fastify({ bodyLimit: caps.alertBytes, forceCloseConnections: true, return503OnClosing: true })
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    // A signature covers the bytes as they came, not what parsing makes of them.
    rawBodies.set(request, body as Buffer)
    try {
      done(null, JSON.parse((body as Buffer).toString('utf8')))
    } catch {
      done(new ApiError(400, 'bad-request', 'the body is not JSON'), undefined)
    }
  })
  for (const route of options.routes) addRoute(app, route, options)
  app.setNotFoundHandler((request, reply) =>
    send(reply, new ApiError(404, 'not-found', `there is no ${request.method} ${request.url.split('?')[0]}`)),
  )
  app.setErrorHandler((thrown: unknown, _request, reply) => {
    const error = toApiError(thrown)
    if (error.status >= 500 && !(thrown instanceof ApiError)) options.onBug(thrown)
    return send(reply, error)
  })
  const url = await app.listen({ host: options.host, port: options.port })
  return { url, close: () => app.close() }
}

function addRoute(app: FastifyInstance, route: Route, options: ServerOptions): void {
  app.route({
    method: route.method,
    url: route.path,
    schema: {
      response: { ...route.responses, '4xx': errorSchema, '5xx': errorSchema },
      ...(route.query && { querystring: route.query }),
      ...(route.body && { body: route.body }),
    },
    preValidation: async (raw) => {
      const request = toRequest(raw, route, options)
      const { principal } = request
      const permitted = authorize(principal, route.permission, route.tenantOf?.(request))
      if (permitted.kind === 'allowed') requests.set(raw, request)
      else if (principal.kind === 'anonymous')
        throw new ApiError(401, 'unauthorized', 'send the token of this installation as `Authorization: Bearer …`')
      else throw new ApiError(403, 'forbidden', permitted.reason)
    },
    handler: async (raw, reply) => {
      const answer = await route.handle({
        ...(requests.get(raw) as ApiRequest),
        query: raw.query as Record<string, string>,
      })
      const { body } = answer
      if (!(body instanceof Uint8Array)) return reply.status(answer.status).send(body)
      const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
      return reply.status(answer.status).type('application/json; charset=utf-8').send(text)
    },
  })
}

function toRequest(raw: FastifyRequest, route: Route, { token }: ServerOptions): ApiRequest {
  const request: ApiRequest = {
    params: raw.params as Record<string, string>,
    query: raw.query as Record<string, string>,
    body: raw.body,
    rawBody: rawBodies.get(raw) ?? new Uint8Array(),
    headers: raw.headers as Record<string, string | undefined>,
    principal: { kind: 'anonymous' },
  }
  return { ...request, principal: route.principalOf?.(request) ?? holderOf(request.headers['authorization'], token) }
}

function holderOf(authorization: string | undefined, token: string): Principal {
  const given = Buffer.from(authorization ?? '')
  const expected = Buffer.from(`Bearer ${token}`)
  return given.length === expected.length && timingSafeEqual(given, expected)
    ? { kind: 'operator' }
    : { kind: 'anonymous' }
}

function toApiError(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown
  // Both say in their own words what is wrong.
  if (thrown instanceof StoreError || thrown instanceof ReconcileLost)
    return new ApiError(503, 'unavailable', thrown.message)
  const status =
    thrown instanceof Error && 'statusCode' in thrown && typeof thrown.statusCode === 'number' ? thrown.statusCode : 500
  if (status < 500) return new ApiError(status, 'bad-request', (thrown as Error).message)
  return new ApiError(500, 'unavailable', 'the controller met a mistake of its own; its log has the details')
}

function send(reply: FastifyReply, error: ApiError): FastifyReply {
  return reply.status(error.status).send({ error: { code: error.code, message: error.message } })
}

/** A token with 256 bits of chance. */
export function newToken(): string {
  return `hw_${randomBytes(32).toString('base64url')}`
}
