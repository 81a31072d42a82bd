import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ControllerProcess, copyStarterFleet, headwater, root, temporaryFolder } from './controller-process.ts'

test('up --demo --once reconciles the starter fleet and runs one alert through two different products', async () => {
  using folder = temporaryFolder()
  const { code, stdout, stderr } = await headwater([
    'up',
    '--repo',
    root,
    '--demo',
    'acme/north/contoso,acme/south/fabrikam',
    '--once',
    '--state',
    folder.path,
  ])
  expect(stderr).toBe('')
  expect(stdout).toMatch(/isolate +isolate_endpoint → crowdstrike-falcon/)
  expect(stdout).toMatch(/isolate +isolate_endpoint → microsoft-defender-endpoint/)
  expect(stdout.match(/✓ succeeded {2}malware-containment/g)).toHaveLength(2)
  expect(code).toBe(0)
}, 120_000)

test('editing one overlay in the working tree changes exactly the digests of its tenant and of those below', async () => {
  using folder = temporaryFolder()
  using state = temporaryFolder()
  copyStarterFleet(folder.path)
  await using controller = new ControllerProcess([
    'up',
    '--repo',
    folder.path,
    '--sandbox',
    '--port',
    '0',
    '--state',
    state.path,
  ])
  await controller.printed(/listening/)

  const file = join(folder.path, 'tenants/acme/north/contoso/overlays/phishing-response.yaml')
  const before = readFileSync(file, 'utf8')
  writeFileSync(file, before.replace(/minutesSaved: \d+/, 'minutesSaved: 77'))
  const [, changed] = await controller.printed(/3 tenants of 23 applied\n((?: {4}~ .*\n){3})/)
  const lines = (changed as string)
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/ +/))
  expect(lines.map(([, tenant, workflows]) => [tenant, workflows])).toEqual([
    ['acme/north/contoso', '~phishing-response'],
    ['acme/north/contoso/plant', '~phishing-response'],
    ['acme/north/contoso/retail', '~phishing-response'],
  ])
}, 120_000)

test('a broken file freezes its own tenant and those below, and the others go on', async () => {
  using folder = temporaryFolder()
  using state = temporaryFolder()
  copyStarterFleet(folder.path)
  await using controller = new ControllerProcess([
    'up',
    '--repo',
    folder.path,
    '--sandbox',
    '--port',
    '0',
    '--state',
    state.path,
  ])
  await controller.printed(/listening/)
  writeFileSync(
    join(folder.path, 'tenants/acme/north/contoso/overlays/phishing-response.yaml'),
    'kind: Overlay\n  base: [',
  )
  const [text] = await controller.printed(/frozen at the last good state: (.*)\n/)
  expect(text).toContain('acme/north/contoso, acme/north/contoso/plant, acme/north/contoso/retail')

  const { code, stdout } = await headwater(['tenants', '--repo', folder.path, '-o', 'json'])
  expect(code).toBe(0)
  const tenants = JSON.parse(stdout) as { path: string; state: string }[]
  const frozen = tenants.filter((tenant) => tenant.state === 'frozen').map((tenant) => tenant.path)
  expect(frozen).toEqual(['acme/north/contoso', 'acme/north/contoso/plant', 'acme/north/contoso/retail'])

  // The frozen tenant runs on with what was last applied.
  const inputs = join(state.path, 'inputs.yaml')
  writeFileSync(inputs, 'user: clerk@customer.example\n')
  const run = await headwater([
    'run',
    'user-lockout',
    '--tenant',
    'acme/north/contoso',
    '--input',
    inputs,
    '--state',
    state.path,
    '--wait',
  ])
  expect(run.stdout).toMatch(/✓ succeeded {2}user-lockout/)
  expect(run.code).toBe(0)
}, 120_000)
