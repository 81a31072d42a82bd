import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { headwaterHere } from '../core/authoring/headwater-here.ts'
import { copyStarterFleet, temporaryFolder } from '../e2e/controller-process.ts'
import { channels, oneStep, release, share, tenantsDownTo } from '../fakes/fleet-files.ts'
import { fleetAt, run } from '../reconcile/command-line.ts'

test('overlay: render, edit the copy, and its difference becomes the overlay', async () => {
  using folder = temporaryFolder()
  copyStarterFleet(folder.path)
  const inFleet = ['--repo', folder.path]
  const file = 'tenants/acme/north/contoso/overlays/phishing-response.yaml'
  const present = readFileSync(join(folder.path, file), 'utf8')
  const rendered = await headwaterHere(['render', 'acme/north/contoso', 'phishing-response', ...inFleet])
  const copy = join(folder.path, 'copy.yaml')
  writeFileSync(
    copy,
    rendered.stdout.replace('minutesSaved: 40', 'minutesSaved: 45').replace('copies > 10 }}', 'copies > 12 }}'),
  )

  const args = ['overlay', 'acme/north/contoso', 'phishing-response', '--from', copy, ...inFleet]
  const dry = await headwaterHere([...args, '--dry-run'])
  expect(dry.stdout).toContain('    -    minutesSaved: 40\n    +    minutesSaved: 45\n')
  const { code, stdout } = await headwaterHere(args)
  expect(code).toBe(0)
  expect(stdout).toContain(`headwater explain acme/north/contoso phishing-response --repo ${folder.path}\n`)
  expect(readFileSync(join(folder.path, file), 'utf8')).toBe(
    present.replace('minutesSaved: 40', 'minutesSaved: 45').replace('copies > 10 }}', 'copies > 12 }}'),
  )
  const effective = await headwaterHere(['render', 'acme/north/contoso', 'phishing-response', ...inFleet])
  const spec = (text: string): string => text.slice(text.indexOf('apiVersion'))
  expect(spec(effective.stdout)).toBe(spec(readFileSync(copy, 'utf8')))

  const again = await headwaterHere(args)
  expect(again.code).toBe(1)
  expect(again.stderr).toContain('says already')
  const missing = await headwaterHere([...args.slice(0, 3), '--from', join(folder.path, 'nothing.yaml'), ...inFleet])
  expect(missing.code).toBe(3)
})

test('overlay: an empty one to start from', async () => {
  using folder = temporaryFolder()
  copyStarterFleet(folder.path)
  const { code } = await headwaterHere(['overlay', 'acme/north/contoso', 'user-lockout', '--repo', folder.path])
  expect(code).toBe(0)
  const text = readFileSync(join(folder.path, 'tenants/acme/north/contoso/overlays/user-lockout.yaml'), 'utf8')
  expect(text).toMatch(/^# yaml-language-server: \$schema=(\.\.\/){5}crds\/generated\/overlay\.schema\.json\n/)
  expect(text).toMatch(/\n {2}patch: \{\}\n$/)
  expect((await headwaterHere(['validate', '--repo', folder.path])).code).toBe(0)
})

test('overlay: of a tenant that only hands the workflow down, which has nothing to explain', async () => {
  const root = fleetAt({
    ...tenantsDownTo('acme/contoso'),
    ...release('phish', '1.0.0', oneStep),
    ...channels('phish', '{ stable: 1.0.0 }'),
    ...share('all', 'phish', 'to: { subtree: acme/contoso }'),
  })
  const { code, out } = await run(root, ['overlay', 'acme', 'phish'])
  expect([code, out]).toEqual([0, expect.stringContaining('+ tenants/acme/overlays/phish.yaml')])
  expect(out).not.toContain('headwater explain')
})
