import type { ServerResponse } from 'node:http'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Secret } from '../../../controller/io/connectors/credential.ts'
import { EgressGate, type VendorRequest } from '../../../controller/io/connectors/egress-gate.ts'
import { certificate } from './certificate.ts'
import { connectionTo, type StubVendor, stubVendor } from './stub-vendor.ts'

const password = 'p4ss word/+='
const secret = new Secret(`client-1:${password}`)
let vendor: StubVendor
let now = 0
let issued = 0
let tokenAnswer: (response: ServerResponse) => void
let apiAnswer: (authorization: string, response: ServerResponse) => void
let gate: EgressGate

beforeEach(async () => {
  now = 0
  issued = 0
  tokenAnswer = (response) =>
    response.end(JSON.stringify({ access_token: `token-${++issued}`, token_type: 'Bearer', expires_in: 600 }))
  apiAnswer = (_, response) => response.end('{}')
  vendor = await stubVendor(
    (request, response) =>
      request.url === '/oauth2/token'
        ? tokenAnswer(response)
        : apiAnswer(request.headers.authorization ?? '', response),
    { tls: true },
  )
  const resolve = () => Promise.resolve([{ address: '127.0.0.1', family: 4 }])
  gate = new EgressGate({ authority: certificate, allowedNetworks: ['127.0.0.0/8'], resolve, now: () => now })
})
afterEach(async () => {
  gate.close()
  await vendor.close()
})

function send(rest: Partial<VendorRequest> = {}) {
  return gate.send({
    connection: connectionTo(`https://vendor.test:${vendor.port}/api`),
    path: '/x',
    query: [],
    method: 'POST',
    headers: {},
    sandboxHeaders: {},
    body: undefined,
    auth: { scheme: 'oauth2', tokenUrl: '/oauth2/token', scope: 'read write' },
    secret,
    timeoutMs: 2_000,
    repeatable: false,
    ...rest,
  })
}

const calls = () => vendor.seen.map(({ url, headers }) => `${url} ${headers.authorization ?? '-'}`)

test('id and secret are exchanged for a token in a form, and the token is what the API sees', async () => {
  expect(await send()).toMatchObject({ kind: 'answered', status: 200, url: `https://vendor.test:${vendor.port}/api/x` })
  expect(calls()).toEqual(['/oauth2/token -', '/api/x Bearer token-1'])
  expect(vendor.seen[0]).toMatchObject({
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'grant_type=client_credentials&scope=read+write&client_id=client-1&client_secret=p4ss+word%2F%2B%3D',
  })
})

test('or as basic authentication, each part encoded as in a form', async () => {
  await send({ auth: { scheme: 'oauth2', tokenUrl: '/oauth2/token', clientAuthentication: 'basic' } })
  const pair = Buffer.from('client-1:p4ss+word%2F%2B%3D').toString('base64')
  expect(vendor.seen[0]).toMatchObject({
    headers: { authorization: `Basic ${pair}` },
    body: 'grant_type=client_credentials',
  })
})

test('requests at the same time share one exchange, later ones its token, until shortly before it expires', async () => {
  await Promise.all([send(), send(), send()])
  now = 539_000
  await send()
  expect(issued).toBe(1)
  now = 541_000
  await send()
  expect(issued).toBe(2)
  expect(calls().at(-1)).toBe('/api/x Bearer token-2')
})

test('each connection, scope and secret has a token of its own', async () => {
  await send()
  await send({ connection: connectionTo(`https://vendor.test:${vendor.port}/api`, { owner: 'other' }) })
  await send({ auth: { scheme: 'oauth2', tokenUrl: '/oauth2/token', scope: 'admin' } })
  await send({ secret: new Secret('client-1:rotated') })
  expect(issued).toBe(4)
})

test('a token that is refused is replaced once', async () => {
  apiAnswer = (authorization, response) => response.writeHead(authorization === 'Bearer token-1' ? 401 : 200).end('{}')
  expect(await send()).toMatchObject({ kind: 'answered', status: 200 })
  expect(issued).toBe(2)
  apiAnswer = (_, response) => response.writeHead(401).end('{}')
  expect(await send()).toMatchObject({ kind: 'answered', status: 401 })
  expect(calls().filter((call) => call.startsWith('/api'))).toHaveLength(4)
})

describe('where there is no token nothing is sent to the API', () => {
  const answers: readonly [string, number, string, object][] = [
    [
      'the client is unknown',
      401,
      '{"error":"invalid_client","error_description":"p4ss word/+="}',
      { kind: 'refused', message: 'no token: the token endpoint answered 401: invalid_client' },
    ],
    ['too many', 429, '', { kind: 'unsent', message: 'no token: the token endpoint answered 429' }],
    ['broken', 503, '', { kind: 'unsent' }],
    [
      'a login page',
      200,
      '<html>',
      { kind: 'refused', message: 'no token: the answer of the token endpoint holds no token' },
    ],
    ['a redirect', 302, '', { kind: 'refused' }],
    ['a token with a line break', 200, '{"access_token":"a\\r\\nb"}', { kind: 'refused' }],
    ['another type', 200, '{"access_token":"a","token_type":"mac"}', { kind: 'refused' }],
  ]
  test.each(answers)('%s', async (_, status, text, expected) => {
    tokenAnswer = (response) => response.writeHead(status).end(text)
    const answer = await send()
    expect(answer).toMatchObject({ code: 'no-token', ...expected })
    expect(JSON.stringify(answer)).not.toContain('p4ss')
    expect(calls().filter((call) => call.startsWith('/api'))).toEqual([])
    tokenAnswer = (response) => response.end('{"access_token":"late"}')
    expect(await send()).toMatchObject({ kind: 'answered' })
  })

  test.each([
    ['an origin that the connection does not allow', 'https://other.test/token', secret, 'origin-not-allowed'],
    ['plain http', 'http://vendor.test/token', secret, 'bad-token-url'],
    ['an address that hands out credentials', 'https://169.254.169.254/token', secret, 'origin-not-allowed'],
    ['a secret that is no pair', '/oauth2/token', new Secret('only-one-part'), 'missing-secret'],
  ])('%s', async (_, tokenUrl, used, code) => {
    expect(await send({ secret: used, auth: { scheme: 'oauth2', tokenUrl } })).toMatchObject({ kind: 'refused', code })
    expect(vendor.seen).toEqual([])
  })
})

test('another origin may make the tokens where the connection allows it', async () => {
  const connection = connectionTo(`https://vendor.test:${vendor.port}/api`, {
    allowedOrigins: [`https://other.test:${vendor.port}`],
  })
  const tokenUrl = `https://other.test:${vendor.port}/oauth2/token`
  expect(await send({ connection, auth: { scheme: 'oauth2', tokenUrl } })).toMatchObject({ kind: 'answered' })
  expect(vendor.seen[0]?.headers.host).toBe(`other.test:${vendor.port}`)
})

test('neither secret nor token comes back in an answer', async () => {
  apiAnswer = (authorization, response) => response.end(JSON.stringify({ seen: authorization, also: password }))
  const answer = await send()
  expect(answer).toMatchObject({ text: '{"seen":"Bearer [secret]","also":"[secret]"}' })
})
