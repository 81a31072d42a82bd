import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Worker } from 'node:worker_threads'
import { generateX25519Identity, identityToRecipient } from 'age-encryption'
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import { workflow } from '../fakes/fleet-files.ts'
import { type StubVendor, stubVendor } from '../io/connectors/stub-vendor.ts'
import { ControllerProcess, headwater, root, temporaryFolder } from './controller-process.ts'
import { liveFleet, secretsFile } from './live-fleet.ts'

const key = 'sk-live-0123456789'
let vendor: StubVendor
beforeAll(async () => {
  vendor = await stubVendor((_, response) => response.end('{"id": "block-1"}'), { tls: true })
})
afterAll(() => vendor.close())
beforeEach(() => vendor.seen.splice(0))

const connector = (auth: string) => `spec:
  vendor: Example
  product: EDR
  auth: ${auth}
  actions:
    - action: block
      requests: [{ id: block, method: POST, path: /block, body: { all: true }, example: { status: 200, body: { id: x } } }]
      output: { id: '\${{ requests.block.body.id }}' }
`

test.each([
  ['{ scheme: bearer }', { authorization: `Bearer ${key}` }],
  ['{ scheme: header, header: X-Api-Key }', { 'x-api-key': key }],
  ['{ scheme: basic }', { authorization: `Basic ${Buffer.from(key).toString('base64')}` }],
])('a live vendor receives the secret of the tenant that declares the connection: %s', async (auth, headers) => {
  const { run, setSecret, controller, state } = await liveFleet(vendor.port, connector(auth))
  await setSecret('edr-key', key)
  const { state: ended, events } = await run()
  expect(ended).toMatchObject({ phase: 'succeeded' })
  expect(vendor.seen).toMatchObject([{ method: 'POST', url: '/block', headers }])
  // Nowhere in what is kept or shown.
  expect(JSON.stringify([events, controller.view.reconciled()?.problems])).not.toContain(key)
  expect(readFileSync(join(state, 'age.key'), 'utf8')).toMatch(/^AGE-SECRET-KEY-/m)
  expect(statSync(join(state, 'age.key')).mode & 0o777).toBe(0o600)
})

test('a secret that was changed in the fleet is used by the next run', async () => {
  const { run, setSecret } = await liveFleet(vendor.port, connector('{ scheme: bearer }'))
  await setSecret('edr-key', 'first-key')
  await run()
  await setSecret('edr-key', 'second-key')
  await run()
  expect(vendor.seen.map(({ headers }) => headers.authorization)).toEqual(['Bearer first-key', 'Bearer second-key'])
})

test('a run that goes on before the fleet was read waits for its secret', async () => {
  const waiting = workflow(
    'block',
    'steps: [{ id: rest, sleep: { seconds: 1 } }, { id: block, action: block, with: {}, retry: { attempts: 1 } }]',
  )
  const { start, setSecret, restart } = await liveFleet(vendor.port, connector('{ scheme: bearer }'), waiting)
  await setSecret('edr-key', key)
  const runId = await start()
  const again = await restart()
  const typesOf = () => again.view.history(runId, { kind: 'operator' })?.events.map(({ type }) => type)
  await expect.poll(typesOf, { timeout: 20_000 }).toContain('AttemptScheduled')
  expect(vendor.seen).toEqual([])
  await again.reconcile()
  expect((await again.finished(runId)).state).toMatchObject({ phase: 'succeeded' })
  expect(vendor.seen).toMatchObject([{ headers: { authorization: `Bearer ${key}` } }])
})

test('without the file, the name or the right key the attempt fails with code, file and next step, and nothing is sent', async () => {
  const { run, setSecret } = await liveFleet(vendor.port, connector('{ scheme: bearer }'))
  const failureOf = async () => (await run()).state.failure
  const failed = (message: string) => ({ code: 'secret-unavailable', message: expect.stringContaining(message) })
  expect(await failureOf()).toMatchObject(failed(`secret-missing: ${secretsFile}: there is no such file`))
  await setSecret('other-key', key)
  expect(await failureOf()).toMatchObject(failed('it has no secret `edr-key`. The secret is not there: add it with'))
  const stranger = await identityToRecipient(await generateX25519Identity())
  await setSecret('edr-key', key, [stranger])
  expect(await failureOf()).toMatchObject(failed(`age-key-wrong: ${secretsFile}: it is encrypted for ${stranger}`))
  expect(vendor.seen).toEqual([])
})

test('the secret goes to no other origin than the connection says', async () => {
  const { run, setSecret } = await liveFleet(vendor.port, connector('{ scheme: bearer }'), {
    'tenants/acme/connections/edr.yaml': `apiVersion: headwater.dev/v1
kind: Connection
metadata: { name: edr }
spec: { connector: edr, baseUrl: 'https://169.254.169.254:${vendor.port}', secret: edr-key }
`,
  })
  await setSecret('edr-key', key)
  expect((await run()).state.failure).toMatchObject({ code: 'address-refused' })
  expect(vendor.seen).toEqual([])
})

test('a ticket whose answer was lost is looked up, and not opened twice', async () => {
  const tickets: string[] = []
  const desk = await stubVendor(
    ({ method }, response) => {
      if (method === 'GET') return void response.end(JSON.stringify({ tickets }))
      tickets.push((JSON.parse(desk.seen.at(-1)?.body ?? '{}') as { correlation: string }).correlation)
      response.destroy()
    },
    { tls: true },
  )
  onTestFinished(() => desk.close())
  const { run, setSecret } = await liveFleet(
    desk.port,
    `spec:
  vendor: Example
  product: Desk
  auth: { scheme: bearer }
  actions:
    - action: block
      requests: [{ id: open, method: POST, path: /tickets, body: { correlation: '\${{ key }}' }, example: { status: 201 } }]
      output: { id: never }
      lookup:
        requests: [{ id: known, method: GET, path: /tickets, query: { correlation: '\${{ key }}' }, example: { status: 200 } }]
        found: \${{ size(requests.known.body.tickets) > 0 }}
        output: { id: '\${{ requests.known.body.tickets[0] }}' }
`,
    workflow('block', 'steps: [{ id: block, action: block, with: {}, retry: { attempts: 2, delaySeconds: 1 } }]'),
  )
  await setSecret('edr-key', key)
  const { state } = await run()
  expect(state).toMatchObject({ phase: 'succeeded' })
  expect(tickets).toHaveLength(1)
  expect(state.steps.get('block')?.outputs).toEqual({ id: tickets[0] })
})

test('secret set takes the value from standard input and leaves ciphertext; list shows names', async () => {
  using state = temporaryFolder()
  const { folder } = await liveFleet(vendor.port, connector('{ scheme: bearer }'))
  const common = ['--repo', folder, '--state', state.path]
  const { stdout: recipient } = await headwater(['secret', 'recipient', '--state', state.path])
  expect(recipient).toMatch(/^age1[a-z0-9]{58}\n$/)

  const set = spawn(process.execPath, [join(root, 'controller/main.ts'), 'secret', 'set', 'acme', 'edr-key', ...common])
  set.stdin.end(`${key}\n`)
  expect(await once(set, 'close')).toEqual([0, null])
  const text = readFileSync(join(folder, secretsFile), 'utf8')
  expect(text).toContain(recipient.trim())
  expect(text).not.toContain(key)

  const { stdout } = await headwater(['secret', 'list', 'acme', '--repo', folder, '-o', 'json'])
  expect(JSON.parse(stdout)).toMatchObject({ names: ['edr-key'], recipients: [recipient.trim()], file: secretsFile })

  expect((await headwater(['validate', '--repo', folder])).stdout).toContain(': no problems')
  const connection = join(folder, 'tenants/acme/connections/edr.yaml')
  writeFileSync(connection, readFileSync(connection, 'utf8').replace('edr-key', 'edr-kee'))
  expect((await headwater(['validate', '--repo', folder])).stdout).toContain('did you mean `edr-key`?')
  writeFileSync(join(folder, secretsFile), `edr-kee: ${key}\n`)
  const plain = await headwater(['validate', '--repo', folder])
  expect(plain.stdout).toContain('secrets-unreadable')
  expect([plain.code, plain.stdout.includes(key)]).toEqual([1, false])

  await using unknown = new ControllerProcess(['secret', 'list', 'acme/sooth', '--repo', folder])
  expect(await unknown.ended).toBe(1)
  expect(unknown.stderr).toContain('unknown-tenant')
})

test('an attempt waits for its secret while nobody reconciles, and keeps no controller from stopping', async () => {
  const threads: Worker[] = []
  const noted = (worker: Worker): void => {
    if (worker.threadName === 'reconcile') threads.push(worker)
  }
  // From then on every thread ends as soon as it has begun.
  const ended = (worker: Worker): void => {
    if (worker.threadName === 'reconcile') void worker.terminate()
  }
  process.on('worker', noted)
  onTestFinished(() => void process.off('worker', noted).off('worker', ended))
  const { controller, setSecret, start } = await liveFleet(vendor.port, connector('{ scheme: bearer }'))
  await setSecret('edr-key', key)
  process.on('worker', ended)
  await threads.at(-1)?.terminate()

  const id = await start()
  const history = () => controller.view.history(id, { kind: 'operator' })
  await expect.poll(() => history()?.events.at(-1)?.type).toBe('AttemptScheduled')
  expect(controller.view.health()).toMatchObject({ kind: 'degraded' })
  await controller.close()
  expect(vendor.seen).toEqual([])
})
