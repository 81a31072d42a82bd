import {
  changedReleases,
  type DesiredState,
  type ObservedTenant,
  type Plan,
  planChanges,
  planReached,
} from '../core/desired/index.ts'
import type { Problem } from '../core/model/problems.ts'
import type { Snapshot } from '../core/model/snapshot.ts'
import type { Store } from '../io/store/open-store.ts'
import { type Batch, batchesOf } from './batches.ts'
import { type LiveTenant, liveTenants } from './live-tenants.ts'
import type { LoadedFleet } from './load-fleet.ts'
import type { Progress } from './progress.ts'
import { appliedPath, appliedText, renderedFiles, renderedPaths, RenderedTexts } from './rendered-files.ts'
import type { RenderedRecord } from './rendered-record.ts'
import { SubscriptionCount } from './subscription-count.ts'

/** What reconciling needs of the store. */
export type ObservedStore = Pick<
  Store,
  'readObserved' | 'readObject' | 'hasObject' | 'applyObserved' | 'appliedCommits'
>

/** What one pass came to. */
export interface ReconciledFleet {
  readonly snapshot: Snapshot
  readonly desired: DesiredState
  readonly problems: readonly Problem[]
  readonly plan: Plan
  readonly live: ReadonlyMap<string, LiveTenant>
  readonly observed: ReadonlyMap<string, ObservedTenant>
  /** Effective workflows of all tenants. */
  readonly subscriptions: number
  /** Milliseconds by phase, in the order of the phases. */
  readonly timings: Readonly<Record<string, number>>
  /** Commit of the rendered branch; absent where nothing was recorded. */
  readonly rendered?: string
}

export interface ReconcilerParts {
  load(): Promise<LoadedFleet>
  readonly store: ObservedStore
  readonly rendered: RenderedRecord
  readonly allowRemovals?: number
  onProgress?(progress: Progress): void
  /** Milliseconds of the wall clock, and of a clock that only measures. */
  now(): number
  clock(): number
}

interface Pass {
  loaded: LoadedFleet
  subscriptions: number
  /** Present where nothing but these tenants has to be looked at. */
  reached?: ReadonlySet<string>
  /** The plan of the pass before, where that came to its end. */
  after: Plan | undefined
  observed: ReadonlyMap<string, ObservedTenant>
  plan: Plan
  live: ReadonlyMap<string, LiveTenant>
  rendered?: string
}

/**
 * Brings the observed state to the desired one, phase by phase. It looks at the world anew each time, so a call too
 * many does nothing and a call that was lost is made up for by the next one.
 */
export function createReconciler(parts: ReconcilerParts): () => Promise<ReconciledFleet> {
  let live = new Map<string, LiveTenant>()
  /** As the store has it: nobody else writes there. */
  let observed: Map<string, ObservedTenant> | undefined
  let recorded: Map<string, ObservedTenant> | undefined
  let before: DesiredState | undefined
  const counted = new SubscriptionCount()
  /** The last pass, if it came to its end. */
  let settled: Plan | undefined

  const phases: readonly (readonly [string, (pass: Pass) => Promise<void> | void])[] = [
    ['load', load],
    ['observe', (pass) => void (pass.observed = observed ??= new Map(parts.store.readObserved()))],
    ['plan', plan],
    ['apply', apply],
    ['record', record],
  ]

  return async () => {
    const pass = {} as Pass
    pass.after = settled
    settled = undefined
    const timings: Record<string, number> = {}
    for (const [name, phase] of phases) {
      const start = parts.clock()
      parts.onProgress?.({ phase: name, done: 0, total: 0 })
      await phase(pass)
      timings[name] = parts.clock() - start
    }
    const { snapshot, desired, timings: loading } = pass.loaded
    const problems = [
      ...(before && before !== desired ? changedReleases(before, desired) : []),
      ...pass.loaded.problems,
    ]
    before = desired
    settled = pass.plan
    const { load: _, ...rest } = timings
    const detail = { snapshot: loading.snapshot, parse: loading.parse, resolve: loading.resolve, ...rest }
    return {
      snapshot,
      desired,
      problems,
      plan: pass.plan,
      live: pass.live,
      observed: pass.observed,
      subscriptions: pass.subscriptions,
      timings: detail,
      ...(pass.rendered !== undefined && { rendered: pass.rendered }),
    }
  }

  async function load(pass: Pass): Promise<void> {
    pass.loaded = await parts.load()
    // What a pass that failed has loaded was told nobody.
    pass.subscriptions = counted.after(pass.after ? pass.loaded : { ...pass.loaded, changed: 'all' })
  }

  function plan(pass: Pass): void {
    const { desired, changed } = pass.loaded
    const reached =
      pass.after && changed !== 'all' ? planReached(desired, pass.observed, changed, pass.after) : undefined
    if (reached && changed !== 'all') {
      pass.plan = reached
      pass.reached = changed
      return
    }
    const { allowRemovals } = parts
    pass.plan = planChanges(desired, pass.observed, { ...(allowRemovals !== undefined && { allowRemovals }) })
  }

  /** Batch by batch. What a batch holds is applied, whatever becomes of the next one: the next plan is then the rest. */
  async function apply(pass: Pass): Promise<void> {
    const { desired, snapshot } = pass.loaded
    const total = pass.plan.changes.length
    const appliedAt = parts.now()
    const commit = snapshot.revision.commit ?? snapshot.revision.tree
    let done = 0
    const applyOne = async ({ changes, isLast, ...batch }: Batch): Promise<void> => {
      await parts.store.applyObserved({ ...batch, commit, appliedAt, isPart: !isLast })
      for (const path of batch.removals) observed?.delete(path)
      for (const tenant of batch.upserts) observed?.set(tenant.path, tenant)
      done += changes
      parts.onProgress?.({ phase: 'apply', done, total })
    }
    // While the store writes one, the next one is made.
    let writing = Promise.resolve()
    for (const batch of batchesOf(pass.plan.changes, { desired, observed: pass.observed, store: parts.store })) {
      await writing
      writing = applyOne(batch)
    }
    await writing
    if (pass.reached) for (const path of pass.reached) live.set(path, desired.tenants.get(path) as LiveTenant)
    else live = liveTenants(desired, pass.observed, live, (digest) => parts.store.readObject(digest))
    pass.live = live
  }

  /**
   * Touches the files of what changed since the last record. A crash may have come between applying and recording, so
   * the first pass of a process compares with the branch unless its last commit tells of the last application.
   */
  async function record(pass: Pass): Promise<void> {
    const { observed: now, reached } = pass
    const [application] = parts.store.appliedCommits(1)
    if (!application) return
    const mark = appliedText(application.commit, application.at)
    if (!recorded && (await parts.rendered.read(appliedPath)) === mark) recorded = new Map(now)
    const known = recorded
    const looked = reached && known ? pick(now, reached) : now
    const old = reached && known ? pick(known, reached) : known
    const staleIn = (tenant: ObservedTenant): string[] => {
      const after = now.get(tenant.path)
      if (after?.digest === tenant.digest) return []
      const kept = new Set(after && live.has(tenant.path) ? renderedPaths(after) : [])
      return renderedPaths(tenant).filter((path) => !kept.has(path))
    }
    const stale = old ? [...old.values()].flatMap(staleIn) : await parts.rendered.paths()
    const told = [...looked.values()].filter(
      ({ path, digest }) => known?.get(path)?.digest !== digest && live.has(path),
    )
    // One by one: the texts of a whole fleet are never there at once.
    function* files(): Generator<readonly [string, string | null]> {
      for (const path of stale) yield [path, null]
      const texts = new RenderedTexts()
      let count = stale.length + 1
      let done = 0
      for (const { path } of told) {
        if (++done % tenantsBetweenWords === 0) parts.onProgress?.({ phase: 'record', done, total: told.length })
        const own = renderedFiles(live.get(path) as LiveTenant, known?.get(path), texts)
        count += own.length
        yield* own
      }
      yield [appliedPath, mark]
      parts.onProgress?.({ phase: 'commit', done: 0, total: count })
    }
    if (stale.length + told.length > 0) {
      const commit = await parts.rendered.commit(files(), messageOf(pass), parts.now())
      if (commit !== null) pass.rendered = commit
    }
    // Not before: what could not be written is still to be written.
    if (reached && known) for (const [path, tenant] of looked) known.set(path, tenant)
    else recorded = new Map(now)
  }
}

const tenantsBetweenWords = 250

function pick<T>(map: ReadonlyMap<string, T>, keys: Iterable<string>): Map<string, T> {
  const found = new Map<string, T>()
  for (const key of keys) {
    const value = map.get(key)
    if (value !== undefined) found.set(key, value)
  }
  return found
}

function messageOf({ loaded, plan }: Pass): string {
  const { commit, uncommitted } = loaded.snapshot.revision
  const source =
    commit === null
      ? 'a folder without git'
      : `${commit.slice(0, 12)}${uncommitted.length > 0 ? ` with uncommitted files (${uncommitted.length})` : ''}`
  const lines = plan.changes.slice(0, 50).map((change) => `${change.kind} ${change.path}`)
  const more = plan.changes.length > 50 ? [`… and ${plan.changes.length - 50} more`] : []
  return [
    `Apply ${source}: ${plan.changes.length} ${plan.changes.length === 1 ? 'tenant' : 'tenants'}`,
    '',
    ...lines,
    ...more,
    '',
    `Headwater-Commit: ${commit ?? 'none'}`,
  ].join('\n')
}
