import { randomUUID } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { routesOf } from '../../controller/api/routes.ts'
import type { RunningController } from '../../controller/cli/running-controller.ts'
import { startController } from '../../controller/start-controller.ts'
import { copyStarterFleet, stateFile, temporaryFolder } from './controller-process.ts'
import { sandboxOptions } from './sandbox-options.ts'
import { signedHeaders } from './signed-delivery.ts'

const fleet = temporaryFolder()
const state = temporaryFolder()
let controller: RunningController

beforeAll(async () => {
  copyStarterFleet(fleet.path)
  controller = await startController(sandboxOptions(fleet.path, state.path))
  await controller.reconcile()
}, 120_000)

afterAll(async () => {
  await controller.close()
  fleet[Symbol.dispose]()
  state[Symbol.dispose]()
})

const contoso = 'acme/north/contoso'
const alert = (): Buffer => readFileSync(join(fleet.path, 'examples/alerts/account-lockout.json'))

async function call(
  method: string,
  path: string,
  { token, body, headers = {} }: { token?: string; body?: Buffer | string; headers?: Record<string, string> } = {},
) {
  const response = await fetch(`${controller.url}${path}`, {
    method,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : new Uint8Array(body) }),
  })
  return {
    status: response.status,
    body: (await response.json()) as Record<string, never> & {
      runs: { id: string; state: string }[]
      error: { code: string; message: string }
    },
  }
}

function signed(body: Buffer, options: { id?: string; tenant?: string; at?: number } = {}): Record<string, string> {
  const { id = randomUUID(), tenant = contoso, at = Date.now() } = options
  const uid = controller.view.applied.get(tenant)?.uid ?? ''
  return signedHeaders(controller.view.webhookSecret(uid), { id, body, at })
}

describe('every route', () => {
  const routes = routesOf({} as Parameters<typeof routesOf>[0], () => '')

  test.each(routes.map((route) => [`${route.method} ${route.path}`, route] as const))(
    '%s says what it wants and what it answers',
    (_, route) => {
      expect(route.permission).toBeTruthy()
      expect(Object.keys(route.responses).length).toBeGreaterThan(0)
      expect(route.summary).not.toBe('')
    },
  )

  test.each(
    routes.filter((route) => route.permission !== 'public').map((route) => [route.method, route.path] as const),
  )('%s %s is closed to strangers', async (method, path) => {
    const url = path.replace(':id', 'x').replace('*', contoso)
    for (const token of [undefined, 'hw_wrong']) {
      const answer = await call(method, url, {
        ...(token !== undefined && { token }),
        ...(method === 'POST' && { body: '{}' }),
      })
      expect(answer.status).toBe(401)
      expect(answer.body.error.code).toBe('unauthorized')
    }
  })
})

test('the token is readable by its user alone', () => {
  expect(statSync(join(state.path, 'token')).mode & 0o777).toBe(0o600)
  expect(statSync(join(state.path, 'installation.key')).mode & 0o777).toBe(0o600)
})

test('a second controller on the same state folder, or on the same port, is told so', async () => {
  using other = temporaryFolder()
  await expect(startController(sandboxOptions(fleet.path, state.path))).rejects.toMatchObject({
    code: 'state-locked',
  })
  const { port } = new URL(controller.url)
  await expect(
    startController({ ...sandboxOptions(fleet.path, other.path), port: Number(port) }),
  ).rejects.toMatchObject({
    code: 'port-taken',
  })
})

describe('a delivery', () => {
  test('that is signed starts the workflow that matches it, once', async () => {
    const body = alert()
    const headers = signed(body, { id: 'delivery-1', at: Date.now() - 2_000 })
    const first = await call('POST', `/hooks/${contoso}`, { body, headers })
    expect(first.status).toBe(202)
    expect(first.body.runs).toMatchObject([{ workflow: 'user-lockout', state: 'accepted' }])
    expect((await call('POST', `/hooks/${contoso}`, { body, headers })).status).toBe(409)
    const again = await call('POST', `/hooks/${contoso}`, { body, headers: signed(body, { id: 'delivery-1' }) })
    expect(again.status).toBe(202)
    expect(again.body.runs).toMatchObject([{ id: first.body.runs[0]?.id, state: 'already-accepted' }])
    const { state: run } = await controller.finished(first.body.runs[0]?.id ?? '')
    expect(run.phase).toBe('succeeded')
  })

  test('that no workflow matches is taken and starts nothing', async () => {
    const body = Buffer.from('{"class_uid": 1}')
    const answer = await call('POST', `/hooks/${contoso}`, { body, headers: signed(body) })
    expect([answer.status, answer.body.runs]).toEqual([200, []])
  })

  const refused: [string, () => { body: Buffer; headers: Record<string, string> }][] = [
    ['without a signature', () => ({ body: alert(), headers: {} })],
    ['with another body', () => ({ body: Buffer.from('{}'), headers: signed(alert()) })],
    [
      'signed for another tenant',
      () => ({ body: alert(), headers: signed(alert(), { tenant: 'acme/south/fabrikam' }) }),
    ],
    ['older than five minutes', () => ({ body: alert(), headers: signed(alert(), { at: Date.now() - 301_000 }) })],
    ['from the future', () => ({ body: alert(), headers: signed(alert(), { at: Date.now() + 301_000 }) })],
    ['under another id', () => ({ body: alert(), headers: { ...signed(alert()), 'webhook-id': 'other' } })],
  ]
  test.each(refused)('%s is refused', async (_, make) => {
    expect((await call('POST', `/hooks/${contoso}`, make())).status).toBe(401)
  })

  test('that is no JSON, or too large, is refused and the controller goes on', async () => {
    const broken = Buffer.from('{"a":')
    expect((await call('POST', `/hooks/${contoso}`, { body: broken, headers: signed(broken) })).status).toBe(400)
    const large = Buffer.from(JSON.stringify({ text: 'x'.repeat(1024 * 1024) }))
    expect((await call('POST', `/hooks/${contoso}`, { body: large, headers: signed(large) })).status).toBe(413)
    expect((await call('GET', '/healthz')).status).toBe(200)
  })
})

describe('the operator', () => {
  const token = (): string => stateFile(state.path, 'token')

  test('starts a run, once a request id, and reads it step by step', async () => {
    const body = JSON.stringify({
      tenant: 'acme/south/fabrikam',
      workflow: 'user-lockout',
      inputs: { user: 'clerk@customer.example' },
      requestId: 'r1',
    })
    const first = await call('POST', '/v1/runs', { token: token(), body })
    const again = await call('POST', '/v1/runs', { token: token(), body })
    expect([first.status, again.body.runs[0]?.state]).toEqual([202, 'already-accepted'])
    const id = first.body.runs[0]?.id ?? ''
    await controller.finished(id)
    const detail = await call('GET', `/v1/runs/${id}`, { token: token() })
    expect(detail.body).toMatchObject({
      run: { state: 'succeeded', tenant: 'acme/south/fabrikam' },
      connectors: { defender: 'microsoft-defender-endpoint' },
    })
  })

  test('is told which input is wrong', async () => {
    const body = JSON.stringify({ tenant: contoso, workflow: 'user-lockout', inputs: { usr: 'x' } })
    const answer = await call('POST', '/v1/runs', { token: token(), body })
    expect(answer.status).toBe(422)
    expect(answer.body.error.message).toContain('user')
  })

  test('answers an approval, and the run goes on', async () => {
    const inputs = { user: 'admin@customer.example' }
    const started = await call('POST', '/v1/runs', {
      token: token(),
      body: JSON.stringify({ tenant: 'acme/north/marlow', workflow: 'compromised-user-response', inputs }),
    })
    const id = started.body.runs[0]?.id ?? ''
    const { state: waiting } = await controller.finished(id)
    const step = [...waiting.steps.values()].find((candidate) => candidate.phase === 'asked')?.id
    expect(step).toBeDefined()
    expect(
      (
        await call('POST', `/v1/runs/${id}/approvals`, {
          token: token(),
          body: JSON.stringify({ step: 'nothing', approved: true }),
        })
      ).status,
    ).toBe(409)
    expect(
      (
        await call('POST', `/v1/runs/${id}/approvals`, {
          token: token(),
          body: JSON.stringify({ step, approved: true }),
        })
      ).status,
    ).toBe(200)
  })

  test('is told when there is nothing to resolve', async () => {
    const body = JSON.stringify({
      tenant: contoso,
      workflow: 'user-lockout',
      inputs: { user: 'clerk@customer.example' },
    })
    const started = await call('POST', '/v1/runs', { token: token(), body })
    const id = started.body.runs[0]?.id ?? ''
    await controller.finished(id)
    const resolution = JSON.stringify({ step: 'ticket', connection: 'psa', as: 'succeeded' })
    const answer = await call('POST', `/v1/runs/${id}/resolutions`, { token: token(), body: resolution })
    expect(answer.status).toBe(409)
    const wrong = JSON.stringify({ step: 'ticket', connection: 'psa', as: 'perhaps' })
    expect((await call('POST', `/v1/runs/${id}/resolutions`, { token: token(), body: wrong })).status).toBe(400)
  })

  test('gets an answer for what is not there', async () => {
    expect((await call('GET', '/v1/runs/none', { token: token() })).status).toBe(404)
    expect((await call('GET', '/v1/nothing', { token: token() })).body.error.message).toBe(
      'there is no GET /v1/nothing',
    )
  })
})
