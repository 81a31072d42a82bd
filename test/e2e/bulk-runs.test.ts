import { expect, test } from 'vitest'
import type { BulkProgress } from '../../controller/triggers/bulk-runs.ts'
import { share, tenant, workflow } from '../fakes/fleet-files.ts'
import { ControllerProcess, headwater } from './controller-process.ts'
import { triggeredFleet } from './triggered-fleet.ts'

const tenants = 40
const pathOf = (number: number): string => `c${String(number).padStart(2, '0')}`

/** Every fifth tenant has no value that the workflow reads. */
function files(step: string) {
  const all = Array.from({ length: tenants }, (_, number) =>
    tenant(
      pathOf(number),
      `tags: { tier: gold }\n${number % 5 === 4 ? '' : 'values: { desk: first }'}`,
      `uid-of-${pathOf(number)}`,
    ),
  )
  return {
    ...Object.assign({}, ...all),
    ...tenant('other', 'tags: { tier: silver }', 'uid-other'),
    ...workflow('tell', `inputs: { properties: { text: { type: string } } }\nsteps: [${step}]`),
    ...share('all', 'tell'),
  }
}

const online = (state: string, ...args: string[]) => headwater([...args, '--state', state, '-o', 'json'])

test('a bulk run reaches the selected tenants, ends with one summary, and halts when too many fail', async () => {
  using fleet = triggeredFleet(files("{ id: note, set: { desk: '${{ tenant.values.desk }}' } }"))
  const controller = await fleet.start()
  try {
    const whole = await online(fleet.state, 'run', 'tell', '--to', 'tier=gold', '--concurrency', '4', '--wait')
    expect(whole.code).toBe(1)
    const progress = JSON.parse(whole.stdout) as BulkProgress
    expect(progress).toMatchObject({
      state: 'finished',
      targets: tenants,
      summary: { counts: { succeeded: 32, failed: 8 } },
    })
    expect(progress.summary.failures).toMatchObject([
      { state: 'failed', count: 8, reason: expect.stringContaining('desk') },
    ])
    expect(controller.view.listRuns({ tenant: 'other' }).runs).toEqual([])
    expect(controller.view.listRuns({ limit: 500 }).runs).toHaveLength(tenants)

    const options = ['--concurrency', '1', '--halt-on-failure-rate', '10%', '--wait']
    const halted = JSON.parse((await online(fleet.state, 'run', 'tell', '--to', 'tier=gold', ...options)).stdout)
    // Of the first ten that end, one may fail; the tenth is the second.
    expect(halted).toMatchObject({
      state: 'halted',
      summary: { reason: '2 of 10 runs failed', counts: { succeeded: 8, failed: 2, pending: 30 } },
    })
    const text = await headwater(['bulk', 'show', halted.id, '--state', fleet.state])
    expect(text.stdout).toContain('halted  tell  to tier=gold')
    expect(text.stdout).toContain('40 tenants: 8 succeeded, 2 failed, 30 pending')
    const { bulkRuns } = JSON.parse((await online(fleet.state, 'bulk', 'list')).stdout)
    expect(bulkRuns.map(({ state }: { state: string }) => state)).toEqual(['halted', 'finished'])
    expect((await online(fleet.state, 'bulk', 'cancel', halted.id)).code).toBe(1)
  } finally {
    await controller.close()
  }
}, 120_000)

test('a bulk run goes on after kill -9, and nobody’s run is started twice', async () => {
  using fleet = triggeredFleet(files('{ id: wait, sleep: { seconds: 1 } }'))
  const args = ['up', '--repo', fleet.folder, '--sandbox', '--port', '0', '--state', fleet.state]
  const first = new ControllerProcess(args)
  await first.printed(/listening/, 60_000)
  const options = ['--to', 'tier=gold', '--concurrency', '8', '--request-id', 'once']
  const begun = JSON.parse((await online(fleet.state, 'run', 'tell', ...options)).stdout) as BulkProgress
  expect(begun.state).toBe('running')
  await first.kill('SIGKILL')
  await using second = new ControllerProcess(args)
  await second.printed(/listening/, 60_000)
  const again = await online(fleet.state, 'run', 'tell', ...options, '--wait')
  const end = JSON.parse(again.stdout) as BulkProgress
  expect([again.code, end.id, end.state, { ...end.summary.counts }]).toEqual([
    0,
    begun.id,
    'finished',
    { succeeded: tenants },
  ])
  const { runs } = JSON.parse((await online(fleet.state, 'runs', '--limit', '500')).stdout)
  expect(runs).toHaveLength(tenants)
}, 120_000)

test.each([
  [['--to', 'tier=gold', '--tenant', 'c00'], 2, 'keep one'],
  [['--to', 'tier=gold', '--halt-on-failure-rate', '20'], 2, 'is no rate, such as 20%'],
  [['--to', 'tier=gold', '--concurrency', '0'], 2, 'is no number of runs'],
])('run tell %j is wrong use', async (args, code, message) => {
  const answer = await headwater(['run', 'tell', ...args])
  expect([answer.code, answer.stderr]).toEqual([code, expect.stringContaining(message)])
})
