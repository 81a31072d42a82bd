import type { ServerResponse } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { workflow } from '../fakes/fleet-files.ts'
import { type StubVendor, stubVendor } from '../io/connectors/stub-vendor.ts'
import { liveFleet } from './live-fleet.ts'

const connector = `spec:
  vendor: Example
  product: EDR
  auth: { scheme: none }
  actions:
    - action: block
      idempotent: true
      requests: [{ id: block, method: POST, path: /block, example: { status: 200, body: { id: x } } }]
      output: { id: '\${{ requests.block.body.id }}' }
`
const answerWell = (response: ServerResponse): void => void response.end('{"id": "block-1"}')
let answer: (response: ServerResponse) => void = answerWell
let vendor: StubVendor
beforeAll(async () => {
  vendor = await stubVendor((_, response) => answer(response), { tls: true })
})
afterAll(() => vendor.close())

const gigabyte = 2 ** 30
const piece = Buffer.alloc(2 ** 20, 'x')

/** As fast as it is read, until it is enough or the other side has gone. */
function pour(response: ServerResponse): void {
  let left = gigabyte
  const more = () => {
    while (left > 0 && !response.destroyed) {
      left -= piece.length
      if (!response.write(piece)) return void response.once('drain', more)
    }
    response.end()
  }
  more()
}

function drip(response: ServerResponse): void {
  response.write('{')
  const dripping = setInterval(() => response.write(' '), 50)
  response.on('close', () => clearInterval(dripping))
}

test.each<[string, (response: ServerResponse) => void, string]>([
  ['answers with a gigabyte', pour, 'answer-too-large'],
  [
    'says that it will answer with a gigabyte',
    (response) => void response.writeHead(200, { 'content-length': String(gigabyte) }).write(piece),
    'answer-too-large',
  ],
  ['never answers', () => {}, 'timeout'],
  ['answers a byte at a time', drip, 'timeout'],
  ['answers with a list in a list in a list', (response) => void response.end('['.repeat(2_000_000)), 'bad-answer'],
  ['ends the connection', (response) => response.destroy(), 'connection-lost'],
])('a vendor that %s costs the step, and the next run is performed', async (_, misbehave, code) => {
  const { run, setSecret } = await liveFleet(
    vendor.port,
    connector,
    workflow('block', 'steps: [{ id: block, action: block, with: {}, timeoutSeconds: 2, retry: { attempts: 1 } }]'),
  )
  await setSecret('edr-key', 'key')
  answer = misbehave
  expect((await run()).state).toMatchObject({ phase: 'failed', failure: { code } })
  answer = answerWell
  expect((await run()).state).toMatchObject({ phase: 'succeeded' })
})
