import { spawnSync } from 'node:child_process'
import type { ChangeName } from '../../controller/cli/generate-fleet-changes.ts'
import { planMarkdown } from '../../controller/core/authoring/plan-markdown.ts'
import { type DesiredState, impactOf } from '../../controller/core/desired/index.ts'
import { openFleet } from '../../controller/io/git/index.ts'
import { checkWorkflowSpec } from '../../controller/reconcile/check-workflow-spec.ts'
import { createFleetLoader } from '../../controller/reconcile/load-fleet.ts'
import { stateOf } from './count-fleet.ts'
import type { FleetRepository } from './fleet-repository.ts'
import { timed } from './harness.ts'

export interface WarmLoads {
  readonly unchangedMs: readonly number[]
  /** The first change that a loader meets: files are sorted by owner then, and not at the start. */
  readonly firstMs: readonly number[]
  readonly spawnMs: readonly number[]
  /** Impact and Markdown of the promotion, between two states that share no object. */
  readonly planMs: readonly number[]
  readonly changes: ReadonlyMap<ChangeName, { readonly ms: readonly number[]; readonly tenants: number }>
  /** State before the changes, and after all of them were taken back. */
  readonly before: string
  readonly after: string
}

const firstChange: ChangeName = 'tag'

/**
 * A loader that stands, and meets each change for the first time: what it remembers of one run would make the next one
 * cheaper than it is for anybody. L_spawn is measured between the changes.
 */
export async function measureWarmLoads(repository: FleetRepository, runs: number): Promise<WarmLoads> {
  const { gitdir, base, changed } = repository
  const [unchangedMs, firstMs, spawnMs, states]: [number[], number[], number[], string[]] = [[], [], [], []]
  const changes = new Map<ChangeName, { ms: number[]; tenants: number }>()
  let desired: DesiredState | undefined
  for (let run = 0; run < runs; run++) {
    repository.moveTo(base)
    const source = await openFleet({ path: gitdir, revision: 'bench' })
    try {
      const load = createFleetLoader(source, checkWorkflowSpec, () => performance.now())
      desired = (await load()).desired
      states.push(stateOf(desired))
      unchangedMs.push((await timed(load)).ms)
      repository.moveTo(changed.get(firstChange) ?? base)
      firstMs.push((await timed(load)).ms)
      repository.moveTo(base)
      await load()
      for (const [name, commit] of changed) {
        spawnMs.push(await diffTree(gitdir, base, commit))
        repository.moveTo(commit)
        const { result, ms } = await timed(load)
        const known = changes.get(name) ?? {
          ms: [],
          tenants: result.changed === 'all' ? result.desired.tenants.size : result.changed.size,
        }
        known.ms.push(ms)
        changes.set(name, known)
        repository.moveTo(base)
        desired = (await load()).desired
      }
      states.push(stateOf(desired))
    } finally {
      await source.close()
    }
  }
  const planMs = desired ? await measurePlan(repository, desired, runs) : []
  return { unchangedMs, firstMs, spawnMs, planMs, changes, before: states[0] ?? '', after: states.at(-1) ?? '' }
}

/** What `plan -o markdown` does once both states are there. */
async function measurePlan(
  { gitdir, changed }: FleetRepository,
  before: DesiredState,
  runs: number,
): Promise<number[]> {
  const revision = changed.get('promotion')
  if (revision === undefined) return []
  const source = await openFleet({ path: gitdir, revision })
  try {
    const { desired } = await createFleetLoader(source, checkWorkflowSpec, () => performance.now())()
    const planMs: number[] = []
    for (let run = 0; run < runs; run++) {
      const { result, ms } = await timed(() => planMarkdown(impactOf(before, desired)))
      if (!result.includes('tenants')) throw new Error('the plan of a promotion says nothing of tenants')
      planMs.push(ms)
    }
    return planMs
  } finally {
    await source.close()
  }
}

/** L_spawn: one child that compares two commits. */
async function diffTree(gitdir: string, from: string, to: string): Promise<number> {
  const { result, ms } = await timed(() => spawnSync('git', ['diff-tree', '-r', from, to], { cwd: gitdir }))
  if (result.status !== 0 || result.stdout.length === 0) throw new Error('git diff-tree found nothing')
  return ms
}
