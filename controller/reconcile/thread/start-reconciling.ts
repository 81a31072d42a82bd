import type { Store } from '../../io/store/open-store.ts'
import { coalesce } from '../coalesce.ts'
import type { Progress } from '../progress.ts'
import type { Reconciled } from '../reconciled.ts'
import { ReconcileHost } from './reconcile-host.ts'
import type { FileBytes, PassAnswer, WorkSetup } from './reconcile-work.ts'

export interface ReconcilingOptions {
  readonly setup: WorkSetup
  readonly store: Pick<Store, 'applyObserved' | 'appliedCommits'>
  /** After each pass that came to its end, with the tenants that were applied or removed since the last such one. */
  onPassed(answer: PassAnswer, changed: ReadonlySet<string> | 'all'): Promise<void>
  /** Now and then while a pass takes its time. */
  onProgress(progress: Progress): void
  /** What went wrong in the background; it is tried again. */
  onTrouble(error: unknown, what: string): void
}

/** Reconciling as the rest of the controller sees it: the work is done elsewhere, and this thread keeps the outcome. */
export interface Reconciling {
  /** The latest pass that came to its end; undefined before the first one. */
  current(): Reconciled | undefined
  /** The commit that was applied last, or the tree where there is no commit. */
  commit(): string
  progress(): (Progress & { readonly since: number }) | undefined
  /** Why what is applied may not be what the fleet says. */
  trouble(): string | undefined
  tenantList(): Promise<Uint8Array>
  file(path: string): Promise<FileBytes | undefined>
  pass(): Promise<Reconciled>
  watch(onReconciled: (reconciled: Reconciled) => void): Promise<void>
  close(): Promise<void>
}

/** A pass that takes longer than this says how far it is, and then as often. */
const slowMs = 2_000

export async function startReconciling(options: ReconcilingOptions): Promise<Reconciling> {
  const { setup, store } = options
  let current: Reconciled | undefined
  let commit = store.appliedCommits(1)[0]?.commit ?? ''
  let progress: (Progress & { readonly since: number }) | undefined
  let toldAt = 0
  /** Until the next pass has ended it is as it was made. */
  let tenants: Promise<Uint8Array> | undefined
  /** Of a pass that failed on its way too; all before the first one. */
  let changed: Set<string> | 'all' = 'all'
  let onHint = (): void => {}
  let isClosing = false

  const host = await ReconcileHost.open({
    setup,
    main: {
      apply: async (application) => {
        await store.applyObserved(application)
        commit = application.commit
        if (changed === 'all') return
        for (const { path } of application.upserts) changed.add(path)
        for (const path of application.removals) changed.add(path)
      },
      progress: (next) => {
        const now = Date.now()
        if (!progress) toldAt = now
        progress = { ...next, since: progress?.since ?? now }
        if (now - toldAt < slowMs) return
        toldAt = now
        options.onProgress(next)
      },
      hint: () => onHint(),
    },
    onLost: (why, restartInMs) => options.onTrouble(why, `another thread is started in ${restartInMs} ms`),
  })

  const pass = async (): Promise<Reconciled> => {
    try {
      const answer = await host.pass()
      const { revision } = answer.reconciled
      current = answer.reconciled
      commit = revision.commit ?? revision.tree
      tenants = undefined
      const since = changed
      changed = new Set()
      await options.onPassed(answer, since).catch((thrown: unknown) => {
        changed = 'all'
        throw thrown
      })
      return answer.reconciled
    } finally {
      progress = undefined
    }
  }
  return {
    current: () => current,
    commit: () => commit,
    progress: () => progress,
    trouble: () => host.trouble,
    tenantList: () => {
      if (!tenants) {
        const asked = host.tenants()
        tenants = asked
        asked.catch(() => {
          if (tenants === asked) tenants = undefined
        })
      }
      return tenants
    },
    file: (path) => host.file(path),
    pass,
    watch: async (onReconciled) => {
      onHint = coalesce(async () => {
        try {
          onReconciled(await pass())
        } catch (thrown) {
          // The last good state stays; the next hint or the next poll tries again.
          if (!isClosing) options.onTrouble(thrown, 'reconciling failed')
        }
      })
      await host.watch()
      // What changed before the watcher was ready is met by looking once more.
      onHint()
    },
    close: () => {
      isClosing = true
      return host.close()
    },
  }
}
