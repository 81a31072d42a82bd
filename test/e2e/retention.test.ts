import { expect, test } from 'vitest'
import { openStore } from '../../controller/io/store/open-store.ts'
import { share, tenant, workflow } from '../fakes/fleet-files.ts'
import { more, newRun } from '../io/store/sample-runs.ts'
import { headwater } from './controller-process.ts'
import { triggeredFleet } from './triggered-fleet.ts'

test('headwater sweep removes the finished runs that a tenant keeps no longer', async () => {
  using fleet = triggeredFleet({
    ...tenant('acme', 'retention: { runDays: 30 }', 'uid-acme'),
    ...tenant('globex', '', 'uid-globex'),
    ...workflow('w'),
    ...share('all', 'w'),
  })
  const store = openStore(fleet.state)
  const day = 86_400_000
  for (const [id, path, days] of [
    ['a-old', 'acme', 31],
    ['a-new', 'acme', 29],
    ['g-old', 'globex', 400],
  ] as const) {
    const at = Date.now() - days * day
    const run = newRun(id, at, path)
    await store.append(run)
    await store.append(more(run.state, { type: 'RunStarted', at }, { type: 'RunSucceeded', at, outputs: {} }))
  }
  await store.moveFinished()
  store.close()

  const controller = await fleet.start()
  try {
    const swept = await headwater(['sweep', '--state', fleet.state, '-o', 'json'])
    expect([swept.code, JSON.parse(swept.stdout)]).toEqual([0, { tenants: [{ tenant: 'acme', runs: 1 }], objects: 0 }])
    expect(controller.view.listRuns({}).runs.map(({ id }) => id)).toEqual(['g-old', 'a-new'])
    const again = await headwater(['sweep', '--state', fleet.state])
    expect([again.code, again.stdout, again.stderr]).toEqual([0, '', '0 runs and 0 objects removed\n'])
  } finally {
    await controller.close()
  }
})
