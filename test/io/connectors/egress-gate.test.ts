import { inspect } from 'node:util'
import { afterEach, describe, expect, test } from 'vitest'
import { EgressGate, type EgressOptions, type VendorRequest } from '../../../controller/io/connectors/egress-gate.ts'
import { Secret } from '../../../controller/io/connectors/credential.ts'
import { certificate } from './certificate.ts'
import { connectionTo, type StubVendor, stubVendor } from './stub-vendor.ts'

const value = 'k3y-"with\\odd chars"/+='
const secret = new Secret(value)
const open: { close(): unknown }[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((item) => item.close()))
})

function gate(options: EgressOptions = {}): EgressGate {
  const made = new EgressGate({
    authority: certificate,
    allowedNetworks: ['127.0.0.0/8'],
    resolve: () => loopback,
    ...options,
  })
  open.push(made)
  return made
}

const loopback = Promise.resolve([{ address: '127.0.0.1', family: 4 }])

async function vendor(...args: Parameters<typeof stubVendor>): Promise<StubVendor> {
  const made = await stubVendor(...args)
  open.push(made)
  return made
}

function requestTo(baseUrl: string, rest: Partial<VendorRequest> = {}): VendorRequest {
  return {
    connection: connectionTo(baseUrl),
    path: '/x',
    query: [],
    method: 'GET',
    headers: {},
    sandboxHeaders: {},
    body: undefined,
    auth: { scheme: 'bearer' },
    secret,
    timeoutMs: 2_000,
    repeatable: true,
    ...rest,
  }
}

test('a secret prints as [secret] everywhere', () => {
  const error = new Error('x', { cause: secret })
  for (const text of [
    String(secret),
    JSON.stringify({ secret }),
    inspect(secret),
    inspect({ deep: [{ secret }] }, { showHidden: true }),
    inspect(error),
  ]) {
    expect(text).toContain('[secret]')
    expect(text).not.toContain('k3y')
  }
  expect(Object.getOwnPropertyNames(secret)).toEqual([])
  expect(structuredClone(secret)).toEqual({})
})

test('a key in the query is sent and stands in no trace', async () => {
  const stub = await vendor((_, response) => response.end(`{"saw": ${JSON.stringify(value)}}`), { tls: true })
  const auth = { scheme: 'query', parameter: 'api_key' } as const
  const answer = await gate().send(requestTo(`https://vendor.test:${stub.port}`, { auth, query: [['a', '1']] }))
  const seen = new URL(stub.seen[0]?.url ?? '', 'https://vendor.test').searchParams
  expect([...seen]).toEqual([
    ['a', '1'],
    ['api_key', value],
  ])
  expect(answer).toMatchObject({ url: `https://vendor.test:${stub.port}/x?a=1`, text: '{"saw": "[secret]"}' })
})

describe('what is sent', () => {
  const schemes = [
    [{ scheme: 'bearer' }, 'authorization', `Bearer ${value}`],
    [{ scheme: 'header', header: 'X-Key', prefix: 'SSWS ' }, 'x-key', `SSWS ${value}`],
    [{ scheme: 'basic' }, 'authorization', `Basic ${Buffer.from(value).toString('base64')}`],
    [{ scheme: 'query', parameter: 'api_key' }, 'authorization', undefined],
    [{ scheme: 'none' }, 'authorization', undefined],
  ] as const
  test.each(schemes)('%j', async (auth, header, expected) => {
    const stub = await vendor((_, response) => response.end('{}'), { tls: true })
    const answer = await gate().send(
      requestTo(`https://vendor.test:${stub.port}/api/`, { auth, query: [['q', 'a b&c']] }),
    )
    expect(answer).toMatchObject({
      kind: 'answered',
      status: 200,
      url: `https://vendor.test:${stub.port}/api/x?q=a+b%26c`,
    })
    expect(stub.seen[0]?.headers[header]).toBe(expected)
    expect(stub.seen[0]?.headers['accept-encoding']).toBe('identity')
  })

  test('an answer that echoes the secret comes back without it, in every form', async () => {
    const escaped = Array.from(value, (char) => `\\u00${char.charCodeAt(0).toString(16).toUpperCase()}`).join('')
    const forms = [
      value,
      JSON.stringify(value),
      JSON.stringify(value).replaceAll('/', '\\/'),
      `"${escaped}"`,
      encodeURIComponent(value),
      Buffer.from(value).toString('base64'),
    ]
    const stub = await vendor((_, response) => response.end(forms.join(' ')), { tls: true })
    const answer = await gate().send(requestTo(`https://vendor.test:${stub.port}`, { query: [['leak', value]] }))
    expect(JSON.stringify(answer)).not.toContain('k3y')
    expect(answer).toMatchObject({ text: '[secret] "[secret]" "[secret]" "[secret]" [secret] [secret]=' })
    expect(JSON.stringify(answer)).not.toContain(Buffer.from(value).toString('base64').slice(0, 12))
  })

  test('the sandbox gets a stand-in and our own headers, a vendor neither', async () => {
    const plain = await vendor((_, response) => response.end('{}'), { tls: false })
    const sandboxed = gate({ sandboxOrigin: `http://127.0.0.1:${plain.port}` })
    const request = { sandboxHeaders: { 'x-headwater-idempotency-key': 'r/s' } }
    const answer = await sandboxed.send(requestTo('https://vendor.test/api/', request))
    expect(answer).toMatchObject({ kind: 'answered', url: `http://127.0.0.1:${plain.port}/stub/api/x` })
    expect(plain.seen[0]?.headers).toMatchObject({
      authorization: 'Bearer sandbox:sandbox',
      'x-headwater-idempotency-key': 'r/s',
    })
    const real = await vendor((_, response) => response.end('{}'), { tls: true })
    await gate().send(requestTo(`https://vendor.test:${real.port}`, request))
    expect(real.seen[0]?.headers['x-headwater-idempotency-key']).toBeUndefined()
  })
})

describe('what is refused before anything leaves', () => {
  const bases: [base: string, code: string][] = [
    ['http://vendor.test', 'not-https'],
    ['ftp://vendor.test', 'not-https'],
    ['file:///etc/passwd', 'not-https'],
    ['https://user:pass@vendor.test', 'bad-base-url'],
    ['https://vendor.test/?a=b', 'bad-base-url'],
    ['not a url', 'bad-base-url'],
    ['https://127.0.0.1', 'address-refused'],
    ['https://2130706433', 'address-refused'],
    ['https://0x7f.1', 'address-refused'],
    ['https://[::1]', 'address-refused'],
    ['https://[::ffff:127.0.0.1]', 'address-refused'],
    ['https://169.254.169.254', 'address-refused'],
    ['https://localhost', 'address-refused'],
    ['https://vendor.test', 'address-refused'],
  ]
  test.each(bases)('%s', async (base, code) => {
    const answer = await gate({ allowedNetworks: [] }).send(requestTo(base))
    expect(answer).toMatchObject({ kind: 'refused', code })
  })

  const paths = ['/../admin', '/a/../../b', '/a/%2e%2e/b', '/./x', '/a\\b', '/a?x=1', '/a#b', '/a b']
  test.each(paths)('path %s', async (path) => {
    expect(await gate().send(requestTo('https://vendor.test/api', { path }))).toMatchObject({
      kind: 'refused',
      code: 'bad-path',
    })
  })

  test('one bad address among good ones is enough', async () => {
    const mixed = Promise.resolve([
      { address: '127.0.0.1', family: 4 },
      { address: '10.0.0.1', family: 4 },
    ])
    const answer = await gate({ resolve: () => mixed }).send(requestTo('https://vendor.test'))
    expect(answer).toMatchObject({
      kind: 'refused',
      code: 'address-refused',
      message: expect.stringContaining('10.0.0.1'),
    })
  })

  test('a missing secret', async () => {
    expect(await gate().send(requestTo('https://vendor.test', { secret: null }))).toMatchObject({
      kind: 'refused',
      code: 'missing-secret',
    })
  })

  test('a certificate for another name, or of nobody', async () => {
    const stub = await vendor((_, response) => response.end('{}'), { tls: true })
    const wrong = await gate().send(requestTo(`https://wrong.test:${stub.port}`))
    expect(wrong).toMatchObject({ kind: 'refused', code: 'bad-certificate' })
    const made = new EgressGate({ allowedNetworks: ['127.0.0.0/8'], resolve: () => loopback })
    open.push(made)
    expect(await made.send(requestTo(`https://vendor.test:${stub.port}`))).toMatchObject({
      kind: 'refused',
      code: 'bad-certificate',
    })
    expect(stub.seen).toEqual([])
  })

  test('a header with a line break', async () => {
    const answer = await gate().send(requestTo('https://vendor.test', { headers: { 'x-a': 'b\r\nevil: c' } }))
    expect(answer).toMatchObject({ kind: 'refused', code: 'bad-request' })
  })

  test.each(['http://10.0.0.1:80', 'http://example.com', 'http://127.0.0.1:1/x', 'file:///'])(
    '%s is no sandbox',
    (sandboxOrigin) => {
      expect(() => new EgressGate({ sandboxOrigin })).toThrow(TypeError)
    },
  )
})

test('a name that resolves elsewhere the second time is dialled where it was checked', async () => {
  const stub = await vendor((_, response) => response.end('{}'), { tls: true })
  let asked = 0
  const rebinding = gate({
    allowedNetworks: ['127.0.0.1/32'],
    resolve: () => Promise.resolve([{ address: asked++ === 0 ? '127.0.0.1' : '127.0.0.2', family: 4 }]),
  })
  const request = requestTo(`https://vendor.test:${stub.port}`, { repeatable: false })
  expect(await rebinding.send(request)).toMatchObject({ kind: 'answered' })
  expect(asked).toBe(1)
  expect(await rebinding.send(request)).toMatchObject({ kind: 'refused', code: 'address-refused' })
  expect(stub.seen).toHaveLength(1)
})

test('a redirect is an answer, and nobody follows it', async () => {
  const target = await vendor((_, response) => response.end('{}'), { tls: true })
  const stub = await vendor(
    (_, response) => response.writeHead(302, { location: `https://127.0.0.1:${target.port}/latest/meta-data` }).end(),
    { tls: true },
  )
  expect(await gate().send(requestTo(`https://vendor.test:${stub.port}`))).toMatchObject({
    kind: 'answered',
    status: 302,
  })
  expect(target.seen).toEqual([])
})

test('proxies of the environment are not asked', async () => {
  const proxy = await vendor((_, response) => response.end('{}'), { tls: false })
  const stub = await vendor((_, response) => response.end('{}'), { tls: true })
  const names = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'NODE_USE_ENV_PROXY']
  const before = names.map((name) => process.env[name])
  for (const name of names) process.env[name] = name === 'NODE_USE_ENV_PROXY' ? '1' : `http://127.0.0.1:${proxy.port}`
  try {
    expect(await gate().send(requestTo(`https://vendor.test:${stub.port}`))).toMatchObject({ kind: 'answered' })
  } finally {
    for (const [index, name] of names.entries()) {
      if (before[index] === undefined) delete process.env[name]
      else process.env[name] = before[index]
    }
  }
  expect(proxy.seen).toEqual([])
})

test('connections are used again where a repeat does no harm, and only there', async () => {
  const ports = new Set<number>()
  const stub = await vendor(
    (request, response) => {
      ports.add(request.socket.remotePort ?? 0)
      response.end('{}')
    },
    { tls: true },
  )
  const kept = gate()
  for (let i = 0; i < 5; i++) await kept.send(requestTo(`https://vendor.test:${stub.port}`))
  expect(ports.size).toBe(1)
  for (let i = 0; i < 3; i++)
    await kept.send(requestTo(`https://vendor.test:${stub.port}`, { method: 'POST', repeatable: false }))
  expect(ports.size).toBe(4)
})
