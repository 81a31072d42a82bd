import { expect, test } from 'vitest'
import { digestOf } from '../../controller/core/desired/digest.ts'
import { openStore } from '../../controller/io/store/open-store.ts'
import { appliedTenants } from '../../controller/reconcile/applied-tenants.ts'
import { createReconciler } from '../../controller/reconcile/reconciler.ts'
import { type Files, overlay, resolveFiles, share, tenant, tenantsDownTo, workflow } from '../fakes/fleet-files.ts'
import { newFolder } from '../io/git/repositories.ts'

const files: Files = {
  ...tenantsDownTo('acme/north/contoso'),
  ...tenant('acme/south'),
  ...workflow('phish', 'steps: [{ id: find, set: { hours: 24 } }]'),
  ...share('all', 'phish'),
  ...overlay('acme/north', 'phish', '1.0.0', 'minutesSaved: 5'),
}

test('what runs are made of is what was applied, by a process that resolved nothing', async () => {
  const desired = resolveFiles(files)
  const state = newFolder()
  const store = openStore(state)
  const reconcile = createReconciler({
    load: async () => ({
      snapshot: { revision: { commit: 'c', tree: 't', uncommitted: [] }, files: new Map(), problems: [] },
      desired,
      problems: [],
      changed: 'all',
      timings: { snapshot: 0, parse: 0, resolve: 0, parsed: 0 },
    }),
    store,
    rendered: { paths: async () => [], read: async () => undefined, commit: async () => null, close: async () => {} },
    now: () => 0,
    clock: () => 0,
  })
  await reconcile()
  store.close()

  const again = openStore(state)
  const applied = appliedTenants(again)
  expect(applied.paths()).toEqual(['acme', 'acme/north', 'acme/north/contoso', 'acme/south'])
  for (const path of applied.paths()) {
    const computed = desired.tenants.get(path)
    if (computed?.kind !== 'valid') throw new Error(`${path} is not valid`)
    const found = applied.get(path)
    expect(found).toMatchObject({ path, uid: computed.uid, contextDigest: computed.contextDigest })
    expect(digestOf(found?.context as object)).toBe(computed.contextDigest)
    expect([...(found?.workflows.values() ?? [])].map(({ name, release, owner }) => [name, release, owner])).toEqual([
      ['phish', '1.0.0', ''],
    ])
    for (const { digest, spec } of found?.workflows.values() ?? []) expect(digestOf(spec)).toBe(digest)
  }
  expect(applied.get('acme/north/contoso')?.workflows.get('phish')?.spec.minutesSaved).toBe(5)
  expect(applied.get('acme/nobody')).toBeUndefined()
  again.close()
})
