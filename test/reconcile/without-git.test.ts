import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openFleet } from '../../controller/io/git/index.ts'
import { openStore } from '../../controller/io/store/open-store.ts'
import { checkWorkflowSpec } from '../../controller/reconcile/check-workflow-spec.ts'
import { createFleetLoader } from '../../controller/reconcile/load-fleet.ts'
import { createReconciler } from '../../controller/reconcile/reconciler.ts'
import { openRenderedRecord } from '../../controller/reconcile/rendered-record.ts'
import { createFleetRepository, type FleetRepository } from '../bench/fleet-repository.ts'

test.each([true, false])(
  'a whole reconcile comes to the same with git and without (packed: %s)',
  async (isPacked) => {
    const repository = await createFleetRepository({ tenants: 120, seed: 7, isPacked })
    try {
      const [withGit, without] = [await reconciled(repository, {}), await reconciled(repository, { git: null })]
      expect(withGit.map(({ change }) => change)).toEqual(['base', ...repository.changed.keys()])
      // Every change but the first goes on from the state before it, so it is patched in and not computed anew.
      expect(new Set(withGit.map(({ rendered }) => rendered)).size).toBe(withGit.length)
      expect(without).toEqual(withGit)
    } finally {
      repository.remove()
    }
  },
  60_000,
)

/** Digests of all tenants and the tip of the rendered branch, after the base and after each change on top of it. */
async function reconciled({ gitdir, base, changed, moveTo }: FleetRepository, how: { readonly git?: null }) {
  const folder = mkdtempSync(join(tmpdir(), 'headwater-both-ways-'))
  const store = openStore(folder)
  const rendered = await openRenderedRecord(join(folder, 'mirror.git'), how)
  const source = await openFleet({ path: gitdir, revision: 'bench', ...how })
  const load = createFleetLoader(source, checkWorkflowSpec, () => 0)
  const reconcile = createReconciler({ load, store, rendered, now: () => 1_800_000_000_000, clock: () => 0 })
  try {
    const found = []
    for (const [change, commit] of [['base', base] as const, ...changed]) {
      moveTo(commit)
      const { plan, rendered: tip } = await reconcile()
      const digests = [...store.readObserved()].map(([path, { digest }]) => [path, digest])
      found.push({ change, changes: plan.changes.length, digests, rendered: tip })
    }
    return found
  } finally {
    await source.close()
    await rendered.close()
    store.close()
    rmSync(folder, { recursive: true, force: true })
  }
}
