import { expect, test } from 'vitest'
import { triggerSecret } from '../../controller/core/access/webhook-signature.ts'
import { openStore } from '../../controller/io/store/open-store.ts'
import { share, tenant, workflow } from '../fakes/fleet-files.ts'
import { ControllerProcess, stateFile } from './controller-process.ts'
import { post, type SignedMessage, signedMessage } from './signed-delivery.ts'
import { triggeredFleet } from './triggered-fleet.ts'

const isSoakLane = process.env['HEADWATER_LANE'] === 'soak'
const deliveries = isSoakLane ? 10_000 : 300
const senders = 64
const tenants = ['acme', 'beta', 'cleo', 'dora']

const files = {
  ...Object.assign({}, ...tenants.map((path) => tenant(path, 'limits: { concurrentRuns: 50 }', `uid-${path}`))),
  ...workflow(
    'note',
    `
    triggers: [{ id: form, type: webhook, inputs: { number: '\${{ trigger.payload.number }}' } }]
    inputs: { required: [number], properties: { number: { type: integer } } }
    steps: [{ id: note, set: { number: '\${{ inputs.number }}' } }]`,
  ),
  ...share('all', 'note'),
}

test(
  `${deliveries} deliveries, and kill -9 among them: what was answered 202 is one run, and a replay none`,
  async () => {
    using fleet = triggeredFleet(files)
    const args = ['up', '--repo', fleet.folder, '--sandbox', '--port', '0', '--state', fleet.state]
    let controller = new ControllerProcess(args)
    await controller.printed(/listening/, 60_000)
    const key = Buffer.from(stateFile(fleet.state, 'installation.key'), 'base64')
    const messageOf = (number: number): SignedMessage => {
      const path = tenants[number % tenants.length] as string
      const secret = triggerSecret(key, { tenantUid: `uid-${path}`, workflow: ':note', trigger: 'form' })
      const url = `${stateFile(fleet.state, 'url')}/webhooks/${path}/note/form`
      return signedMessage({ url, secret }, { number }, `delivery-${number}`)
    }

    const accepted = new Map<number, { readonly message: SignedMessage; readonly run: string }>()
    const half = Promise.withResolvers<void>()
    let next = 0
    const send = async (): Promise<void> => {
      for (let number = next++; number < deliveries; number = next++) {
        while (!accepted.has(number)) {
          try {
            const message = messageOf(number)
            const { status, runs } = await post(message, 5_000)
            if (status === 202) accepted.set(number, { message, run: runs[0]?.id ?? '' })
            // The answer to what was taken was lost: a repetition is signed anew, and the time has seconds.
            else await new Promise((done) => setTimeout(done, 500))
          } catch {
            // Killed, or not there yet.
            await new Promise((done) => setTimeout(done, 100))
          }
        }
        if (accepted.size >= deliveries / 2) half.resolve()
      }
    }
    const start = performance.now()
    const sending = Promise.all(Array.from({ length: senders }, send))
    await half.promise
    await controller.kill('SIGKILL')
    const downFrom = performance.now()
    controller = new ControllerProcess(args)
    await controller.printed(/listening/, 60_000)
    const downMs = performance.now() - downFrom
    await sending
    const seconds = (performance.now() - start - downMs) / 1_000
    if (isSoakLane) console.log(`${deliveries} deliveries in ${seconds.toFixed(1)} s, without the restart`)

    const sample = [...accepted.entries()].filter(([number]) => number % 10 === 0)
    for (const [number, { message, run }] of sample) {
      const here = messageOf(number)
      const replayed = await post({ ...message, url: here.url })
      expect([replayed.status, replayed.code]).toEqual([409, 'replayed'])
      // Signed anew, a moment later.
      const { url, body } = here
      const secret = triggerSecret(key, {
        tenantUid: `uid-${tenants[number % tenants.length]}`,
        workflow: ':note',
        trigger: 'form',
      })
      const again = signedMessage({ url, secret }, JSON.parse(body), `delivery-${number}`, Date.now() + 5_000)
      expect(await post(again)).toMatchObject({ status: 202, runs: [{ id: run, state: 'already-accepted' }] })
    }
    await controller.kill('SIGTERM')

    const store = openStore(fleet.state)
    let stored = 0
    for (
      let before: number | undefined, page = store.listRuns({ limit: 500 });
      ;
      page = store.listRuns({ limit: 500, before })
    ) {
      stored += page.runs.length
      if (page.next === null) break
      before = page.next
    }
    for (const [number, { run }] of accepted) {
      const [request] = store.readRun(run) ?? []
      expect(request).toMatchObject({ type: 'RunRequested', inputs: { number } })
    }
    store.close()
    expect([accepted.size, stored]).toEqual([deliveries, deliveries])
  },
  isSoakLane ? 600_000 : 120_000,
)
