import { expect, test } from 'vitest'
import { compareStates } from '../../controller/core/desired/index.ts'
import { createReconciler } from '../../controller/reconcile/reconciler.ts'
import type { LoadedFleet } from '../../controller/reconcile/load-fleet.ts'
import { memoryStore } from '../fakes/memory-store.ts'
import { channels, type Files, overlay, release, resolveFiles, share, tenantsDownTo } from '../fakes/fleet-files.ts'

/** What a plan promised is what the controller then applies, digest by digest. */
const phish = (version: string, hours: number): Files =>
  release('phish', version, `steps: [{ id: find, set: { hours: ${hours} } }]`)
const files: Files = {
  ...tenantsDownTo('acme/north/contoso'),
  ...phish('1.0.0', 24),
  ...phish('2.0.0', 48),
  ...channels('phish', '{ stable: 1.0.0 }'),
  ...share('all', 'phish'),
  ...overlay('acme/north', 'phish', '1.0.0', 'minutesSaved: 5'),
}
const next = channels('phish', '{ stable: 2.0.0 }')

function loadedFrom(current: () => Files): LoadedFleet {
  const desired = resolveFiles(current())
  const revision = { commit: 'c'.repeat(40), tree: 't', uncommitted: [] }
  const snapshot = { revision, files: new Map(), problems: [] } as unknown as LoadedFleet['snapshot']
  return { snapshot, desired, problems: [], changed: 'all', timings: { snapshot: 0, parse: 0, resolve: 0, parsed: 0 } }
}

test('the digests of a plan are those that are applied', async () => {
  let current = files
  const store = memoryStore()
  const rendered = {
    paths: async () => [],
    read: async () => undefined,
    commit: async () => null,
    close: async () => {},
  }
  const reconcile = createReconciler({
    load: async () => loadedFrom(() => current),
    store,
    rendered,
    now: () => 0,
    clock: () => 0,
  })
  await reconcile()
  const planned = compareStates(resolveFiles(files), resolveFiles(files, next))
  expect([...planned.digests.keys()]).toEqual(['acme', 'acme/north', 'acme/north/contoso'])

  current = { ...files, ...next }
  const { plan } = await reconcile()
  expect(plan.changes).toHaveLength(3)
  for (const [path, digest] of planned.digests) expect(store.applied.get(path)?.digest).toBe(digest)

  // Once more: nothing to do. And back again: what was there before, to the byte.
  expect((await reconcile()).plan.changes).toEqual([])
  current = files
  await reconcile()
  const before = compareStates(resolveFiles({}), resolveFiles(files))
  for (const [path, digest] of before.digests) expect(store.applied.get(path)?.digest).toBe(digest)
})
