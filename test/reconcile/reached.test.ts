import { expect, test } from 'vitest'
import { parse } from 'yaml'
import type { LiveTenant } from '../../controller/reconcile/live-tenants.ts'
import { createReconciler, type ReconciledFleet } from '../../controller/reconcile/reconciler.ts'
import { tenantListText } from '../../controller/reconcile/tenant-list.ts'
import { renderedFiles } from '../../controller/reconcile/rendered-files.ts'
import { memoryCache } from '../fakes/memory-cache.ts'
import { loaderOf, memoryBranch } from '../fakes/memory-fleet.ts'
import { memoryStore } from '../fakes/memory-store.ts'
import { starterFleet } from '../fakes/starter-fleet.ts'
import { createDice, edits, FleetDraft } from '../properties/desired-edits.ts'

/**
 * A controller that goes on from edit to edit looks only at what an edit reaches. After each one it must have applied,
 * recorded and kept alive exactly what a controller does that starts on the same store and looks at everything.
 */
const steps = process.env['HEADWATER_LANE'] === 'soak' ? 600 : 60
const seed = Number(process.env['HEADWATER_SEED'] ?? Date.now() % 2_147_483_647)

test(`after each of ${steps} edits as after a look at everything (seed ${seed})`, async () => {
  const draft = new FleetDraft(starterFleet())
  const dice = createDice(seed)
  const [store, branch] = [memoryStore(), memoryBranch()]
  const parts = { store, rendered: branch, now: () => 0, clock: () => 0 }
  const goOn = createReconciler({ ...parts, load: loaderOf(draft) })
  let failures = 0
  const cache = memoryCache()
  let restarted: ReturnType<typeof createReconciler> | undefined
  for (let step = 0; step < steps; step++) {
    // Now and then the branch cannot be written; the next pass has to make up for it. An edit that changes nothing does not count.
    branch.isFull = step % 11 === 5 || (step >= steps / 2 && failures === 0)
    const answer = await goOn().catch((thrown: unknown) => thrown)
    const failed = answer instanceof Error
    if (failed) failures++
    branch.isFull = false
    const { live, plan } = failed ? await goOn() : (answer as Awaited<ReturnType<typeof goOn>>)
    const anew = await createReconciler({ ...parts, load: loaderOf(draft) })()
    expect(anew.plan.changes, `step ${step}`).toEqual([])
    expect([anew.plan.frozen, anew.plan.unchanged], `step ${step}`).toEqual([
      plan.frozen,
      failed ? plan.unchanged : plan.unchanged + plan.changes.filter(({ kind }) => kind !== 'remove').length,
    ])
    expect(digestsOf(live), `step ${step}`).toEqual(digestsOf(anew.live))
    // One that recalled most tenants goes on from them; another one starts and recalls them.
    const recalling = createReconciler({ ...parts, load: loaderOf(draft, cache) })
    for (const reconcile of [restarted, recalling]) {
      const other = await reconcile?.()
      if (other) expect(listOf(other), `step ${step}`).toEqual(listOf(anew))
      if (other) expect(digestsOf(other.live), `step ${step}`).toEqual(digestsOf(anew.live))
    }
    restarted = createReconciler({ ...parts, load: loaderOf(draft, cache) })
    await restarted()
    const expected = [...live.values()].flatMap((tenant) => renderedFiles(tenant)).map(([path]) => path)
    expect([...branch.files.keys()].filter((path) => path !== 'applied.yaml').sort(), `step ${step}`).toEqual(
      expected.sort(),
    )
    for (const tenant of live.values())
      for (const [path, text] of renderedFiles(tenant))
        expect(parse(branch.files.get(path) ?? ''), path).toEqual(parse(text))
    dice.pick(edits)(draft, dice)
  }
  expect(failures).toBeGreaterThan(0)
  expect(cache.recalled).toBeGreaterThan(steps)
}, 240_000)

/** As the API shows it. */
function listOf(fleet: ReconciledFleet): unknown {
  return JSON.parse(new TextDecoder().decode(tenantListText(fleet)))
}

function digestsOf(live: ReadonlyMap<string, LiveTenant>): Record<string, unknown> {
  return Object.fromEntries(
    [...live].map(([path, { contextDigest, workflows }]) => [
      path,
      [contextDigest, ...[...workflows.values()].map(({ digest }) => digest)],
    ]),
  )
}
