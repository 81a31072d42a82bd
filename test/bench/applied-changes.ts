import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ChangeName } from '../../controller/cli/generate-fleet-changes.ts'
import { openFleet } from '../../controller/io/git/index.ts'
import { openStore } from '../../controller/io/store/open-store.ts'
import { checkWorkflowSpec } from '../../controller/reconcile/check-workflow-spec.ts'
import { createFleetLoader } from '../../controller/reconcile/load-fleet.ts'
import { createReconciler } from '../../controller/reconcile/reconciler.ts'
import { openRenderedRecord } from '../../controller/reconcile/rendered-record.ts'
import type { FleetRepository } from './fleet-repository.ts'
import { timed } from './harness.ts'

/** Milliseconds from a moved branch to applied and recorded, by change; the real store and the real rendered branch. */
export async function measureAppliedChanges(
  { gitdir, base, changed, moveTo }: FleetRepository,
  runs: number,
): Promise<ReadonlyMap<ChangeName, readonly number[]>> {
  const folder = mkdtempSync(join(tmpdir(), 'headwater-bench-state-'))
  const store = openStore(folder)
  const rendered = await openRenderedRecord(join(folder, 'mirror.git'))
  moveTo(base)
  const source = await openFleet({ path: gitdir, revision: 'bench' })
  const clock = (): number => performance.now()
  const reconcile = createReconciler({
    load: createFleetLoader(source, checkWorkflowSpec, clock),
    store,
    rendered,
    now: Date.now,
    clock,
  })
  const found = new Map<ChangeName, number[]>()
  try {
    await reconcile()
    // One after the other of its kind: behind a change of all tenants the next one would collect what that one left.
    for (const [name, commit] of changed) {
      const times: number[] = []
      for (let run = 0; run < runs; run++) {
        moveTo(commit)
        const { result, ms } = await timed(reconcile)
        if (result.plan.changes.length === 0) throw new Error(`${name} changed nothing`)
        times.push(ms)
        moveTo(base)
        await reconcile()
      }
      found.set(name, times)
    }
    return found
  } finally {
    await source.close()
    await rendered.close()
    store.close()
    rmSync(folder, { recursive: true, force: true })
  }
}
