import type { Verdict } from '../../core/model/document.ts'
import type { FileEntry, Snapshot } from '../../core/model/snapshot.ts'

/** Something may have changed: take a new snapshot. `polling` says that the watcher gave up and only the timer is left. */
export interface Hint {
  readonly kind: 'changed' | 'polling'
  readonly reason: string
}

export interface WatchOptions {
  /** Milliseconds between comparisons by id; 5,000 unless told. */
  readonly pollMs?: number
}

/** What the files at these paths say, by path; one that changed meanwhile is left out. */
export type ParseFiles = (files: ReadonlyMap<string, FileEntry>) => Promise<ReadonlyMap<string, Verdict>>

/** Where a fleet's files come from. Two implementations: a commit of a repository, and a folder on disk. */
export interface FleetSource {
  /**
   * The files as they are now. Where nothing changed since the last call the same object is returned.
   * Throws GitError `unknown-revision` or `repository-unreadable`; what is wrong with single files is in `problems`.
   */
  snapshot(): Promise<Snapshot>
  /**
   * The snapshot with the folders filled of tenants that keep their files elsewhere; to be called before anything else is
   * done with it. A source without it fills none, and such tenants are frozen.
   */
  mount?(base: Snapshot, parse: ParseFiles): Promise<Snapshot>
  /** Contents by blob id. An id that is not in the answer has changed on disk since: take a new snapshot. */
  read(oids: Iterable<string>): Promise<Map<string, Uint8Array>>
  /** Resolves once changes are seen; the answer stops watching. Hints may be late, doubled or needless. */
  watch(onHint: (hint: Hint) => void, options?: WatchOptions): Promise<() => Promise<void>>
  close(): Promise<void>
}
