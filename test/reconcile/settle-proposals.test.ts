import { expect, onTestFinished, test } from 'vitest'
import { openLocalForge } from '../../controller/io/git/forge/index.ts'
import { openFleet } from '../../controller/io/git/index.ts'
import { checkWorkflowSpec } from '../../controller/reconcile/check-workflow-spec.ts'
import { createFleetLoader } from '../../controller/reconcile/load-fleet.ts'
import { proposeUpgrades } from '../../controller/reconcile/propose-upgrades.ts'
import { textReader } from '../../controller/reconcile/text-reader.ts'
import { channels, overlay, release, share, tenant } from '../fakes/fleet-files.ts'
import { commitAll, git, writeFiles } from '../io/git/repositories.ts'
import { fleetAt, run } from './command-line.ts'

/** What becomes of a proposed upgrade when things move on: it is never written over a decision, and never left behind. */
const phish = (version: string, hours: number) => ({
  ...release('phish', version, `steps: [{ id: find, set: { hours: ${hours} } }]`),
  ...channels('phish', `{ stable: ${version} }`),
})
const hours = overlay('acme', 'phish', '1.0.0', 'steps: [{ id: find, set: { hours: 72 } }]')
const files = { ...tenant('acme'), ...share('all', 'phish'), ...hours, ...phish('1.0.0', 24), ...phish('2.0.0', 48) }
const file = 'tenants/acme/overlays/phish.yaml'

async function opened() {
  const root = fleetAt(files)
  const source = await openFleet({ path: root, revision: 'refs/heads/main' })
  const forge = await openLocalForge({ path: root, now: () => 0 })
  onTestFinished(async () => {
    await forge.stop()
    await source.close()
  })
  const load = createFleetLoader(source, checkWorkflowSpec, () => 0)
  const pass = async (): Promise<void> => {
    const { desired, snapshot } = await load()
    await proposeUpgrades(forge, desired, { base: 'main', now: 0, textOf: textReader(source, snapshot) })
  }
  const states = async (): Promise<string[]> =>
    (await forge.list()).map(({ key, state }) => `${key} ${state}`).toSorted()
  await pass()
  expect(await states()).toEqual(['upgrade/acme/phish open'])
  return { root, forge, pass, states }
}

test('a decision that is proposed is not written over, and takes the open one with it when it is merged', async () => {
  const { root, forge, pass, states } = await opened()
  expect((await run(root, ['upgrade', 'acme', 'phish', '--take', 'theirs', '--pull-request'])).code).toBe(0)
  await pass()
  expect(await states()).toEqual(['decision/acme/phish open', 'upgrade/acme/phish open'])
  const decision = (await forge.list({ keyPrefix: 'decision/' }))[0]
  expect(git(root, ['show', `${decision?.branch}:${file}`])).not.toContain('unresolved')
  await forge.merge(decision?.number ?? 0, { name: 'Ada', email: 'ada@example.com' })
  await pass()
  expect(await states()).toEqual(['decision/acme/phish merged', 'upgrade/acme/phish closed'])
})

test('a decision on the branch itself closes it', async () => {
  const { root, pass, states } = await opened()
  expect((await run(root, ['upgrade', 'acme', 'phish', '--take', 'ours', '--commit'])).code).toBe(0)
  await pass()
  expect(await states()).toEqual(['upgrade/acme/phish closed'])
})

test('a channel that goes back closes it, and one that comes again opens it again', async () => {
  const { root, pass, states } = await opened()
  writeFiles(root, channels('phish', '{ stable: 1.0.0 }'))
  commitAll(root)
  await pass()
  expect(await states()).toEqual(['upgrade/acme/phish closed'])
  writeFiles(root, channels('phish', '{ stable: 2.0.0 }'))
  commitAll(root)
  await pass()
  expect(await states()).toContain('upgrade/acme/phish open')
})

test('a broken file closes nothing: what its tenant would ask for is not known', async () => {
  const { root, pass, states } = await opened()
  writeFiles(root, { 'tenants/acme/tenant.yaml': 'kind: [' })
  commitAll(root)
  await pass()
  expect(await states()).toEqual(['upgrade/acme/phish open'])
})

test('what a person pushed to stays open', async () => {
  const { root, pass, states } = await opened()
  const branch = 'refs/heads/headwater/upgrade/acme/phish'
  const tip = git(root, ['rev-parse', branch])
  git(root, ['update-ref', branch, git(root, ['commit-tree', `${tip}^{tree}`, '-p', tip, '-m', 'mine'])])
  writeFiles(root, channels('phish', '{ stable: 1.0.0 }'))
  commitAll(root)
  await pass()
  expect(await states()).toEqual(['upgrade/acme/phish open'])
})
