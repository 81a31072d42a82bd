import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Worker } from 'node:worker_threads'
import { expect, onTestFinished, test } from 'vitest'
import { generateFleet } from '../../controller/cli/generate-fleet.ts'
import type { RunningController } from '../../controller/cli/running-controller.ts'
import { openFleet } from '../../controller/io/git/index.ts'
import { checkWorkflowSpec } from '../../controller/reconcile/check-workflow-spec.ts'
import { createFleetLoader } from '../../controller/reconcile/load-fleet.ts'
import { startController } from '../../controller/start-controller.ts'
import { git } from '../io/git/repositories.ts'
import { copyStarterFleet, stateFile, temporaryFolder } from './controller-process.ts'
import { writeFiles } from '../fakes/write-files.ts'
import { sandboxOptions } from './sandbox-options.ts'
import { post, signedAlert } from './signed-delivery.ts'

interface Started {
  readonly controller: RunningController
  readonly fleet: string
  readonly state: string
  /** The thread that reconciles now. */
  thread(): Worker
  get(path: string): Promise<{ readonly status: number; readonly body: Record<string, unknown> }>
}

async function started(write: (folder: string) => void): Promise<Started> {
  const [fleet, state] = [temporaryFolder(), temporaryFolder()]
  write(fleet.path)
  const threads: Worker[] = []
  const onWorker = (worker: Worker): void => {
    if (worker.threadName === 'reconcile') threads.push(worker)
  }
  process.on('worker', onWorker)
  const controller = await startController(sandboxOptions(fleet.path, state.path))
  onTestFinished(async () => {
    await controller.close()
    process.off('worker', onWorker)
    fleet[Symbol.dispose]()
    state[Symbol.dispose]()
  })
  const authorization = `Bearer ${stateFile(state.path, 'token')}`
  return {
    controller,
    fleet: fleet.path,
    state: state.path,
    thread: () => threads.at(-1) as Worker,
    get: async (path) => {
      const response = await fetch(`${controller.url}${path}`, { headers: { authorization } })
      return { status: response.status, body: (await response.json()) as Record<string, unknown> }
    },
  }
}

async function kill(thread: Worker): Promise<void> {
  const gone = once(thread, 'exit')
  await thread.terminate()
  await gone
}

const contoso = 'acme/north/contoso'

async function deliver({ fleet, state, controller }: Started): Promise<{ status: number; id: string }> {
  const body = readFileSync(join(fleet, 'examples/alerts/account-lockout.json'), 'utf8')
  const uid = controller.view.applied.get(contoso)?.uid ?? ''
  const { status, runs } = await post(signedAlert(state, { path: contoso, uid }, randomUUID(), body))
  return { status, id: runs[0]?.id ?? '' }
}

test('without its thread the controller takes alerts and runs on with what is applied, says so, and recovers', async () => {
  const all = await started(copyStarterFleet)
  const { controller, fleet, thread, get } = all
  await controller.reconcile()
  let seen = 0
  await controller.watch((reconciled) => (seen += reconciled.changes.count))
  await expect.poll(async () => (await get('/v1/status')).body['reconciling']).toBeNull()

  await kill(thread())
  expect(controller.view.health()).toMatchObject({
    kind: 'degraded',
    reason: expect.stringMatching(/thread that reconciles ended/),
  })
  const [health, status, accepted] = await Promise.all([get('/healthz'), get('/v1/status'), deliver(all)])
  // A supervisor must not end what still takes alerts.
  expect([health.status, status.body['tenants']]).toEqual([200, 23])
  expect(accepted.status).toBe(202)
  expect((await controller.finished(accepted.id)).state.phase).toBe('succeeded')

  const overlay = join(fleet, 'tenants', contoso, 'overlays/phishing-response.yaml')
  writeFileSync(overlay, readFileSync(overlay, 'utf8').replace(/minutesSaved: \d+/, 'minutesSaved: 77'))
  await expect.poll(() => seen, { timeout: 20_000 }).toBe(3)
  expect(controller.view.applied.get(contoso)?.workflows.get('phishing-response')?.spec.minutesSaved).toBe(77)
  expect((await get('/healthz')).body).toEqual({ health: 'healthy' })
}, 60_000)

function writeGenerated(folder: string): void {
  writeFiles(folder, Object.fromEntries(generateFleet({ tenants: 450, seed: 3 })))
}

test('a thread that is killed between two batches leaves the rest to the next one, and nothing out', async () => {
  const whole = await started(writeGenerated)
  await whole.controller.reconcile()

  const broken = await started(writeGenerated)
  let batches = 0
  broken.thread().on('message', ({ name }: { name?: string }) => {
    if (name === 'apply' && ++batches === 3) void broken.thread().terminate()
  })
  await expect(broken.controller.reconcile()).rejects.toMatchObject({ code: 'reconcile-lost' })
  const applied = broken.controller.view.applied.paths().length
  expect(applied).toBeGreaterThan(0)
  expect(applied).toBeLessThan(450)
  const rest = await broken.controller.reconcile()
  expect(rest.changes.count).toBe(450 - applied)

  expect(await broken.get('/v1/tenants')).toEqual(await whole.get('/v1/tenants'))
  const tree = ({ state }: Started): string[] =>
    git(join(state, 'mirror.git'), ['ls-tree', '-r', 'headwater/rendered'])
      .split('\n')
      .filter((line) => !line.endsWith('applied.yaml'))
  expect(tree(broken)).toEqual(tree(whole))
}, 120_000)

test('the list of tenants says what one who loads the fleet by himself computes', async () => {
  const { controller, fleet, get } = await started((folder) => {
    copyStarterFleet(folder)
    writeFileSync(join(folder, 'tenants/acme/south/fabrikam/connections/broken.yaml'), 'kind: [')
  })
  await controller.reconcile()
  const source = await openFleet({ path: fleet })
  const { desired } = await createFleetLoader(source, checkWorkflowSpec, () => 0)()
  await source.close()
  const expected = [...desired.tenants.values()].map((tenant) => {
    if (tenant.kind === 'frozen')
      return { path: tenant.path, state: 'frozen', reason: tenant.cause.message, tags: {}, workflows: {} }
    const { path, uid, digest, context, workflows } = tenant
    const state = context.suspended ? 'suspended' : 'applied'
    const received = [...workflows].map(([name, { release, digest, owner }]) => [name, { release, digest, owner }])
    const { displayName, tags } = context
    return { path, uid, displayName, state, reason: '', tags, digest, workflows: Object.fromEntries(received) }
  })
  expect(expected.filter(({ state }) => state === 'frozen').length).toBeGreaterThan(0)
  const { status, body } = await get('/v1/tenants')
  expect([status, body]).toEqual([200, { tenants: expected }])
}, 60_000)
