import type { RequestListener } from 'node:http'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { caps } from '../../../controller/core/model/caps.ts'
import type { BoundConnection } from '../../../controller/core/model/effective.ts'
import type { Connector } from '../../../controller/core/model/generated/kinds.ts'
import type { JsonMap } from '../../../controller/core/model/values.ts'
import { Secret } from '../../../controller/io/connectors/credential.ts'
import { EgressGate } from '../../../controller/io/connectors/egress-gate.ts'
import type { Outcome } from '../../../controller/core/run/outcome.ts'
import { performAction } from '../../../controller/io/connectors/perform-action.ts'
import { certificate } from './certificate.ts'
import { connectionTo, connectorWith, type StubVendor, stubVendor } from './stub-vendor.ts'

const open: { close(): unknown }[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((item) => item.close()))
})

async function vendor(listener: RequestListener): Promise<StubVendor> {
  const made = await stubVendor(listener, { tls: true })
  open.push(made)
  return made
}

interface Case {
  readonly port: number
  readonly connector: Connector['spec']
  readonly input?: JsonMap
  readonly connection?: Partial<BoundConnection>
  readonly timeoutMs?: number
  readonly secret?: string
}

async function perform({
  port,
  connector,
  input = {},
  connection = {},
  timeoutMs = 2_000,
  secret = 't0p-secret',
}: Case): Promise<Outcome> {
  const egress = new EgressGate({
    authority: certificate,
    allowedNetworks: ['127.0.0.0/8'],
    resolve: () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]),
  })
  open.push(egress)
  const outcome = await performAction({
    connection: connectionTo(`https://vendor.test:${port}/api`, connection),
    connector,
    action: 'isolate_endpoint',
    input,
    idempotencyKey: 'run-1/isolate',
    secret: new Secret(secret),
    timeoutMs,
    egress,
    now: () => performance.timeOrigin + performance.now(),
  })
  expect(JSON.stringify(outcome)).not.toContain(secret)
  return outcome
}

function json(status: number, body: unknown, headers: Record<string, string> = {}): RequestListener {
  return (_, response) =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

describe('a request', () => {
  test('is rendered from input, settings and earlier answers', async () => {
    const stub = await vendor((request, response) =>
      json(200, request.method === 'GET' ? { resources: ['d 1/2'] } : { id: 'cmd-1' })(request, response),
    )
    const connector = connectorWith(
      {},
      {
        requests: [
          {
            id: 'find',
            method: 'GET',
            path: '/devices',
            query: { name: '${{ input.host }}', limit: 1, tag: ['a', 'b'], none: null },
            example: { status: 200, body: {} },
          },
          {
            id: 'skipped',
            if: '${{ input.host == "other" }}',
            method: 'DELETE',
            path: '/all',
            example: { status: 200 },
          },
          {
            id: 'isolate',
            method: 'POST',
            path: '/tenants/${{ connection.settings.directory }}/devices/${{ requests.find.body.resources[0] }}/isolate',
            headers: { 'x-reason': 'because ${{ input.why }}' },
            body: { comment: '${{ input.why }}', n: '${{ size(input.why) }}', ids: ['${{ requests.find.status }}'] },
            idempotencyHeader: 'X-Request-Key',
            example: { status: 200, body: {} },
          },
        ],
        output: { id: '${{ requests.isolate.body.id }}', skipped: '${{ has(requests.skipped) }}' },
      },
    )
    const outcome = await perform({
      port: stub.port,
      connector: { ...connector, settings: { directory: 'Id.' } },
      connection: { settings: { directory: '../x' } },
      input: { host: 'a&b', why: '${{ input.host }}' },
    })
    expect(outcome).toMatchObject({ kind: 'succeeded', outputs: { id: 'cmd-1', skipped: false } })
    expect(stub.seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'GET /api/devices?name=a%26b&limit=1&tag=a&tag=b',
      'POST /api/tenants/..%2Fx/devices/d%201%2F2/isolate',
    ])
    expect(stub.seen[1]?.headers).toMatchObject({
      'x-reason': 'because ${{ input.host }}',
      'x-request-key': 'run-1/isolate',
      authorization: 'Bearer t0p-secret',
    })
    expect(JSON.parse(stub.seen[1]?.body ?? '')).toEqual({ comment: '${{ input.host }}', n: 17, ids: [200] })
    expect(outcome.requests).toMatchObject([
      { method: 'GET', status: 200 },
      {
        method: 'POST',
        status: 200,
        url: `https://vendor.test:${stub.port}/api/tenants/..%2Fx/devices/d%201%2F2/isolate`,
      },
    ])
  })

  const values: [value: string | null, code: string][] = [
    ['..', 'bad-path'],
    ['.', 'bad-path'],
    ['', 'missing-value'],
    [null, 'missing-value'],
  ]
  test.each(values)('with %j in its path is not sent', async (host, code) => {
    const stub = await vendor(json(200, { id: 'x' }))
    const outcome = await perform({
      port: stub.port,
      connector: connectorWith({ path: '/devices/${{ input.host }}/isolate' }),
      input: { host },
    })
    expect(outcome).toMatchObject({ kind: 'failed', code })
    expect(stub.seen).toEqual([])
  })

  test.each(['a/../../b', '%2e%2e', '..\\x', 'a?b=c#d', '\ud800'])(
    'with %j in its path stays where it is',
    async (host) => {
      const stub = await vendor(json(200, { id: 'x' }))
      await perform({
        port: stub.port,
        connector: connectorWith({ path: '/devices/${{ input.host }}/isolate' }),
        input: { host },
      })
      expect(stub.seen[0]?.url).toMatch(/^\/api\/devices\/[^/?#]+\/isolate$/)
    },
  )

  test.each(['Host', 'authorization', 'Transfer-Encoding'])('may not set %s', async (name) => {
    const outcome = await perform({ port: 1, connector: connectorWith({ headers: { [name]: 'x' } }) })
    expect(outcome).toMatchObject({ kind: 'failed', code: 'bad-header' })
  })

  test('keeps a line break out of its headers', async () => {
    const outcome = await perform({
      port: 1,
      connector: connectorWith({ headers: { 'x-a': '${{ input.a }}' } }),
      input: { a: 'b\r\nc: d' },
    })
    expect(outcome).toMatchObject({ kind: 'failed', code: 'bad-header', message: expect.stringContaining('`x-a`') })
  })
})

describe('what cannot be done is said in plain words', () => {
  test('a lookup that finds nothing', async () => {
    const stub = await vendor(json(200, { resources: [] }))
    const connector = connectorWith(
      {},
      {
        requests: [
          { id: 'find', method: 'GET', path: '/devices', example: { status: 200, body: {} } },
          {
            id: 'isolate',
            method: 'POST',
            path: '/isolate',
            body: { ids: ['${{ requests.find.body.resources[0] }}'] },
            example: { status: 200, body: {} },
          },
        ],
      },
    )
    expect(await perform({ port: stub.port, connector })).toMatchObject({
      kind: 'failed',
      code: 'missing-value',
      message:
        'Stub EDR (connection edr, action isolate_endpoint), request isolate: `body.ids` cannot be filled: there is no item 0 in `requests.find.body.resources` (in `requests.find.body.resources[0]`)',
    })
  })

  test('an output that the answer does not hold', async () => {
    const stub = await vendor(json(200, {}))
    expect(await perform({ port: stub.port, connector: connectorWith({}) })).toMatchObject({
      kind: 'failed',
      code: 'missing-value',
      message: expect.stringMatching(
        /`output.id` cannot be filled: there is no field `id` in `requests.isolate.body`.*isolate before it was carried out/,
      ),
    })
  })

  test('an action that is not offered, a setting that is missing', async () => {
    expect(await perform({ port: 1, connector: connectorWith({}, { action: 'other' }) })).toMatchObject({
      kind: 'failed',
      code: 'not-offered',
    })
    const connector = { ...connectorWith({}), settings: { directory: 'Id.' } }
    expect(await perform({ port: 1, connector })).toMatchObject({ kind: 'failed', code: 'missing-setting' })
  })
})

describe('statuses', () => {
  const rule: [status: number, kind: string, headers: Record<string, string>, rest: object][] = [
    [400, 'failed', {}, { code: 'http-400' }],
    [401, 'failed', {}, { code: 'http-401' }],
    [404, 'failed', {}, { code: 'http-404' }],
    [408, 'retry', {}, { code: 'http-408' }],
    [429, 'retry', { 'retry-after': '7' }, { code: 'http-429', afterMs: 7_000 }],
    [429, 'retry', { 'retry-after': 'soon' }, { code: 'http-429' }],
    [429, 'retry', { 'retry-after': '99999999999' }, { afterMs: 86_400_000 }],
    [500, 'unknown', {}, { code: 'http-500' }],
    [504, 'unknown', {}, { code: 'http-504' }],
    [503, 'retry', { 'retry-after': new Date(Date.now() - 5_000).toUTCString() }, { afterMs: 0 }],
    [302, 'failed', { location: 'http://169.254.169.254/' }, { code: 'redirect' }],
  ]
  test.each(rule)('%i becomes %s %j', async (status, kind, headers, rest) => {
    const stub = await vendor(json(status, { error: 'no\u202e\nluck t0p-secret' }, headers))
    const outcome = await perform({ port: stub.port, connector: connectorWith({}) })
    expect(outcome).toMatchObject({ kind, ...rest, requests: [{ status }] })
    expect('message' in outcome ? outcome.message : '').not.toMatch(/\n|\u202e/)
  })

  test('a failing server is asked again where repeating does no harm', async () => {
    const stub = await vendor(json(500, {}))
    const outcome = await perform({ port: stub.port, connector: connectorWith({}, { idempotent: true }) })
    expect(outcome).toMatchObject({ kind: 'retry', code: 'http-500' })
  })

  test('the table of the connector goes before the rule', async () => {
    const errors = [
      { status: 409, as: 'succeed' as const },
      { status: 423, as: 'retry' as const },
      { status: 424, as: 'unknown' as const },
      { status: 500, as: 'fail' as const, message: 'The sensor is too old.' },
    ]
    const connector = connectorWith({}, { errors, output: { status: '${{ requests.isolate.status }}' } })
    const run = async (status: number) => perform({ port: (await vendor(json(status, {}))).port, connector })
    expect(await run(409)).toMatchObject({ kind: 'succeeded', outputs: { status: 409 } })
    expect(await run(423)).toMatchObject({ kind: 'retry', code: 'http-423' })
    expect(await run(424)).toMatchObject({ kind: 'unknown', code: 'http-424' })
    expect(await run(500)).toMatchObject({ kind: 'failed', message: expect.stringContaining('The sensor is too old.') })
  })

  test('a body may say that it was not done, whatever the status says', async () => {
    const ok = '${{ size(requests.isolate.body.errors) == 0 }}'
    const run = async (body: unknown) =>
      perform({ port: (await vendor(json(200, body))).port, connector: connectorWith({ ok }) })
    expect(await run({ id: 'x', errors: [] })).toMatchObject({ kind: 'succeeded', outputs: { id: 'x' } })
    expect(await run({ id: 'x', errors: ['no such host'] })).toMatchObject({
      kind: 'failed',
      code: 'refused-in-body',
      message: expect.stringContaining('no such host'),
    })
    expect(await run({ id: 'x' })).toMatchObject({ kind: 'unknown', code: 'missing-value' })
  })

  test('a later request that fails after a change is not tried again, unless the action is idempotent', async () => {
    const stub = await vendor((request, response) =>
      json(request.url === '/api/second' ? 429 : 200, { id: 'x' })(request, response),
    )
    const requests = [
      { id: 'first', method: 'POST' as const, path: '/first', example: { status: 200, body: {} } },
      { id: 'second', method: 'POST' as const, path: '/second', example: { status: 200, body: {} } },
    ]
    const once = await perform({ port: stub.port, connector: connectorWith({}, { requests }) })
    expect(once).toMatchObject({
      kind: 'unknown',
      code: 'http-429',
      message: expect.stringContaining('the request first before it was carried out'),
    })
    const again = await perform({ port: stub.port, connector: connectorWith({}, { requests, idempotent: true }) })
    expect(again).toMatchObject({ kind: 'retry', code: 'http-429' })
  })
})

describe('answers that cannot be read', () => {
  const bodies: [name: string, listener: RequestListener][] = [
    ['cut JSON', (_, response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{"a": [')],
    [
      'a login page',
      (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Sign in</html>'),
    ],
    ['nothing', (_, response) => response.writeHead(200).end()],
    ['compressed', (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('x')],
    ['a string that never ends', (_, response) => response.writeHead(200).end(`"${'\\"'.repeat(1_000_000)}`)],
    ['nested too deep', (_, response) => response.writeHead(200).end('['.repeat(1_000_000) + ']'.repeat(1_000_000))],
  ]
  test.each(bodies)('%s', async (_, listener) => {
    const started = performance.now()
    const outcome = await perform({ port: (await vendor(listener)).port, connector: connectorWith({}) })
    expect(outcome).toMatchObject({ kind: 'failed', code: 'bad-answer', requests: [{ status: 200 }] })
    expect(performance.now() - started).toBeLessThan(1_500)
  })

  test('text is an answer where the recorded one is no JSON', async () => {
    const stub = await vendor((_, response) => response.end('ok'))
    const connector = connectorWith({ example: { status: 200 } }, { output: { said: '${{ requests.isolate.body }}' } })
    expect(await perform({ port: stub.port, connector })).toMatchObject({ kind: 'succeeded', outputs: { said: 'ok' } })
  })

  test('an id above 2^53 is not rounded', async () => {
    const stub = await vendor((_, response) =>
      response.end('{"id": 12345678901234567890, "n": 1.5, "m": 9007199254740991}'),
    )
    const connector = connectorWith({}, { output: { all: '${{ requests.isolate.body }}' } })
    expect(await perform({ port: stub.port, connector })).toMatchObject({
      outputs: { all: { id: '12345678901234567890', n: 1.5, m: 9007199254740991 } },
    })
  })

  test('__proto__ in an answer stays a key', async () => {
    const stub = await vendor((_, response) => response.end('{"__proto__": {"polluted": true}, "id": 1}'))
    expect(await perform({ port: stub.port, connector: connectorWith({}) })).toMatchObject({
      kind: 'succeeded',
      outputs: { id: 1 },
    })
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })
})

describe('hostile vendors', () => {
  const once = connectorWith({})
  const often = connectorWith({}, { idempotent: true })
  const reading = connectorWith({ method: 'GET' })

  const silent: [name: string, code: string, listener: RequestListener][] = [
    ['never answers', 'timeout', () => {}],
    [
      'drips',
      'timeout',
      (_, response) => {
        const timer = setInterval(() => response.write(' '), 20)
        response.on('close', () => clearInterval(timer))
      },
    ],
    ['resets after the body', 'connection-lost', (request) => request.socket.destroy()],
    [
      'breaks off within its answer',
      'connection-lost',
      (_, response) => {
        response.writeHead(200, { 'content-length': '100' }).write('{')
        setTimeout(() => response.destroy(), 20)
      },
    ],
    [
      'sends a huge header',
      'bad-answer',
      (_, response) => response.writeHead(200, { 'x-huge': 'x'.repeat(200_000) }).end(),
    ],
    ['speaks no HTTP', 'bad-answer', (request) => request.socket.end('what? I am a teapot\r\n\r\n')],
  ]
  test.each(silent)('one that %s: unknown, and retry where a repeat does no harm', async (_, code, listener) => {
    const { port } = await vendor(listener)
    const timeoutMs = 300
    expect(await perform({ port, connector: once, timeoutMs })).toMatchObject({ kind: 'unknown', code })
    expect(await perform({ port, connector: often, timeoutMs })).toMatchObject({ kind: 'retry', code })
    expect(await perform({ port, connector: reading, timeoutMs })).toMatchObject({ kind: 'retry', code })
  })

  test('a gigabyte is cut at the cap', async () => {
    let sent = 0
    const stub = await vendor((_, response) => {
      const chunk = Buffer.alloc(64 * 1024, 120)
      const more = () => {
        while (sent < 1024 ** 3 && !response.destroyed) {
          sent += chunk.length
          if (response.write(chunk)) continue
          response.once('drain', more)
          return
        }
      }
      response.on('error', () => {})
      more()
    })
    expect(await perform({ port: stub.port, connector: once })).toMatchObject({
      kind: 'failed',
      code: 'answer-too-large',
    })
    expect(sent).toBeLessThan(caps.answerBytes * 4)
  })

  test('a length above the cap is not even read', async () => {
    const stub = await vendor((_, response) =>
      response.writeHead(200, { 'content-length': String(1024 ** 3) }).write('x'),
    )
    expect(await perform({ port: stub.port, connector: once })).toMatchObject({
      kind: 'failed',
      code: 'answer-too-large',
    })
  })

  test('a status that refuses counts even where its text breaks off', async () => {
    const stub = await vendor((_, response) => {
      response.writeHead(403, { 'content-length': '100' }).write('{')
      setTimeout(() => response.destroy(), 20)
    })
    expect(await perform({ port: stub.port, connector: once })).toMatchObject({ kind: 'failed', code: 'http-403' })
  })

  test('nobody there: retry even for what must not be repeated', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as AddressInfo
    await new Promise((resolve) => server.close(resolve))
    expect(await perform({ port, connector: once })).toMatchObject({
      kind: 'retry',
      code: 'unreachable',
      requests: [{ status: 0 }],
    })
  })

  test('a server that takes the connection and never completes TLS was sent nothing', async () => {
    const server = createServer(() => {}).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as AddressInfo
    expect(await perform({ port, connector: once, timeoutMs: 300 })).toMatchObject({ kind: 'retry', code: 'timeout' })
    server.close()
  })

  test('the time is for all requests together', async () => {
    const stub = await vendor(
      (request, response) => void setTimeout(() => json(200, { id: 1 })(request, response), 250),
    )
    const requests = ['a', 'b', 'c'].map((id) => ({
      id,
      method: 'GET' as const,
      path: '/x',
      example: { status: 200, body: {} },
    }))
    const started = performance.now()
    expect(
      await perform({ port: stub.port, connector: connectorWith({}, { requests, output: {} }), timeoutMs: 400 }),
    ).toMatchObject({ kind: 'retry', code: 'timeout' })
    expect(performance.now() - started).toBeLessThan(1_000)
  })
})
