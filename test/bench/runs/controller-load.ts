import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { webhookSecret } from '../../../controller/core/access/webhook-signature.ts'
import { ControllerProcess, stateFile, temporaryFolder } from '../../e2e/controller-process.ts'
import { action, type Files, share, tenant, workflow } from '../../fakes/fleet-files.ts'
import { signedHeaders } from '../../e2e/signed-delivery.ts'
import { writeFiles } from '../../fakes/write-files.ts'

const tenants = 50
const longestRestartMs = 120_000
const resource = (kind: string, name: string, spec: string): string =>
  `apiVersion: headwater.dev/v1\nkind: ${kind}\nmetadata: { name: ${name} }\nspec:\n${spec.replaceAll(/^/gm, '  ')}\n`

/** Five steps, one of them a call to a vendor; the sandbox answers it over HTTP. */
const respond = workflow(
  'respond',
  `inputs: { properties: { host: { type: string } }, required: [host] }
triggers: [{ id: alert, type: alert, match: '\${{ has(trigger.alert.host) }}', inputs: { host: '\${{ trigger.alert.host }}' } }]
steps:
  - { id: name, set: { name: '\${{ inputs.host + ".corp" }}' } }
  - { id: known, if: '\${{ steps.name.outputs.name != "" }}', then: [{ id: note, set: { text: '\${{ "for " + steps.name.outputs.name }}' } }] }
  - { id: block, action: block, with: { host: '\${{ steps.name.outputs.name }}' } }
  - { id: done, set: { ticket: '\${{ steps.block.outputs.id }}' } }
outputs: { ticket: '\${{ steps.done.outputs.ticket }}' }`,
)

const vendor = `vendor: Example
product: EDR
auth: { scheme: none }
actions:
  - action: block
    idempotent: true
    requests: [{ id: block, method: POST, path: /block, body: { host: '\${{ input.host }}' }, example: { status: 200, body: { id: block-1 } } }]
    output: { id: '\${{ requests.block.body.id }}' }`

function fleet(): Files {
  const each = Array.from({ length: tenants }, (_, index) => ({
    ...tenant(`t${index}`, 'limits: { concurrentRuns: 100 }', `tenant-uid-${index}`),
    [`tenants/t${index}/connections/edr.yaml`]: resource(
      'Connection',
      'edr',
      'connector: edr\nbaseUrl: https://edr.example',
    ),
  }))
  return Object.assign(
    {
      ...respond,
      ...share('all', 'respond'),
      ...action('block'),
      'connectors/vendors/edr.yaml': resource('Connector', 'edr', vendor),
    },
    ...each,
  )
}

export interface ControllerLoad extends AsyncDisposable {
  readonly controller: ControllerProcess
  /** Delivers that many signed alerts, so many at a time, and waits until all of their runs have ended. */
  readonly deliver: (
    count: number,
    inFlight: number,
    prefix: string,
  ) => Promise<{ acceptedMs: number; endedMs: number }>
  /** Kills it, starts it again, and says how long it took until a step of a run that was under way was on the disk. */
  readonly killAndRestart: () => Promise<number>
}

/** The program itself in a process of its own, with a fleet of 50 tenants and its sandbox. */
export async function openControllerLoad(): Promise<ControllerLoad> {
  const [folder, state] = [temporaryFolder(), temporaryFolder()]
  writeFiles(folder.path, fleet())
  const args = ['up', '--repo', folder.path, '--sandbox', '--port', '0', '--state', state.path]
  let controller = new ControllerProcess(args)
  await controller.printed(/listening/, 60_000)
  const agent = new Agent({ keepAlive: true, maxSockets: 1_000 })
  const key = Buffer.from(stateFile(state.path, 'installation.key'), 'base64')
  const secrets = Array.from({ length: tenants }, (_, index) => webhookSecret(key, `tenant-uid-${index}`))
  const call = (method: string, path: string, headers: Record<string, string>, body?: Buffer): Promise<string> =>
    new Promise((resolve, reject) => {
      const url = new URL(path, stateFile(state.path, 'url'))
      const sent = request(url, { method, agent, headers }, (answer) => {
        let text = ''
        answer.on('data', (piece: Buffer) => (text += piece.toString()))
        answer.on('end', () =>
          answer.statusCode !== undefined && answer.statusCode < 300 ? resolve(text) : reject(new Error(text)),
        )
      })
      sent.on('error', reject)
      sent.end(body)
    })
  const deliverOne = async (id: string, index: number): Promise<void> => {
    const body = Buffer.from(JSON.stringify({ host: `ws-${index}` }))
    const headers = signedHeaders(secrets[index % tenants] ?? '', { id, body })
    const { runs } = JSON.parse(await call('POST', `/hooks/t${index % tenants}`, headers, body)) as { runs: unknown[] }
    if (runs.length !== 1) throw new Error(`${id} started ${runs.length} runs`)
  }
  const list = async (query: string): Promise<{ id: string }[]> => {
    const headers = { authorization: `Bearer ${stateFile(state.path, 'token')}` }
    return (JSON.parse(await call('GET', `/v1/runs?${query}`, headers)) as { runs: { id: string }[] }).runs
  }
  /** By the controller's clock, which is that of this machine. */
  const eventTimes = async (run: string): Promise<number[]> => {
    const headers = { authorization: `Bearer ${stateFile(state.path, 'token')}` }
    const { events } = JSON.parse(await call('GET', `/v1/runs/${run}`, headers)) as { events: { at: number }[] }
    return events.map(({ at }) => at)
  }
  const untilEnded = async (): Promise<void> => {
    for (const word of ['queued', 'running', 'queued', 'running'])
      while ((await list(`state=${word}&limit=1`)).length > 0) await sleep(10)
  }
  return {
    get controller() {
      return controller
    },
    deliver: async (count, inFlight, prefix) => {
      const start = performance.now()
      let next = 0
      const lane = async (): Promise<void> => {
        while (next < count) {
          const index = next++
          await deliverOne(`${prefix}-${index}`, index)
        }
      }
      await Promise.all(Array.from({ length: inFlight }, lane))
      const acceptedMs = performance.now() - start
      await untilEnded()
      if ((await list('state=failed&limit=1')).length > 0) throw new Error('A run failed.')
      return { acceptedMs, endedMs: performance.now() - start }
    },
    killAndRestart: async () => {
      // Under load, and killed in the middle of it: a quarter has been accepted.
      const count = 400
      let accepted = 0
      const isUnderWay = Promise.withResolvers<void>()
      const delivering = Array.from({ length: count }, async (_, index) => {
        await deliverOne(`kill-${Date.now()}-${index}`, index)
        if (++accepted === count / 4) isUnderWay.resolve()
      })
      const settled = Promise.allSettled(delivering)
      await isUnderWay.promise
      await controller.kill('SIGKILL')
      await settled
      const start = Date.now()
      controller = new ControllerProcess(args)
      await controller.printed(/listening/, longestRestartMs)
      await untilEnded()
      const runs = await list(`limit=${count}`)
      const times = (await Promise.all(runs.map(({ id }) => eventTimes(id)))).flat().filter((at) => at > start)
      if (times.length === 0) throw new Error('All runs had ended before the controller was killed.')
      return Math.min(...times) - start
    },
    [Symbol.asyncDispose]: async () => {
      agent.destroy()
      await controller[Symbol.asyncDispose]()
      folder[Symbol.dispose]()
      state[Symbol.dispose]()
    },
  }
}
