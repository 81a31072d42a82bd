import { caps } from '../../core/model/caps.ts'
import type { FileEntry } from '../../core/model/snapshot.ts'
import { type RawEntry, type Refusal, type Sifted, sift, siftRoot } from './entry-rules.ts'
import { type Folder, isFolder, makeFolder } from './folder.ts'
import { GitError } from './git-error.ts'
import type { ObjectReader } from './object-reader.ts'
import type { TreeEntry } from './tree-object.ts'

export interface ReadOptions {
  /** Levels of folders above the one that is read; none unless told. */
  readonly above?: number
  /** The rules for the topmost folder; those of a fleet's root unless told. */
  readonly top?: <E extends RawEntry>(entries: Iterable<E>) => Sifted<E>
  /** Bytes of trees looked at; without a limit unless told. */
  readonly treeBytes?: number
}

type GitEntry = RawEntry & { readonly oid: string }
type Plan = Map<string, Sifted<GitEntry>>

/**
 * Makes folders from trees, each tree id once: after a commit only the trees that changed are read. Works level by level,
 * so that a level costs one round trip and a tree that holds itself a million times over costs what its distinct trees cost.
 */
export class CommitFolders {
  readonly #reader: ObjectReader
  readonly #folders = new Map<string, Folder>()
  readonly #files = new Map<string, FileEntry>()
  #kept = 0

  constructor(reader: ObjectReader) {
    this.#reader = reader
  }

  /** Blobs whose size the caller knows already: they are not asked for. */
  learn(files: Iterable<FileEntry>): void {
    for (const file of files) if (!this.#files.has(file.oid)) this.#files.set(file.oid, file)
  }

  /** The fleet below the tree `root`. Throws GitError `file-too-large` where its trees are more than may be looked at. */
  async read(root: string, options: ReadOptions = {}): Promise<Folder> {
    const { above = 0, top = siftRoot, treeBytes } = options
    const plans: Plan[] = []
    const sizes: Promise<void>[] = []
    let left = treeBytes ?? 0
    for (let wanted = new Set([root]), level = above; wanted.size > 0; level++) {
      const plan: Plan = new Map()
      // Before they are read: a tree of a few packed bytes can be unpacked into gigabytes.
      if (treeBytes !== undefined) left -= await this.#bytesOf(wanted)
      if (left < 0) throw new GitError('file-too-large', `Its folders have more than ${treeBytes} bytes.`)
      const trees = await this.#reader.readTrees(wanted)
      for (const [oid, entries] of trees) plan.set(oid, (level === above ? top : sift)(entries.map(toRaw)))
      plans.push(plan)
      wanted = new Set()
      // Asked for behind the next trees, and answered while those are looked at.
      sizes.push(Promise.resolve().then(() => this.#learnSizes(plan)))
      // The root is level 0; a file may stand at most `caps.depth` folders deep.
      if (level === caps.depth) break
      for (const { folders } of plan.values())
        for (const { oid } of folders) if (this.#reusable(oid, level + 1) === undefined) wanted.add(oid)
    }
    await Promise.all(sizes)
    return this.#assemble(plans, root, above)
  }

  async #bytesOf(oids: ReadonlySet<string>): Promise<number> {
    const sizes = await this.#reader.readSizes(oids)
    return [...sizes.values()].reduce((sum, size) => sum + size, 0)
  }

  #reusable(oid: string, level: number): Folder | undefined {
    const folder = this.#folders.get(oid)
    return folder !== undefined && level + folder.height - 1 <= caps.depth ? folder : undefined
  }

  async #learnSizes(plan: Plan): Promise<void> {
    const unknown = new Set<string>()
    for (const { files } of plan.values()) for (const { oid } of files) if (!this.#files.has(oid)) unknown.add(oid)
    if (unknown.size === 0) return
    for (const [oid, size] of await this.#reader.readSizes(unknown)) this.#files.set(oid, Object.freeze({ oid, size }))
  }

  #assemble(plans: readonly Plan[], root: string, above: number): Folder {
    let below = new Map<string, { folder: Folder; truncated: boolean }>()
    for (let level = above + plans.length - 1; level >= above; level--) {
      const built = new Map<string, { folder: Folder; truncated: boolean }>()
      for (const [oid, { files, folders, refusals, complete }] of plans[level - above] as Plan) {
        const made: [string, Folder][] = []
        const tooDeep: Refusal[] = []
        let truncated = false
        let whole = complete
        for (const child of folders) {
          const known = below.get(child.oid)
          const folder = known?.folder ?? this.#reusable(child.oid, level + 1)
          if (folder === undefined) {
            const message = `The folder stands deeper than ${caps.depth} levels.`
            tooDeep.push({ name: child.name, code: 'too-many-levels', message })
            continue
          }
          truncated ||= known?.truncated ?? false
          whole &&= folder.id === child.oid
          made.push([child.name, folder])
        }
        truncated ||= tooDeep.length > 0
        const folder = makeFolder({
          files: files.map((file) => [file.name, this.#files.get(file.oid) as FileEntry]),
          folders: made,
          refusals: [...refusals, ...tooDeep],
          ...(whole && !truncated ? { knownId: oid } : {}),
        })
        built.set(oid, { folder, truncated })
        // A folder cut off by the level cap is right at this level only.
        if (level > above && !truncated) this.#folders.set(oid, folder)
      }
      below = built
    }
    return (below.get(root) as { folder: Folder }).folder
  }

  /** Forgets what none of the given roots holds. Cheap: works only once the memory has doubled. */
  retain(roots: readonly Folder[]): void {
    if (this.#kept === 0) this.#kept = this.#folders.size
    if (this.#folders.size < 2 * this.#kept + 1_000) return
    const live = new Set<Folder>()
    const files = new Set<string>()
    const visit = (folder: Folder): void => {
      if (live.has(folder)) return
      live.add(folder)
      for (const entry of folder.entries.values()) {
        if (isFolder(entry)) visit(entry)
        else files.add(entry.oid)
      }
    }
    roots.forEach(visit)
    for (const [oid, folder] of this.#folders) if (!live.has(folder)) this.#folders.delete(oid)
    for (const oid of this.#files.keys()) if (!files.has(oid)) this.#files.delete(oid)
    this.#kept = this.#folders.size
  }
}

const kinds: Record<string, RawEntry['kind']> = {
  '100644': 'file',
  '100755': 'file',
  '40000': 'folder',
  '120000': 'link',
  '160000': 'submodule',
}

function toRaw(entry: TreeEntry): GitEntry {
  return { name: entry.name, kind: kinds[entry.mode] ?? 'special', oid: entry.oid }
}
