import { expect, test } from 'vitest'
import { broken, channels, release, share, tenant, tenantsDownTo } from '../fakes/fleet-files.ts'
import { fleetAt, run, runJson } from '../reconcile/command-line.ts'

const files = {
  ...tenantsDownTo('acme/north/contoso'),
  ...tenant('acme', 'tags: { region: eu }'),
  ...tenant('acme/south', 'tags: { tier: gold }'),
  ...tenant('acme/west', 'suspended: true'),
  ...release('phish', '1.0.0', 'steps: [{ id: find, set: { hours: 24 } }]'),
  ...channels('phish', '{ stable: 1.0.0 }'),
  ...share('all', 'phish'),
}

test('tenants is the tree, a tag where it is said, and the state in words', async () => {
  const { code, out, err } = await run(fleetAt(files, broken('tenants/acme/north/contoso/tenant.yaml')), ['tenants'])
  expect([code, err]).toEqual([0, '5 tenants\n'])
  expect(out.split('\n').map((line) => line.replace(/ {2,}(?=\S)/g, (gap, at) => (at === 0 ? gap : ' | ')))).toEqual([
    'tenant | name | tags | workflows | state',
    'acme | acme | region=eu | 1 | valid',
    '  north | north | 1 | valid',
    '    contoso | ✗ frozen',
    '  south | south | tier=gold | 1 | valid',
    '  west | west | 1 | suspended',
    '',
  ])
})

test.each([
  ['tier=gold', ['acme/south']],
  ['region=eu !tier=gold', ['acme', 'acme/north', 'acme/north/contoso', 'acme/west']],
  ['under:acme/north', ['acme/north', 'acme/north/contoso']],
  ['tier=gold,silver region=eu', ['acme/south']],
  ['tier=bronze', []],
])('tenants %s selects by tags of its own and from above', async (expression, paths) => {
  const { code, json } = await runJson(fleetAt(files), ['tenants', expression])
  expect([code, json.map(({ path }: { path: string }) => path)]).toEqual([0, paths])
})

test('tenants as JSON has these fields', async () => {
  const { json } = await runJson(fleetAt(files), ['tenants', 'tier=gold'])
  expect(json).toEqual([
    {
      path: 'acme/south',
      uid: expect.any(String),
      displayName: 'south',
      state: 'valid',
      tags: { region: 'eu', tier: 'gold' },
      workflows: { phish: '1.0.0' },
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
    },
  ])
})

test('tenants tells a frozen tenant apart with the reason', async () => {
  const root = fleetAt(files, broken('tenants/acme/south/tenant.yaml'))
  const { json } = await runJson(root, ['tenants'])
  const frozen = json.filter(({ state }: { state: string }) => state === 'frozen')
  expect(frozen).toEqual([{ path: 'acme/south', state: 'frozen', reason: expect.stringContaining('not closed') }])
})
