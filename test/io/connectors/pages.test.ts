import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { EgressGate } from '../../../controller/io/connectors/egress-gate.ts'
import type { Pages } from '../../../controller/io/connectors/next-page.ts'
import { performAction } from '../../../controller/io/connectors/perform-action.ts'
import { newMap } from '../../../controller/core/model/values.ts'
import { certificate } from './certificate.ts'
import { connectionTo, connectorWith, type StubVendor, stubVendor } from './stub-vendor.ts'

let vendor: StubVendor
let egress: EgressGate
let answer: (url: string) => { body: unknown; link?: string }
beforeEach(async () => {
  vendor = await stubVendor(
    ({ url = '' }, response) => {
      const { body, link } = answer(url)
      response.writeHead(200, link === undefined ? {} : { link }).end(JSON.stringify(body))
    },
    { tls: true },
  )
  const resolve = () => Promise.resolve([{ address: '127.0.0.1', family: 4 }])
  egress = new EgressGate({ authority: certificate, allowedNetworks: ['127.0.0.0/8'], resolve })
})
afterEach(async () => {
  egress.close()
  await vendor.close()
})

const origin = () => `https://vendor.test:${vendor.port}`

async function read(pages: Pages, output = '${{ requests.isolate.body }}') {
  const request = { method: 'GET', path: '/hosts', query: { filter: 'a b' }, pages } as const
  const outcome = await performAction({
    connection: connectionTo(`${origin()}/api`),
    connector: connectorWith(request, { idempotent: true, output: { all: output } }, { scheme: 'none' }),
    action: 'isolate_endpoint',
    input: newMap(),
    idempotencyKey: 'run/step',
    secret: null,
    timeoutMs: 5_000,
    egress,
  })
  return { outcome, all: outcome.kind === 'succeeded' ? outcome.outputs['all'] : outcome.code }
}

const urls = () => vendor.seen.map(({ url }) => url)
const paramOf = (url: string, name: string) => new URL(url, 'https://x').searchParams.get(name)

test('by a link in the body', async () => {
  answer = (url) =>
    url.includes('token=2')
      ? { body: { value: ['c'], '@odata.nextLink': null } }
      : { body: { value: ['a', 'b'], '@odata.nextLink': `${origin()}/api/hosts?filter=a%20b&token=2` } }
  const { outcome, all } = await read({ by: 'link', items: 'value', next: '@odata.nextLink' })
  expect(all).toMatchObject({ value: ['a', 'b', 'c'] })
  expect(urls()).toEqual(['/api/hosts?filter=a+b', '/api/hosts?filter=a+b&token=2'])
  expect(outcome.requests).toHaveLength(2)
})

test('by the header Link, where the body is the list', async () => {
  answer = (url) =>
    url.includes('after=2')
      ? { body: ['b'], link: '<https://vendor.test/api/hosts>; rel="self"' }
      : { body: ['a'], link: `<${origin()}/api/hosts>; rel="self", <${origin()}/api/hosts?after=2>; rel="next"` }
  expect((await read({ by: 'link', items: '.' })).all).toEqual(['a', 'b'])
})

test('by a cursor', async () => {
  const pages: Record<string, object> = {
    '': { result: { items: [1], cursor: 'x/y' } },
    'x/y': { result: { items: [2], cursor: 'z' } },
    z: { result: { items: [], cursor: '' } },
  }
  answer = (url) => ({ body: pages[paramOf(url, 'after') ?? ''] })
  const { all } = await read({ by: 'cursor', items: 'result.items', next: 'result.cursor', parameter: 'after' })
  expect(all).toEqual({ result: { items: [1, 2], cursor: 'x/y' } })
  expect(urls().map((url) => paramOf(url, 'after'))).toEqual([null, 'x/y', 'z'])
})

test('by number, and by how many came before: a page that is not full is the last', async () => {
  answer = (url) => ({ body: { items: Number(paramOf(url, 'p') ?? 0) >= 3 ? [9] : [1, 2] } })
  expect((await read({ by: 'page', items: 'items', parameter: 'p', size: 2 })).all).toEqual({ items: [1, 2, 1, 2, 9] })
  expect(urls().map((url) => paramOf(url, 'p'))).toEqual([null, '2', '3'])
  vendor.seen.splice(0)
  answer = (url) => ({ body: { items: Number(paramOf(url, 'skip') ?? 0) >= 4 ? [] : [1, 2] } })
  await read({ by: 'offset', items: 'items', parameter: 'skip', size: 2 })
  expect(urls().map((url) => paramOf(url, 'skip'))).toEqual([null, '2', '4'])
})

test('`most` leaves the rest and says so', async () => {
  let cursor = 0
  answer = () => ({ body: { items: [++cursor], next: cursor } })
  const by = { by: 'cursor', items: 'items', next: 'next', parameter: 'c', most: 3 } as const
  expect((await read(by, '${{ [requests.isolate.body.items, requests.isolate.more] }}')).all).toEqual([[1, 2, 3], true])
})

describe('a vendor cannot', () => {
  test.each([
    ['lead elsewhere', () => 'https://evil.test/api/hosts'],
    ['lead to another port', () => 'https://vendor.test/api/hosts'],
    ['lead beside the base URL', () => `${origin()}/admin`],
    ['lead out of it', () => '../../admin'],
    ['ask for a password', () => `https://a:b@vendor.test:${vendor.port}/api/hosts`],
  ])('%s', async (_, link) => {
    answer = () => ({ body: { value: [], next: link() } })
    expect((await read({ by: 'link', items: 'value', next: 'next' })).all).toBe('bad-answer')
    expect(vendor.seen).toHaveLength(1)
  })

  test('lead in a circle', async () => {
    answer = () => ({ body: { value: [1], next: 'same' } })
    const { outcome } = await read({ by: 'cursor', items: 'value', next: 'next', parameter: 'c' })
    expect(outcome).toMatchObject({ kind: 'failed', message: expect.stringContaining('read already') })
    expect(vendor.seen).toHaveLength(2)
  })

  test('lead on for ever, or send more than we read', async () => {
    let cursor = 0
    const by = { by: 'cursor', items: 'value', next: 'next', parameter: 'c' } as const
    answer = () => ({ body: { value: [], next: ++cursor } })
    expect((await read(by)).outcome).toMatchObject({ message: expect.stringContaining('more than 100 pages') })
    expect(vendor.seen).toHaveLength(100)
    answer = () => ({ body: { value: ['x'.repeat(3_500_000)], next: ++cursor } })
    expect((await read(by)).all).toBe('answer-too-large')
  })

  test('give another thing for a list', async () => {
    answer = () => ({ body: { value: 'none' } })
    expect((await read({ by: 'link', items: 'value' })).all).toBe('bad-answer')
  })
})
