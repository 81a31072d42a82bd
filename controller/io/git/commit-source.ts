import type { Snapshot } from '../../core/model/snapshot.ts'
import { CommitFolders } from './commit-folders.ts'
import { fleetSnapshot } from './fleet-snapshot.ts'
import type { FleetSource, Hint, WatchOptions } from './fleet-source.ts'
import { emptyFolder, type Folder } from './folder.ts'
import { GitError } from './git-error.ts'
import type { ObjectReader } from './object-reader.ts'
import { watchForHints } from './watch-for-hints.ts'
import type { RepositoryLayout } from './repository.ts'

export interface CommitSourceOptions {
  readonly reader: ObjectReader
  /** A branch, tag, id or any revision; looked up anew for each snapshot. */
  readonly revision: string
  /** The fleet's folder inside the repository, with slashes; the root unless told. */
  readonly folder?: string
  /** Where refs are watched; without it only the timer notices changes. */
  readonly layout?: Pick<RepositoryLayout, 'gitdir' | 'commonDir'>
}

/** A fleet at a revision, read from the object store by ids. Does not close the reader it was given. */
export class CommitSource implements FleetSource {
  readonly #options: CommitSourceOptions
  readonly #folders: CommitFolders
  #last: { snapshot: Snapshot; root: Folder } | null = null

  constructor(options: CommitSourceOptions) {
    this.#options = options
    this.#folders = new CommitFolders(options.reader)
  }

  async snapshot(): Promise<Snapshot> {
    const { reader, revision, folder = '' } = this.#options
    const found = await reader.resolve(revision)
    if (found === null)
      throw new GitError('unknown-revision', `There is no commit ${JSON.stringify(revision)} in this repository.`)
    if (this.#last?.snapshot.revision.commit === found.commit) return this.#last.snapshot
    const tree = await treeAt(reader, found.tree, folder)
    const root = tree === null ? emptyFolder : await this.#folders.read(tree)
    const snapshot = fleetSnapshot(root, { commit: found.commit, uncommitted: [] })
    this.#last = { snapshot, root }
    this.#folders.retain([root])
    return snapshot
  }

  read(oids: Iterable<string>): Promise<Map<string, Uint8Array>> {
    return this.#options.reader.readBlobs(oids)
  }

  watch(onHint: (hint: Hint) => void, options: WatchOptions = {}): Promise<() => Promise<void>> {
    const { layout, reader, revision } = this.#options
    return watchForHints({
      paths: layout === undefined ? [] : refPaths(layout),
      fingerprint: async () => (await reader.resolve(revision))?.commit ?? '',
      pollMs: options.pollMs ?? 5_000,
      onHint,
    })
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}

/** The files that change when a branch moves. */
export function refPaths(layout: Pick<RepositoryLayout, 'gitdir' | 'commonDir'>): string[] {
  return [`${layout.gitdir}/HEAD`, `${layout.commonDir}/packed-refs`, `${layout.commonDir}/refs/heads`]
}

/** The id of the tree at a folder path; null where there is none. Links are not followed. */
export async function treeAt(reader: ObjectReader, root: string, folder: string): Promise<string | null> {
  let oid = root
  for (const part of folder.split('/').filter((name) => name !== '' && name !== '.')) {
    const entry = (await reader.readTree(oid)).find(({ name, mode }) => name === part && mode === '40000')
    if (entry === undefined) return null
    oid = entry.oid
  }
  return oid
}
