import { join } from 'node:path'
import type { Snapshot } from '../../core/model/snapshot.ts'
import { fleetFolders } from '../../core/model/snapshot.ts'
import { changedFiles } from './changed-files.ts'
import { CommitFolders } from './commit-folders.ts'
import { refPaths, treeAt } from './commit-source.ts'
import { readPlainFile } from './read-plain-file.ts'
import { FileStamps } from './file-stamps.ts'
import { FileTree } from './file-tree.ts'
import { fleetSnapshot } from './fleet-snapshot.ts'
import type { FleetSource, Hint, WatchOptions } from './fleet-source.ts'
import { emptyFolder, type Folder } from './folder.ts'
import { watchForHints } from './watch-for-hints.ts'
import { objectId } from './object-id.ts'
import type { Repository } from './repository.ts'
import { scanWorkTree } from './work-tree-scan.ts'

export interface WorkTreeSourceOptions {
  /** The fleet's folder on disk. */
  readonly root: string
  /** The repository it belongs to; without one there is no commit and nothing is uncommitted. Not closed here. */
  readonly repository?: Pick<Repository, 'reader' | 'gitdir' | 'commonDir' | 'prefix'>
}

/** Folders watched one by one; beyond that a watch costs more memory than it is worth, and the timer serves alone. */
const watchedFolders = 4_000

/** A fleet as it lies on disk, edits included. */
export class WorkTreeSource implements FleetSource {
  readonly #options: WorkTreeSourceOptions
  readonly #stamps = new FileStamps()
  readonly #heads: CommitFolders | null
  #last: Snapshot | null = null
  #root: Folder | undefined
  #head: { commit: string; folder: Folder } | null = null
  #running: Promise<Snapshot> | null = null

  constructor(options: WorkTreeSourceOptions) {
    this.#options = options
    this.#heads = options.repository === undefined ? null : new CommitFolders(options.repository.reader)
  }

  /** How many files were read and hashed so far. */
  get hashed(): number {
    return this.#stamps.hashed
  }

  // One scan at a time: two would mix their stamps. A caller that comes during a scan gets one that starts afterwards.
  async snapshot(): Promise<Snapshot> {
    const before = this.#running
    const mine = (async () => {
      await before?.catch(() => {})
      return await this.#take()
    })()
    this.#running = mine
    return await mine
  }

  async #take(): Promise<Snapshot> {
    const root = await scanWorkTree(this.#options.root, this.#stamps, this.#root)
    this.#stamps.turn()
    this.#root = root
    const head = await this.#readHead(root)
    const uncommitted =
      head === null ? [] : changedFiles(new FileTree(head.folder), new FileTree(root)).map(({ path }) => path)
    const last = this.#last?.revision
    const commit = head?.commit ?? null
    const isSame = last?.tree === root.id && last.commit === commit && String(last.uncommitted) === String(uncommitted)
    if (!isSame || this.#last === null)
      this.#last = fleetSnapshot(root, { commit, uncommitted: Object.freeze(uncommitted) })
    return this.#last
  }

  async #readHead(root: Folder): Promise<{ commit: string; folder: Folder } | null> {
    const { repository } = this.#options
    const found = await repository?.reader.resolve('HEAD')
    if (repository === undefined || this.#heads === null || !found) return null
    if (this.#head?.commit === found.commit) return this.#head
    const tree = await treeAt(repository.reader, found.tree, repository.prefix)
    // Most blobs of HEAD lie on disk as well: their sizes are known.
    this.#heads.learn(new FileTree(root).values())
    const folder = tree === null ? emptyFolder : await this.#heads.read(tree)
    this.#head = { commit: found.commit, folder }
    this.#heads.retain([folder])
    return this.#head
  }

  async read(oids: Iterable<string>): Promise<Map<string, Uint8Array>> {
    const contents = new Map<string, Uint8Array>()
    const paths = this.#stamps.paths()
    for (const oid of new Set(oids)) {
      const path = paths.get(oid)
      const bytes = this.#stamps.takeFresh(oid) ?? (path === undefined ? null : contentsNow(path))
      if (bytes !== null && objectId('blob', bytes) === oid) contents.set(oid, bytes)
    }
    return contents
  }

  async watch(onHint: (hint: Hint) => void, options: WatchOptions = {}): Promise<() => Promise<void>> {
    const { root, repository } = this.#options
    await this.snapshot()
    const folderCount = this.#root?.folderCount ?? 0
    const isLarge = folderCount > watchedFolders
    const paths = [
      ...(isLarge ? [] : fleetFolders.map((name) => join(root, name))),
      ...(repository === undefined ? [] : refPaths(repository)),
    ]
    return await watchForHints({
      paths,
      ...(isLarge ? { unwatched: `${folderCount} folders are too many to watch; they are compared by a timer.` } : {}),
      fingerprint: async () => {
        const { revision } = await this.snapshot()
        return [revision.commit, revision.tree, ...revision.uncommitted].join('\n')
      },
      pollMs: options.pollMs ?? 5_000,
      onHint,
    })
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}

/** Null for a file that cannot be read now: the next snapshot says why. */
function contentsNow(path: string): Uint8Array | null {
  try {
    return readPlainFile(path)
  } catch {
    return null
  }
}
