import type { RequestListener } from 'node:http'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { toValue, type JsonMap } from '../../../controller/core/model/values.ts'
import { EgressGate } from '../../../controller/io/connectors/egress-gate.ts'
import { performAction } from '../../../controller/io/connectors/perform-action.ts'
import { certificate } from './certificate.ts'
import { connectionTo, connectorWith, type StubVendor, stubVendor } from './stub-vendor.ts'

/** Tickets by correlation id, in a product that knows no idempotency key. */
let tickets: Record<string, string>
let create: RequestListener
let find: RequestListener
let vendor: StubVendor
let egress: EgressGate
beforeEach(async () => {
  tickets = {}
  create = (_, response) => {
    const { correlation } = JSON.parse(vendor.seen.at(-1)?.body ?? '{}') as { correlation: string }
    tickets[correlation] = `T-${Object.keys(tickets).length + 1}`
    response.writeHead(201).end(JSON.stringify({ id: tickets[correlation] }))
  }
  find = ({ url = '' }, response) => {
    const id = tickets[new URL(url, 'https://x').searchParams.get('correlation') ?? '']
    response.end(JSON.stringify({ found: id === undefined ? [] : [{ id }] }))
  }
  vendor = await stubVendor((request, response) => (request.method === 'GET' ? find : create)(request, response), {
    tls: true,
  })
  const resolve = () => Promise.resolve([{ address: '127.0.0.1', family: 4 }])
  egress = new EgressGate({ authority: certificate, allowedNetworks: ['127.0.0.0/8'], resolve })
})
afterEach(async () => {
  egress.close()
  await vendor.close()
})

const example = { status: 200, body: toValue({}) }
const connector = connectorWith(
  { path: '/tickets', body: toValue({ correlation: '${{ key }}' }), example },
  {
    output: toValue({ id: '${{ requests.isolate.body.id }}' }) as JsonMap,
    lookup: {
      requests: [{ id: 'known', method: 'GET', path: '/tickets', query: { correlation: '${{ key }}' }, example }],
      found: '${{ size(requests.known.body.found) > 0 }}',
      output: toValue({ id: '${{ requests.known.body.found[0].id }}' }) as JsonMap,
    },
  },
  { scheme: 'none' },
)

const attempt = (again: boolean) =>
  performAction({
    connection: connectionTo(`https://vendor.test:${vendor.port}`),
    connector,
    action: 'isolate_endpoint',
    input: toValue({}) as JsonMap,
    idempotencyKey: 'run-1/ticket',
    secret: null,
    again,
    timeoutMs: 2_000,
    egress,
  })
const methods = () => vendor.seen.map(({ method }) => method)

test('the first attempt does not look', async () => {
  expect(await attempt(false)).toMatchObject({ kind: 'succeeded', outputs: { id: 'T-1' } })
  expect(methods()).toEqual(['POST'])
})

test('one that took effect before its answer was lost is found and not repeated', async () => {
  const works = create
  create = (request, response) => {
    works(request, { writeHead: () => ({ end: () => response.destroy() }) } as never)
  }
  expect(await attempt(false)).toMatchObject({ kind: 'unknown' })
  create = works
  expect(await attempt(true)).toMatchObject({ kind: 'succeeded', outputs: { id: 'T-1' } })
  expect([methods(), Object.keys(tickets)]).toEqual([['POST', 'GET'], ['run-1/ticket']])
})

test('one that took no effect is done', async () => {
  expect(await attempt(true)).toMatchObject({ kind: 'succeeded', outputs: { id: 'T-1' } })
  expect(methods()).toEqual(['GET', 'POST'])
})

test.each([
  ['the lookup is refused', (response) => response.writeHead(403).end()],
  ['it is too busy', (response) => response.writeHead(503).end()],
  ['it answers something else', (response) => response.end('{"rows": []}')],
] satisfies [string, (response: Parameters<RequestListener>[1]) => unknown][])(
  'where it cannot be found out nothing is done, and nobody says that it failed: %s',
  async (_, bad) => {
    find = (_request, response) => void bad(response)
    const outcome = await attempt(true)
    expect(outcome).toMatchObject({ kind: 'unknown', message: expect.stringContaining('cannot be looked up') })
    expect(methods()).toEqual(['GET'])
  },
)
