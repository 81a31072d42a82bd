import type { Store } from '../../io/store/open-store.ts'
import { coalesce } from '../coalesce.ts'
import type { Progress } from '../progress.ts'
import type { Reconciled } from '../reconciled.ts'
import { ReconcileHost } from './reconcile-host.ts'
import type { FileBytes, PassAnswer, WorkSetup } from './reconcile-work.ts'

export interface ReconcilingOptions {
  readonly setup: WorkSetup
  readonly store: Pick<Store, 'applyObserved' | 'appliedCommits'>
  /** After each pass that came to its end. `isNext`: what the one before applied is known, because it came to its end too. */
  onPassed(answer: PassAnswer, isNext: boolean): Promise<void>
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
  /** The controller is about to stop: nobody waits for a file any more. */
  release(): void
  /** A push webhook: the repository is looked at soon, and lost is lost. */
  hintSource(tenant: string): Promise<void>
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
  /** The last pass was heard of to its end. */
  let isHeard = false
  let onHint = (): void => {}
  let isClosing = false

  const host = await ReconcileHost.open({
    setup,
    main: {
      apply: async (application) => {
        await store.applyObserved(application)
        commit = application.commit
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
      beat: () => {},
    },
    onLost: (why, restartInMs) => options.onTrouble(why, `another thread is started in ${restartInMs} ms`),
  })

  const pass = async (): Promise<Reconciled> => {
    const isNext = isHeard
    isHeard = false
    try {
      const answer = await host.pass()
      const { revision } = answer.reconciled
      current = answer.reconciled
      commit = revision.commit ?? revision.tree
      tenants = undefined
      await options.onPassed(answer, isNext)
      isHeard = true
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
    release: () => host.release(),
    hintSource: (tenant) => host.hintSource(tenant),
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
