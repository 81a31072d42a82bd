import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Connector } from '../../../controller/core/model/generated/kinds.ts'
import { EgressGate } from '../../../controller/io/connectors/egress-gate.ts'
import type { Outcome } from '../../../controller/core/run/outcome.ts'
import { performAction } from '../../../controller/io/connectors/perform-action.ts'
import { type Sandbox, startSandbox } from '../../../controller/io/sandbox/sandbox-server.ts'

const okta: Connector['spec'] = {
  vendor: 'Okta',
  product: 'Workforce Identity',
  auth: { scheme: 'header', header: 'X-Okta-Key', prefix: 'SSWS ' },
  actions: [
    {
      action: 'disable_user',
      requests: [
        { id: 'find', method: 'GET', path: '/users/${{ input.user }}', example: { status: 200, body: { id: '00u1' } } },
        {
          id: 'suspend',
          method: 'POST',
          path: '/users/${{ requests.find.body.id }}/lifecycle',
          query: { to: 'suspended', dry: '${{ false }}' },
          idempotencyHeader: 'X-Request-Id',
          example: { status: 202, body: { state: 'SUSPENDED' } },
        },
      ],
      output: { state: '${{ requests.suspend.body.state }}' },
    },
    {
      action: 'enable_user',
      idempotent: true,
      requests: [
        {
          id: 'unsuspend',
          method: 'POST',
          path: '/users/${{ input.user }}/lifecycle',
          query: { to: 'active' },
          body: { notify: false },
          example: { status: 200, body: { state: 'ACTIVE' } },
        },
        { id: 'me', method: 'GET', path: '/users/me', example: { status: 200, body: { id: 'me' } } },
        {
          id: 'loud',
          if: '${{ false }}',
          method: 'POST',
          path: '/users/${{ input.user }}/lifecycle',
          query: { to: 'active' },
          body: { notify: true },
          example: { status: 200, body: { state: 'LOUD' } },
        },
      ],
      output: { state: '${{ requests.unsuspend.body.state }}', me: '${{ requests.me.body.id }}' },
    },
  ],
}

let sandbox: Sandbox
let egress: EgressGate
beforeAll(async () => {
  sandbox = await startSandbox({ connectors: new Map([['okta', okta]]) })
  egress = new EgressGate({ sandboxOrigin: sandbox.origin })
})
afterEach(() => sandbox.reset())
afterAll(async () => {
  egress.close()
  await sandbox.close()
})

function perform(action: string, timeoutMs = 2_000): Promise<Outcome> {
  return performAction({
    connection: {
      name: 'idp',
      owner: 'acme',
      connector: 'okta',
      connectorDigest: '',
      baseUrl: 'https://acme.okta.com/api/v1/',
      allowedOrigins: [],
      settings: {},
    },
    connector: okta,
    action,
    input: { user: 'ada@example.com' },
    idempotencyKey: 'run-1/disable',
    secret: null,
    timeoutMs,
    egress,
  })
}

async function ask(method: string, path: string, body?: unknown): Promise<{ status: number; json: unknown }> {
  const response = await fetch(
    `${sandbox.origin}${path}`,
    body === undefined ? { method } : { method, body: JSON.stringify(body) },
  )
  const text = await response.text()
  return { status: response.status, json: text === '' ? undefined : JSON.parse(text) }
}

test('it answers with the recorded examples and records what it was asked', async () => {
  expect(await perform('disable_user')).toMatchObject({ kind: 'succeeded', outputs: { state: 'SUSPENDED' } })
  expect(sandbox.calls()).toMatchObject([
    {
      sequence: 1,
      connector: 'okta',
      action: 'disable_user',
      request: 'find',
      method: 'GET',
      path: '/api/v1/users/ada%40example.com',
      status: 200,
      idempotencyKey: 'run-1/disable',
    },
    {
      request: 'suspend',
      method: 'POST',
      query: { to: 'suspended', dry: 'false' },
      status: 202,
      idempotencyKey: 'run-1/disable',
      headers: { 'x-okta-key': '[secret]' },
    },
  ])
})

describe('a request is told apart', () => {
  const requests: [method: string, path: string, body: unknown, expected: unknown][] = [
    ['GET', '/okta/users/42', undefined, { id: '00u1' }],
    ['GET', '/okta/api/v1/users/42', undefined, { id: '00u1' }],
    ['GET', '/okta/users/me', undefined, { id: 'me' }],
    ['POST', '/okta/users/42/lifecycle?to=suspended&dry=true', undefined, { state: 'SUSPENDED' }],
    ['POST', '/okta/users/42/lifecycle?to=active', { notify: false }, { state: 'ACTIVE' }],
    ['POST', '/okta/users/42/lifecycle?to=active', { notify: true }, { state: 'LOUD' }],
  ]
  test.each(requests)('%s %s', async (method, path, body, expected) => {
    expect((await ask(method, path, body)).json).toEqual(expected)
  })

  const unknown: [method: string, path: string, expected: object][] = [
    ['GET', '/okta/user/42', { nearest: 'GET /users/me' }],
    ['DELETE', '/okta/users/me', { nearest: 'GET /users/me' }],
    ['GET', '/nobody/x', { error: 'there is no connector nobody', connectors: ['okta'] }],
    ['POST', '/okta/users/42/lifecycle?to=elsewhere', { error: 'okta makes no request POST /users/42/lifecycle' }],
  ]
  test.each(unknown)('%s %s is not known', async (method, path, expected) => {
    expect(await ask(method, path)).toMatchObject({ status: 404, json: expected })
    expect(sandbox.calls()).toMatchObject([{ status: 404 }])
  })
})

describe('it fails when told to', () => {
  const modes = [
    ['429', 'suspend', { kind: 'retry', code: 'http-429', afterMs: 3_000 }],
    ['500', 'find', { kind: 'retry', code: 'http-500' }],
    ['garbage', 'suspend', { kind: 'failed', code: 'bad-answer' }],
    ['reset', 'find', { kind: 'retry', code: 'connection-lost' }],
    ['reset', 'suspend', { kind: 'unknown', code: 'connection-lost' }],
    ['timeout', 'find', { kind: 'retry', code: 'timeout' }],
    ['timeout', 'suspend', { kind: 'unknown', code: 'timeout' }],
    ['slow', 'suspend', { kind: 'unknown', code: 'timeout' }],
  ] as const
  test.each(modes)('%s of %s', async (mode, request, expected) => {
    const rule = { connector: 'okta', action: 'disable_user', request, mode, times: 1, retryAfterSeconds: 3 }
    expect(await ask('POST', '/_sandbox/fail', rule)).toEqual({ status: 201, json: rule })
    expect(await perform('disable_user', 400)).toMatchObject(expected)
    expect(sandbox.calls().at(-1)).toMatchObject({ failed: mode })
    expect(await perform('disable_user')).toMatchObject({ kind: 'succeeded' })
  })

  test('slow is slow and complete', async () => {
    sandbox.failNext({ connector: 'okta', mode: 'slow' })
    const started = performance.now()
    expect((await ask('GET', '/okta/users/me')).json).toEqual({ id: 'me' })
    expect(performance.now() - started).toBeGreaterThan(500)
  })

  test('as often as told, and only for what is named', async () => {
    sandbox.failNext({ connector: 'okta', action: 'enable_user', mode: '500', times: 2 })
    expect(await perform('disable_user')).toMatchObject({ kind: 'succeeded' })
    expect(await perform('enable_user')).toMatchObject({ kind: 'retry' })
    expect(await perform('enable_user')).toMatchObject({ kind: 'retry' })
    expect(await perform('enable_user')).toMatchObject({ kind: 'succeeded' })
  })

  const wrong: [body: unknown, message: RegExp][] = [
    ['x', /object/],
    [{ connector: 'okta', mode: 'explode' }, /`mode` must be one of 429, 500/],
    [{ mode: '429' }, /`connector`/],
    [{ connector: 'nobody', mode: '429' }, /no connector nobody/],
    [{ connector: 'okta', mode: '429', times: 0 }, /`times`/],
    [{ connector: 'okta', mode: '429', action: 1 }, /must be text/],
  ]
  test.each(wrong)('rule %j is refused', async (body, message) => {
    expect(await ask('POST', '/_sandbox/fail', body)).toEqual({
      status: 400,
      json: { error: expect.stringMatching(message) },
    })
  })
})

describe('it is looked into over HTTP', () => {
  test('calls by connector and idempotency key, and none after DELETE', async () => {
    await perform('disable_user')
    await ask('GET', '/okta/users/me')
    const count = async (query: string) =>
      ((await ask('GET', `/_sandbox/calls${query}`)).json as { calls: unknown[] }).calls.length
    expect(await count('')).toBe(3)
    expect(await count('?connector=okta&idempotencyKey=run-1%2Fdisable')).toBe(2)
    expect(await count('?connector=other')).toBe(0)
    expect((await ask('DELETE', '/_sandbox/calls')).status).toBe(204)
    expect(await count('')).toBe(0)
  })

  test('what it offers', async () => {
    sandbox.failNext({ connector: 'okta', mode: '429', times: 2 })
    expect((await ask('GET', '/_sandbox')).json).toMatchObject({
      connectors: [
        {
          name: 'okta',
          requests: [
            { action: 'disable_user', request: 'find', method: 'GET', path: '/okta/users/${{ input.user }}' },
            {},
            {},
            {},
            {},
          ],
        },
      ],
      failures: [{ rule: { mode: '429' }, left: 2 }],
    })
    expect((await ask('GET', '/_sandbox/elsewhere')).status).toBe(404)
  })

  test('connectors can be exchanged while it runs', async () => {
    sandbox.setConnectors(new Map())
    expect((await ask('GET', '/okta/users/me')).status).toBe(404)
    sandbox.setConnectors(new Map([['okta', okta]]))
    expect((await ask('GET', '/okta/users/me')).status).toBe(200)
  })

  test('a body above the cap is refused', async () => {
    expect((await ask('POST', '/okta/users/1/lifecycle?to=active', 'x'.repeat(5 * 1024 * 1024))).status).toBe(413)
  })
})
