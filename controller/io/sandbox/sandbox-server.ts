import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { caps } from '../../core/model/caps.ts'
import { type Json, toValue } from '../../core/model/values.ts'
import { type FailureRule, FailureRules, parseFailureRule } from './failure-rules.ts'
import { idempotencyKeyOf, type RecordedCall, recordedHeaders, recordedQuery } from './recorded-call.ts'
import {
  type Connectors,
  type Known,
  knownRequests,
  matchRequest,
  nearestRequest,
  type Seen,
} from './request-matcher.ts'
import { answerBadly, answerJson, failingStatus } from './sandbox-answer.ts'

export interface Sandbox {
  /** `http://127.0.0.1:PORT`. */
  readonly origin: string
  /** Every call so far, oldest first; the newest 10,000. */
  calls(): RecordedCall[]
  failNext(rule: FailureRule): void
  /** Forgets calls and failures. */
  reset(): void
  setConnectors(connectors: Connectors): void
  close(): Promise<void>
}

export interface SandboxOptions {
  /** Where absent, requests wait for `setConnectors`: a run that goes on after a restart may be sooner than the fleet. */
  readonly connectors?: Connectors
  /** Any free one where absent. */
  readonly port?: number
}

const callsKept = 10_000
const longestWaitMs = 10_000

/** Answers for every vendor over HTTP on the loopback interface: each connector's requests, under its name, with their recorded examples. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const rules = new FailureRules()
  const given = Promise.withResolvers<void>()
  let connectors: Connectors = options.connectors ?? new Map()
  if (options.connectors !== undefined) given.resolve()
  else setTimeout(() => given.resolve(), longestWaitMs).unref()
  let known = knownRequests(connectors)
  let calls: RecordedCall[] = []
  let sequence = 0

  const server = createServer((request, response) => {
    Promise.all([readBody(request), given.promise]).then(
      ([text]) => answer(request, response, text),
      () => response.destroy(),
    )
  })

  function answer(request: IncomingMessage, response: ServerResponse, text: string | undefined): void {
    const url = URL.parse(request.url ?? '', 'http://sandbox')
    if (url === null) return answerJson(response, 400, { error: 'the address cannot be read' })
    if (text === undefined) return answerJson(response, 413, { error: 'the body is too large' })
    const [, first = '', ...rest] = url.pathname.split('/')
    const body = text === '' ? undefined : parse(text)
    if (first === '_sandbox') return control(request, response, rest.join('/'), url.searchParams, body)
    const hint = request.headers['x-headwater-request']
    const seen: Seen = {
      method: request.method ?? '',
      path: `/${rest.join('/')}`,
      query: url.searchParams,
      body,
      hint: typeof hint === 'string' ? hint : undefined,
    }
    const match = matchRequest(known, first, seen)
    const rule = match === undefined ? undefined : rules.take(first, match.action, match.spec.id)
    if (match === undefined) {
      record(request, first, undefined, seen, { status: 404 })
      return answerJson(response, 404, notFound(first, seen))
    }
    const { example } = match.spec
    if (rule === undefined) {
      record(request, first, match, seen, { status: example.status })
      return answerJson(response, example.status, example.body)
    }
    record(request, first, match, seen, { status: failingStatus(rule, example), failed: rule.mode })
    answerBadly(response, rule, example)
  }

  function record(
    request: IncomingMessage,
    connector: string,
    match: Known | undefined,
    seen: Seen,
    result: Pick<RecordedCall, 'status' | 'failed'>,
  ): void {
    const tenant = request.headers['x-headwater-tenant']
    const key = idempotencyKeyOf(request.headers, match)
    calls.push({
      sequence: ++sequence,
      time: new Date().toISOString(),
      connector,
      ...(match === undefined ? {} : { action: match.action, request: match.spec.id }),
      method: seen.method,
      path: seen.path,
      query: recordedQuery(seen.query),
      headers: recordedHeaders(request.headers, connectors, connector),
      ...(seen.body === undefined ? {} : { body: seen.body }),
      ...(typeof tenant === 'string' ? { tenant } : {}),
      ...(key === undefined ? {} : { idempotencyKey: key }),
      ...result,
    })
    if (calls.length > callsKept) calls.shift()
  }

  function notFound(connector: string, seen: Seen): Json {
    if (!connectors.has(connector))
      return { error: `there is no connector ${connector}`, connectors: [...connectors.keys()] }
    return {
      error: `${connector} makes no request ${seen.method} ${seen.path}`,
      nearest: nearestRequest(known, connector, seen) ?? null,
    }
  }

  function control(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    query: URLSearchParams,
    body: Json | undefined,
  ): void {
    switch (`${request.method} ${path}`) {
      case 'GET ':
        return answerJson(response, 200, offered(connectors, known, rules))
      case 'GET calls':
        return answerJson(response, 200, { calls: toValue(calls.filter((call) => isAsked(call, query))) })
      case 'DELETE calls':
        calls = []
        return answerJson(response, 204, undefined)
      case 'DELETE fail':
        rules.clear()
        return answerJson(response, 204, undefined)
      case 'POST fail': {
        const rule = parseFailureRule(body)
        if ('error' in rule) return answerJson(response, 400, rule)
        if (!connectors.has(rule.connector))
          return answerJson(response, 400, { error: `there is no connector ${rule.connector}` })
        rules.add(rule)
        return answerJson(response, 201, toValue(rule))
      }
      default:
        return answerJson(response, 404, { error: 'the sandbox has /_sandbox, /_sandbox/calls and /_sandbox/fail' })
    }
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    calls: () => [...calls],
    failNext: (rule) => rules.add(rule),
    reset: () => {
      calls = []
      rules.clear()
    },
    setConnectors: (next) => {
      connectors = next
      known = knownRequests(next)
      given.resolve()
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function isAsked(call: RecordedCall, query: URLSearchParams): boolean {
  return (['connector', 'action', 'idempotencyKey', 'tenant'] as const).every((name) => {
    const wanted = query.get(name)
    return wanted === null || call[name] === wanted
  })
}

function offered(connectors: Connectors, known: readonly Known[], rules: FailureRules): Json {
  return toValue({
    connectors: [...connectors].map(([name, { vendor, product }]) => ({
      name,
      vendor,
      product,
      requests: known
        .filter(({ connector }) => connector === name)
        .map(({ action, spec }) => ({
          action,
          request: spec.id,
          method: spec.method,
          path: `/${name}${spec.path}`,
          status: spec.example.status,
        })),
    })),
    failures: rules.waiting(),
  })
}

function parse(text: string): Json {
  try {
    return toValue(JSON.parse(text))
  } catch {
    return text
  }
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size <= caps.answerBytes) chunks.push(chunk)
  }
  return size > caps.answerBytes ? undefined : Buffer.concat(chunks).toString('utf8')
}
