import { join } from 'node:path'
import { isUnreadable } from '../../core/desired/fleet.ts'
import { hasSchedule } from '../../core/desired/index.ts'
import type { Connector } from '../../core/model/generated/kinds.ts'
import type { Snapshot } from '../../core/model/snapshot.ts'
import { changedFiles } from '../../io/git/index.ts'
import type { Forge } from '../../io/git/forge/forge.ts'
import { openLocalForge } from '../../io/git/forge/local-forge.ts'
import { openObservedReader } from '../../io/store/observed-reader.ts'
import type { Store } from '../../io/store/open-store.ts'
import { checkWorkflowSpec } from '../check-workflow-spec.ts'
import { openLoadCache } from '../load-cache.ts'
import { createFleetLoader, isSecret } from '../load-fleet.ts'
import { type FollowOptions, openFollowedFleet } from '../open-followed-fleet.ts'
import type { Progress } from '../progress.ts'
import { proposeUpgrades } from '../propose-upgrades.ts'
import { type Reconciled, toReconciled } from '../reconciled.ts'
import { createReconciler, type ReconciledFleet } from '../reconciler.ts'
import { openRenderedRecord } from '../rendered-record.ts'
import { tenantListText } from '../tenant-list.ts'
import { textReader } from '../text-reader.ts'

/** What the thread is given when it starts; it survives structured cloning. */
export interface WorkSetup extends FollowOptions {
  /** Branch of a local repository in which upgrades are proposed; none where absent. */
  readonly proposeOn: string | undefined
  readonly allowRemovals: number | undefined
}

/** What the thread asks of the one that has the store. */
export type StoreCalls = {
  apply(application: Parameters<Store['applyObserved']>[0]): Promise<void>
  progress(progress: Progress): void
  /** The fleet may have changed. */
  hint(): void
  /** Said now and then during a pass: the thread waits for something, or computes, but it does not hang. */
  beat(): void
}

export interface FileBytes {
  readonly oid: string
  /** Undefined where the file has changed on disk since. */
  readonly bytes: Uint8Array | undefined
}

export interface PassAnswer {
  readonly reconciled: Reconciled
  /** All connectors by name, where they are others than in the pass before. */
  readonly connectors?: readonly (readonly [string, Connector['spec']])[]
  /** Tenants that were applied or removed: all in the first pass. Those of them that have a schedule are named again. */
  readonly tenants: { readonly changed: readonly string[] | 'all'; readonly scheduled: readonly string[] }
  /** Secrets files that are others than in the pass before; all of them in the first. */
  readonly secrets: readonly string[] | 'all'
  readonly proposed: readonly { readonly kind: string; readonly number: number; readonly title: string }[]
}

/** What the thread can be asked. */
export type WorkCalls = {
  /** Looks at the fleet and brings what is applied to what it says. One at a time. */
  pass(): Promise<PassAnswer>
  /** Of the last pass: the answer of `GET /v1/tenants`. */
  tenants(): Uint8Array
  /** A file of the commit in force; before the first pass there is none. */
  file(path: string): Promise<FileBytes | undefined>
  /** Somebody says that there is something new in a tenant's own repository. */
  hintSource(tenant: string): void
  /** Hints from now on. */
  watch(): Promise<void>
  close(): Promise<void>
}

const beatMs = 5_000

/** Their pages fill less than half of the log that the writer would write back itself. */
const batchesOfCheckpoint = 8

/** Opens everything that reconciling needs, but for the store: only one thread writes there. */
export async function openReconcileWork(setup: WorkSetup, main: StoreCalls): Promise<WorkCalls> {
  const { fleet, state, proposeOn, allowRemovals } = setup
  await using opening = new AsyncDisposableStack()
  const followed = opening.adopt(await openFollowedFleet(setup), (opened) => opened.close())
  const rendered = opening.adopt(await openRenderedRecord(join(state, 'mirror.git')), (record) => record.close())
  const forge =
    proposeOn === undefined
      ? undefined
      : opening.adopt(await openLocalForge({ path: fleet, now: Date.now }), (opened) => opened.stop())
  const cache = opening.adopt(openLoadCache(join(state, 'cache')), (opened) => opened.settled())
  const reader = opening.adopt(openObservedReader(state), (opened) => opened.close())
  const clock = (): number => performance.now()
  const onProgress = (progress: Progress): void => main.progress(progress)
  let batches = 0
  const apply: StoreCalls['apply'] = async (application) => {
    await main.apply(application)
    if (++batches % batchesOfCheckpoint === 0) reader.checkpoint()
  }
  const reconcile = createReconciler({
    load: createFleetLoader(followed.source, checkWorkflowSpec, clock, cache, onProgress),
    store: { ...reader, applyObserved: apply },
    rendered,
    ...(allowRemovals !== undefined && { allowRemovals }),
    onProgress,
    now: Date.now,
    clock,
  })
  const closing = opening.move()
  let last: ReconciledFleet | undefined
  const first = Promise.withResolvers<void>()
  let told: readonly unknown[] = []
  let turn: Promise<unknown> = Promise.resolve()

  const connectors = ({ desired }: ReconciledFleet): Pick<PassAnswer, 'connectors'> => {
    const readable = [...desired.fleet.connectors].flatMap(([name, entry]) =>
      isUnreadable(entry) ? [] : [[name, entry.resource.spec] as const],
    )
    const specs = readable.map(([, spec]) => spec)
    if (specs.length === told.length && specs.every((spec, at) => spec === told[at])) return {}
    told = specs
    return { connectors: readable }
  }
  const propose = async (to: Forge, { desired, snapshot }: ReconciledFleet, base: string) => {
    const textOf = textReader(followed.source, snapshot)
    const outcomes = await proposeUpgrades(to, desired, { base, now: Date.now(), textOf })
    return outcomes.flatMap(({ kind, pullRequest }) =>
      kind === 'opened' || kind === 'updated' ? [{ kind, number: pullRequest.number, title: pullRequest.title }] : [],
    )
  }
  const pass = async (): Promise<PassAnswer> => {
    const before = last
    const behind = await followed.refresh()
    const passed = await reconcile()
    first.resolve()
    last = behind ? { ...passed, problems: [behind, ...passed.problems] } : passed
    return {
      reconciled: toReconciled(last, before),
      ...connectors(last),
      tenants: tenantsOf(last, before === undefined),
      secrets: before ? changedSecrets(before.snapshot, last.snapshot) : 'all',
      proposed: forge && proposeOn !== undefined ? await propose(forge, last, proposeOn) : [],
    }
  }
  return {
    pass: () => {
      const beats = setInterval(() => main.beat(), beatMs)
      const passed = turn.then(pass).finally(() => clearInterval(beats))
      turn = passed.catch(() => {})
      return passed
    },
    tenants: () => (last ? tenantListText(last) : new TextEncoder().encode('{"tenants":[]}')),
    file: async (path) => {
      await first.promise
      const entry = last?.snapshot.files.get(path)
      if (!entry) return undefined
      return { oid: entry.oid, bytes: (await followed.source.read([entry.oid])).get(entry.oid) }
    },
    hintSource: (tenant) => followed.hintSource(tenant),
    watch: async () => closing.defer(await followed.watch(() => main.hint())),
    close: async () => {
      await turn
      await closing.disposeAsync()
    },
  }
}

function tenantsOf({ plan, live }: ReconciledFleet, isFirst: boolean): PassAnswer['tenants'] {
  const changed = plan.changes.flatMap((change) =>
    'from' in change && change.from !== undefined ? [change.path, change.from] : [change.path],
  )
  const scheduled = (isFirst ? [...live.keys()] : changed).filter((path) => {
    const tenant = live.get(path)
    return tenant !== undefined && hasSchedule(tenant)
  })
  return { changed: isFirst ? 'all' : changed, scheduled }
}

function changedSecrets(before: Snapshot, now: Snapshot): readonly string[] {
  if (before === now) return []
  return changedFiles(before.files, now.files)
    .map(({ path }) => path)
    .filter(isSecret)
}
