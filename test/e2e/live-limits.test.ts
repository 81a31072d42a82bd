import type { RequestListener } from 'node:http'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Files, workflow } from '../fakes/fleet-files.ts'
import { type StubVendor, stubVendor } from '../io/connectors/stub-vendor.ts'
import { headwater, stateFile } from './controller-process.ts'
import { inheritor, type LiveFleet, liveFleet } from './live-fleet.ts'

let vendor: StubVendor
let answer: RequestListener
beforeAll(async () => {
  vendor = await stubVendor((request, response) => answer(request, response), { tls: true })
})
afterAll(() => vendor.close())
beforeEach(() => {
  answer = (_, response) => response.end('{"id": "block-1"}')
  vendor.seen.splice(0)
})

async function fleet(rest = '', files: Files = {}): Promise<LiveFleet> {
  const connector = `spec:
  vendor: Example
  product: EDR
  auth: { scheme: bearer }
  ${rest}
  actions:
    - action: block
      idempotent: true
      requests: [{ id: block, method: POST, path: /block, body: { all: true }, example: { status: 200, body: { id: recorded } } }]
      output: { id: '\${{ requests.block.body.id }}' }
`
  const made = await liveFleet(vendor.port, connector, files)
  await made.setSecret('edr-key', 'sk-live-0123456789')
  return made
}

async function connectionsOf({ controller, state }: LiveFleet) {
  const headers = { authorization: `Bearer ${stateFile(state, 'token')}` }
  const response = await fetch(`${controller.url}/v1/connections/${inheritor}`, { headers })
  return (await response.json()) as { connections: { breaker: string; notBefore: number | null }[] }
}

test('the rate limit of a connector holds for all runs: the same attempts come later, and none is lost', async () => {
  const live = await fleet('rateLimit: { requests: 2, perSeconds: 1 }')
  const ids = await Promise.all([live.start(), live.start(), live.start()])
  const histories = await Promise.all(ids.map((id) => live.ended(id)))
  expect(histories.map(({ state }) => state.phase)).toEqual(['succeeded', 'succeeded', 'succeeded'])
  expect(vendor.seen).toHaveLength(3)
  const events = histories.flatMap((history) => history.events)
  const postponed = events.filter((event) => event.type === 'TimerSet')
  expect(postponed).toMatchObject([
    { postponed: 'edr: the vendor’s rate limit is used up' },
    { postponed: 'edr: the vendor’s rate limit is used up' },
  ])
  // What was not sent is no attempt.
  expect(events.flatMap((event) => (event.type === 'AttemptScheduled' ? [event.attempt] : []))).toEqual([1, 1, 1, 1, 1])
})

test('Retry-After holds the connection for every run', async () => {
  const live = await fleet(
    '',
    workflow('block', 'steps: [{ id: block, action: block, with: {}, retry: { attempts: 2, delaySeconds: 1 } }]'),
  )
  answer = (_, response) => {
    const isFirst = vendor.seen.length === 1
    response.writeHead(isFirst ? 429 : 200, isFirst ? { 'retry-after': '2' } : {}).end('{"id": "block-1"}')
  }
  const first = await live.start()
  await expect
    .poll(() => live.controller.view.history(first, { kind: 'operator' })?.events.at(-1)?.type, { timeout: 20_000 })
    .toBe('TimerSet')
  expect(await connectionsOf(live)).toMatchObject({
    connections: [{ name: 'edr', owner: 'acme', actions: ['block'], breaker: 'closed', notBefore: expect.any(Number) }],
  })
  const second = await live.run()
  expect(second.events).toContainEqual(expect.objectContaining({ postponed: 'edr: the vendor asked to wait' }))
  const { events } = await live.ended(first)
  expect(events).toContainEqual(expect.objectContaining({ type: 'AttemptFailed', code: 'http-429', afterMs: 2_000 }))
  expect([second.state.phase, (await live.ended(first)).state.phase]).toEqual(['succeeded', 'succeeded'])
  expect(vendor.seen).toHaveLength(3)
})

test('after five outages in a row the product is left alone', async () => {
  const live = await fleet()
  answer = (_, response) => response.writeHead(503).end()
  const codes: (string | undefined)[] = []
  for (let i = 0; i < 7; i++) codes.push((await live.run()).state.failure?.code)
  expect(codes).toEqual([...Array(5).fill('http-503'), 'circuit-open', 'circuit-open'])
  expect(vendor.seen).toHaveLength(5)
  expect(await connectionsOf(live)).toMatchObject({ connections: [{ breaker: 'open', notBefore: expect.any(Number) }] })
})

test('a run for the sandbox reaches no vendor, although the controller does', async () => {
  const live = await fleet('rateLimit: { requests: 1, perSeconds: 3600 }')
  const trial = await live.run({ sandbox: true })
  expect(trial.events[0]).toMatchObject({ type: 'RunRequested', sandbox: true })
  expect(trial.state.steps.get('block')?.outputs).toEqual({ id: 'recorded' })
  expect(vendor.seen).toEqual([])

  const { stdout, code } = await headwater([
    'run',
    'block',
    '--tenant',
    inheritor,
    '--sandbox',
    '--wait',
    '--state',
    live.state,
  ])
  expect(stdout).toMatch(/✓ succeeded {2}sandbox {2}block 1.0.0/)
  expect(code).toBe(0)
  expect(vendor.seen).toEqual([])
  // Trials take nothing from the limit, and the next one is meant.
  expect((await live.run()).state.phase).toBe('succeeded')
  expect(vendor.seen).toHaveLength(1)
})
