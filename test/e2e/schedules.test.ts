import { expect, test } from 'vitest'
import { openStore } from '../../controller/io/store/open-store.ts'
import { share, tenant, workflow } from '../fakes/fleet-files.ts'
import { triggeredFleet } from './triggered-fleet.ts'

const cron = '0 0 1 1 *'
const files = {
  ...tenant('acme', '', 'uid-acme'),
  ...tenant('beta', '', 'uid-beta'),
  ...workflow(
    'yearly',
    `
    triggers: [{ id: t, type: schedule, cron: ${cron}, timezone: UTC, inputs: { at: '\${{ trigger.scheduledAt }}' } }]
    inputs: { properties: { at: { type: string } } }
    steps: [{ id: note, set: { at: '\${{ inputs.at }}' } }]`,
  ),
  ...share('all', 'yearly'),
}

test('a schedule that passed while no controller ran starts one run, and no second one after the next restart', async () => {
  using fleet = triggeredFleet(files)
  const first = await fleet.start()
  expect(first.view.listRuns({}).runs).toEqual([])
  await first.close()

  const store = openStore(fleet.state)
  const year = new Date().getUTCFullYear()
  const seen = Date.UTC(year - 3, 5, 1)
  expect(store.readSchedules()).toHaveLength(2)
  await store.recordSchedules([
    { tenantUid: 'uid-acme', workflow: ':yearly', trigger: 't', cron, timezone: 'UTC', seen },
  ])
  store.close()

  for (const _ of ['the one that makes up for it', 'the one after it']) {
    const next = await fleet.start()
    await next.settled()
    const { runs } = next.view.listRuns({})
    expect(runs).toMatchObject([{ tenant: 'acme', workflow: 'yearly', trigger: 't', state: 'succeeded' }])
    const history = next.view.history(runs[0]?.id ?? '', { kind: 'operator' })
    expect(history?.state.request).toMatchObject({
      trigger: { kind: 'schedule', deliveryId: `${year}-01-01T00:00:00.000Z` },
      inputs: { at: `${year}-01-01T00:00:00.000Z` },
    })
    await next.close()
  }
})
