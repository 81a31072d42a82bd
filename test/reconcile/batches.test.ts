import { expect, test } from 'vitest'
import { changes } from '../../controller/cli/generate-fleet-changes.ts'
import { generateFleet } from '../../controller/cli/generate-fleet.ts'
import type { Progress } from '../../controller/reconcile/progress.ts'
import { createReconciler, type ObservedStore } from '../../controller/reconcile/reconciler.ts'
import { loaderOf, memoryBranch } from '../fakes/memory-fleet.ts'
import { memoryStore } from '../fakes/memory-store.ts'

const fleet = new Map(generateFleet({ tenants: 350, seed: 1 }))
const promoted = new Map([...fleet, ...(changes(fleet).get('promotion') ?? [])])

type Application = Parameters<ObservedStore['applyObserved']>[0]

/** A controller in a process of its own, whose store takes so many batches and then fails as a crash would. */
function controllerOn(
  store: ObservedStore,
  branch: ReturnType<typeof memoryBranch>,
  batches = Number.POSITIVE_INFINITY,
) {
  const draft = { files: fleet as ReadonlyMap<string, string> }
  const applied: Application[] = []
  const told: Progress[] = []
  const reconcile = createReconciler({
    load: loaderOf(draft),
    store: {
      ...store,
      applyObserved: (application) => {
        if (applied.length >= batches) return Promise.reject(new Error('killed'))
        applied.push(application)
        return store.applyObserved(application)
      },
    },
    rendered: branch,
    onProgress: (progress) => told.push(progress),
    now: () => 0,
    clock: () => 0,
  })
  return { draft, applied, told, reconcile }
}

async function contentsAfter(
  run: (store: ReturnType<typeof memoryStore>, branch: ReturnType<typeof memoryBranch>) => Promise<void>,
) {
  const [store, branch] = [memoryStore(), memoryBranch()]
  await run(store, branch)
  branch.files.delete('applied.yaml')
  return {
    applied: [...store.applied].toSorted(([a], [b]) => (a < b ? -1 : 1)),
    files: [...branch.files].toSorted(([a], [b]) => (a < b ? -1 : 1)),
  }
}

test('a plan for many is applied in batches, and says how far it is', async () => {
  await contentsAfter(async (store, branch) => {
    const { applied, told, reconcile } = controllerOn(store, branch)
    await reconcile()
    expect(applied.length).toBeGreaterThan(3)
    for (const { upserts, objects } of applied) {
      expect(upserts.length).toBeLessThanOrEqual(100)
      // The last tenant of a batch may be larger than what was left of it.
      expect(objects.reduce((sum, { json }) => sum + json.length, 0)).toBeLessThan(384 * 1024)
    }
    expect(applied.map(({ isPart }) => isPart)).toEqual([...applied.slice(1).map(() => true), false])
    expect(applied.flatMap(({ upserts }) => upserts)).toHaveLength(350)
    const steps = told.filter(({ phase }) => phase === 'apply')
    expect(steps.at(-1)).toEqual({ phase: 'apply', done: 350, total: 350 })
    expect(steps.map(({ done }) => done)).toEqual(steps.map(({ done }) => done).toSorted((a, b) => a - b))
  })
})

test('what a crash between two batches leaves undone, the next reconcile does, and records it all', async () => {
  let reached = 0
  const whole = await contentsAfter(async (store, branch) => {
    const { draft, reconcile } = controllerOn(store, branch)
    await reconcile()
    draft.files = promoted
    reached = (await reconcile()).plan.changes.length
  })
  for (const batches of [0, 1, 2, 3]) {
    const broken = await contentsAfter(async (store, branch) => {
      await controllerOn(store, branch).reconcile()
      const killed = controllerOn(store, branch, batches)
      killed.draft.files = promoted
      await expect(killed.reconcile()).rejects.toThrow('killed')
      const next = controllerOn(store, branch)
      next.draft.files = promoted
      const { plan } = await next.reconcile()
      const done = killed.applied.flatMap(({ upserts }) => upserts.map(({ path }) => path))
      expect(plan.changes.map(({ path }) => path).filter((path) => done.includes(path))).toEqual([])
      expect(plan.changes.length + done.length).toBe(reached)
    })
    expect(broken, `after ${batches} batches`).toEqual(whole)
  }
})
