import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RunningController } from '../../controller/cli/running-controller.ts'
import { share, tenant, workflow } from '../fakes/fleet-files.ts'
import { stateFile } from './controller-process.ts'
import { post, signedMessage } from './signed-delivery.ts'
import { triggeredFleet } from './triggered-fleet.ts'

const files = {
  ...tenant('acme', 'values: { desk: first }', 'uid-acme'),
  ...tenant('beta', '', 'uid-beta'),
  ...tenant('gone', 'suspended: true', 'uid-gone'),
  ...workflow(
    'lockout',
    `
    triggers:
      - id: form
        type: webhook
        match: \${{ !has(trigger.payload.kind) || trigger.payload.kind == 'lockout' }}
        dedupe: \${{ trigger.payload.ticket }}
        inputs: { user: '\${{ trigger.payload.who.mail }}', desk: '\${{ has(tenant.values.desk) ? tenant.values.desk : "none" }}' }
      - { id: plain, type: webhook, inputs: { user: someone } }
      - { id: hand, type: manual }
    inputs: { required: [user], properties: { user: { type: string }, desk: { type: string } } }
    steps: [{ id: note, set: { user: '\${{ inputs.user }}' } }]`,
  ),
  ...share('all', 'lockout'),
}

const fleet = triggeredFleet(files)
let controller: RunningController

beforeAll(async () => {
  controller = await fleet.start()
}, 60_000)

afterAll(async () => {
  await controller.close()
  fleet[Symbol.dispose]()
})

interface Hook {
  readonly url: string
  readonly secret: string
}

async function hookOf(path: string, trigger: string): Promise<Hook> {
  const headers = { authorization: `Bearer ${stateFile(fleet.state, 'token')}` }
  const answer = await fetch(`${controller.url}/v1/hooks/${path}`, { headers })
  const { url, secret, webhooks } = (await answer.json()) as Hook & { webhooks: (Hook & { trigger: string })[] }
  return trigger === 'alerts' ? { url, secret } : (webhooks.find((each) => each.trigger === trigger) as Hook)
}

const form = (ticket: unknown = randomUUID()) => ({ ticket, who: { mail: 'eve@acme.example' } })

describe('a delivery to a trigger', () => {
  test('starts its workflow with inputs from what was sent', async () => {
    const hook = await hookOf('acme', 'form')
    expect(hook.url).toBe(`${controller.url}/webhooks/acme/lockout/form`)
    const { status, runs } = await post(signedMessage(hook, form('T-1'), 'first'))
    expect([status, runs]).toMatchObject([202, [{ workflow: 'lockout', state: 'accepted' }]])
    const { state } = await controller.finished(runs[0]?.id ?? '')
    expect(state.request).toMatchObject({
      tenant: { path: 'acme' },
      trigger: { kind: 'webhook', id: 'form', deliveryId: 'key:T-1' },
      inputs: { user: 'eve@acme.example', desk: 'first' },
    })
  })

  test('is the same run as one with the same dedupe key, and no other tenant’s', async () => {
    const [hook, other] = [await hookOf('acme', 'form'), await hookOf('beta', 'form')]
    const first = await post(signedMessage(hook, form('T-2'), 'a'))
    const second = await post(signedMessage(hook, { ...form('T-2'), more: true }, 'b'))
    expect(second).toMatchObject({ status: 202, runs: [{ id: first.runs[0]?.id, state: 'already-accepted' }] })
    expect((await post(signedMessage(other, form('T-2'), 'a'))).runs).toMatchObject([{ state: 'accepted' }])
  })

  test('is known by its webhook-id where the trigger says nothing', async () => {
    const hook = await hookOf('acme', 'plain')
    const [now, then] = [Date.now(), Date.now() - 2_000]
    const first = await post(signedMessage(hook, {}, 'same', then))
    const again = await post(signedMessage(hook, {}, 'same', now))
    const other = await post(signedMessage(hook, {}, 'other', now))
    expect([first, again, other].map(({ runs }) => runs[0]?.state)).toEqual([
      'accepted',
      'already-accepted',
      'accepted',
    ])
    expect(again.runs[0]?.id).toBe(first.runs[0]?.id)
  })

  test('that does not match, or comes to a suspended tenant, starts nothing', async () => {
    const message = signedMessage(await hookOf('acme', 'form'), { ...form(), kind: 'other' }, randomUUID())
    expect(await post(message)).toMatchObject({ status: 200, runs: [] })
    const suspended = signedMessage(await hookOf('gone', 'plain'), {}, randomUUID())
    expect(await post(suspended)).toMatchObject({ status: 200, runs: [] })
  })

  test.each([
    ['without what the inputs read', { ticket: 'T-9' }, 'inputs: there is no field `who`'],
    ['with an empty dedupe key', form(''), 'dedupe: it is empty'],
    ['with a dedupe key that is too long', form('x'.repeat(257)), 'dedupe: it is longer than 256 characters'],
    ['with an input of another type', { ...form(), who: { mail: 7 } }, 'Input user must be of type string'],
  ])('%s is refused, and says why', async (_, payload, message) => {
    const answer = await post(signedMessage(await hookOf('acme', 'form'), payload, randomUUID()))
    expect([answer.status, answer.message]).toEqual([422, expect.stringContaining(message)])
  })
})

describe('a message that was taken', () => {
  test.each(['form', 'alerts'])('is refused when the very same comes again: %s', async (trigger) => {
    const payload = trigger === 'form' ? form() : { kind: 'nobody matches' }
    const message = signedMessage(await hookOf('acme', trigger), payload, randomUUID())
    const [first, replayed] = [await post(message), await post(message)]
    // What started nothing is not remembered: it starts nothing again.
    expect([first.status, replayed.status]).toEqual(trigger === 'form' ? [202, 409] : [200, 200])
    expect(replayed.code).toBe(trigger === 'form' ? 'replayed' : undefined)
  })

  test('is refused after a restart too', async () => {
    const message = signedMessage(await hookOf('acme', 'form'), form(), randomUUID())
    expect((await post(message)).status).toBe(202)
    await controller.close()
    controller = await fleet.start()
    const { pathname } = new URL(message.url)
    expect((await post({ ...message, url: `${controller.url}${pathname}` })).status).toBe(409)
  })
})

describe('nobody gets in', () => {
  const old = Date.now() - 301_000
  test.each<
    [string, (hooks: { acme: Hook; beta: Hook; plain: Hook; alerts: Hook }) => ReturnType<typeof signedMessage>]
  >([
    [
      'with the secret of another tenant',
      ({ acme, beta }) => signedMessage({ ...acme, secret: beta.secret }, form(), 'x'),
    ],
    [
      'with that of another trigger',
      ({ acme, plain }) => signedMessage({ ...acme, secret: plain.secret }, form(), 'x'),
    ],
    ['with that of the alerts', ({ acme, alerts }) => signedMessage({ ...acme, secret: alerts.secret }, form(), 'x')],
    [
      'as an alert with that of a trigger',
      ({ acme, alerts }) => signedMessage({ ...alerts, secret: acme.secret }, {}, 'x'),
    ],
    ['with a message that is too old', ({ acme }) => signedMessage(acme, form(), 'x', old)],
    ['with a message for another body', ({ acme }) => ({ ...signedMessage(acme, form(), 'x'), body: '{}' })],
    [
      'by a trigger of another type',
      ({ acme }) => signedMessage({ ...acme, url: acme.url.replace('/form', '/hand') }, {}, 'x'),
    ],
    [
      'by a trigger that is not there',
      ({ acme }) => signedMessage({ ...acme, url: acme.url.replace('/form', '/no') }, {}, 'x'),
    ],
    [
      'by a tenant that is not there',
      ({ acme }) => signedMessage({ ...acme, url: acme.url.replace('/acme', '/no') }, {}, 'x'),
    ],
  ])('%s', async (_, make) => {
    const [acme, beta] = [await hookOf('acme', 'form'), await hookOf('beta', 'form')]
    const [plain, alerts] = [await hookOf('acme', 'plain'), await hookOf('acme', 'alerts')]
    const answer = await post(make({ acme, beta, plain, alerts }))
    const message = _.includes('old') ? 'the delivery is older' : 'the signature does not fit the delivery'
    expect([answer.status, answer.message]).toEqual([401, expect.stringContaining(message)])
  })
})
