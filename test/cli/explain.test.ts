import { expect, test } from 'vitest'
import { channels, overlay, release, share, tenant, tenantsDownTo } from '../fakes/fleet-files.ts'
import { fleetAt, run, runJson } from '../reconcile/command-line.ts'

const files = {
  ...tenantsDownTo('acme/north'),
  ...tenant('acme', 'tags: { region: eu }'),
  ...release('phish', '1.0.0', 'steps: [{ id: find, set: { hours: 24, mail: soc } }]'),
  ...channels('phish', '{ stable: 1.0.0 }'),
  ...share('all', 'phish'),
  ...overlay('acme', 'phish', '1.0.0', 'steps: [{ id: find, set: { hours: 72 } }]'),
  ...overlay('acme/north', 'phish', '1.0.0', 'steps: [{ id: find, set: { hours: 96, mail: null } }]'),
}
const hoursAt = '/spec/steps/[id=find]/set/hours'

test('explain names the winner and every loser with file and line', async () => {
  const { code, out } = await run(fleetAt(files), ['explain', 'acme/north', 'phish', hoursAt])
  expect(code).toBe(0)
  expect(out.split('\n')).toEqual([
    'acme/north phish 1.0.0, by policies/shares/all.yaml',
    '  template  workflows/phish/releases/1.0.0.yaml',
    '  acme  tenants/acme/overlays/phish.yaml (base 1.0.0)',
    '  acme/north  tenants/acme/north/overlays/phish.yaml (base 1.0.0)',
    '',
    `${hoursAt} = 96`,
    '  set by    tenants/acme/north/overlays/phish.yaml:8  acme/north',
    '  overrode  tenants/acme/overlays/phish.yaml:8  acme = 72',
    '  overrode  workflows/phish/releases/1.0.0.yaml:7  template = 24',
    '',
  ])
})

test('explain says what was taken away, and by whom', async () => {
  const { out } = await run(fleetAt(files), ['explain', 'acme/north', 'phish'])
  expect(out).toContain(
    '/spec/steps/[id=find]/set/mail taken away\n  set by    tenants/acme/north/overlays/phish.yaml:8',
  )
})

test('explain as JSON has line and column of each source', async () => {
  const { json } = await runJson(fleetAt(files), ['explain', 'acme/north', 'phish', hoursAt])
  expect(Object.keys(json)).toEqual(['tenant', 'workflow', 'release', 'share', 'layers', 'fields'])
  expect(json.fields).toMatchObject([
    { path: hoursAt, value: 96, setBy: { owner: 'acme/north', line: 8 }, overrode: [{ owner: 'acme' }, { owner: '' }] },
  ])
})

test('explain of a tenant tells where its tags come from', async () => {
  const { json } = await runJson(fleetAt(files), ['explain', 'acme/north'])
  expect(json.fields).toMatchObject([{ value: 'eu', setBy: { owner: 'acme', file: 'tenants/acme/tenant.yaml' } }])
})

test('explain of a field that nobody changed says so', async () => {
  const { code, out } = await run(fleetAt(files), ['explain', 'acme/north', 'phish', '/spec/title'])
  expect([code, out]).toEqual([0, expect.stringContaining('nothing is customised here')])
})

test('explain of what is no path is wrong use', async () => {
  const { code, err } = await run(fleetAt(files), ['explain', 'acme/north', 'phish', 'steps'])
  expect([code, err]).toEqual([2, expect.stringContaining('is no path')])
})
