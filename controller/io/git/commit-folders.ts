import { caps } from '../../core/model/caps.ts'
import type { FileEntry } from '../../core/model/snapshot.ts'
import { type RawEntry, type Refusal, type Sifted, sift, siftRoot } from './entry-rules.ts'
import { emptyFolder, type Folder, isFolder, makeFolder, type Row } from './folder.ts'
import { GitError } from './git-error.ts'
import type { ObjectReader } from './object-reader.ts'
import type { TreeEntry } from './tree-object.ts'

export interface ReadOptions {
  /** Levels of folders above the one that is read; none unless told. */
  readonly above?: number
  /** The rules for the topmost folder; those of a fleet's root unless told. */
  readonly top?: <E extends RawEntry>(entries: readonly E[]) => Sifted<E>
  /** Bytes of trees looked at; without a limit unless told. */
  readonly treeBytes?: number
}

type GitEntry = RawEntry & { readonly oid: string }

/** A tree on its way to become a folder. */
interface Draft {
  readonly oid: string
  sifted: Sifted<GitEntry>
  /** The folders in it, in order: as they were made before, or as they are about to be. */
  readonly below: (Folder | Draft)[]
  folder: Folder
  /** Cut off by the level cap: it is right at this level only. */
  truncated: boolean
}

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
    const levels: Draft[][] = []
    const sizes: Promise<void>[] = []
    const draft = draftOf(root)
    let left = treeBytes ?? 0
    for (let wanted = new Map([[root, draft]]), level = above; wanted.size > 0; level++) {
      const oids = [...wanted.keys()]
      // Before they are read: a tree of a few packed bytes can be unpacked into gigabytes.
      if (treeBytes !== undefined) left -= await this.#bytesOf(oids)
      if (left < 0) throw new GitError('file-too-large', `Its folders have more than ${treeBytes} bytes.`)
      const trees = await this.#reader.readTrees(oids)
      const drafts = [...wanted.values()]
      const rules = level === above ? top : sift
      for (const each of drafts) each.sifted = rules((trees.get(each.oid) as TreeEntry[]).map(toRaw))
      levels.push(drafts)
      // Asked for behind the next trees, and answered while those are looked at.
      sizes.push(Promise.resolve().then(() => this.#learnSizes(drafts)))
      wanted = new Map()
      // The root is level 0; a file may stand at most `caps.depth` folders deep.
      if (level === caps.depth) break
      for (const { sifted, below } of drafts)
        for (const { kind, oid } of sifted.kept)
          if (kind === 'folder') below.push(this.#belowOf(oid, level + 1, wanted))
    }
    await Promise.all(sizes)
    for (let level = levels.length - 1; level >= 0; level--)
      for (const each of levels[level] as Draft[]) this.#finish(each, level > 0)
    return draft.folder
  }

  async #bytesOf(oids: readonly string[]): Promise<number> {
    const sizes = await this.#reader.readSizes(oids)
    return [...sizes.values()].reduce((sum, size) => sum + size, 0)
  }

  #belowOf(oid: string, level: number, wanted: Map<string, Draft>): Folder | Draft {
    const folder = this.#folders.get(oid)
    if (folder !== undefined && level + folder.height - 1 <= caps.depth) return folder
    let draft = wanted.get(oid)
    if (draft === undefined) wanted.set(oid, (draft = draftOf(oid)))
    return draft
  }

  async #learnSizes(drafts: readonly Draft[]): Promise<void> {
    const unknown = new Set<string>()
    for (const { sifted } of drafts)
      for (const { kind, oid } of sifted.kept) if (kind === 'file' && !this.#files.has(oid)) unknown.add(oid)
    if (unknown.size === 0) return
    for (const [oid, size] of await this.#reader.readSizes(unknown)) this.#files.set(oid, Object.freeze({ oid, size }))
  }

  #finish(draft: Draft, isBelow: boolean): void {
    const { oid, sifted, below } = draft
    const rows: Row[] = []
    const tooDeep: Refusal[] = []
    let isWhole = sifted.complete
    let folders = 0
    for (const { name, kind, oid: id } of sifted.kept) {
      if (kind === 'file') {
        rows.push({ name, entry: this.#files.get(id) as FileEntry })
        continue
      }
      const made = below[folders++]
      if (made === undefined) {
        const message = `The folder stands deeper than ${caps.depth} levels.`
        tooDeep.push({ name, code: 'too-many-levels', message })
        continue
      }
      const isDraft = 'folder' in made
      const entry = isDraft ? made.folder : made
      if (isDraft && made.truncated) draft.truncated = true
      isWhole &&= entry.id === id
      rows.push({ name, entry })
    }
    if (tooDeep.length > 0) draft.truncated = true
    const refusals = tooDeep.length > 0 ? [...sifted.refusals, ...tooDeep] : sifted.refusals
    draft.folder = makeFolder({ rows, refusals, ...(isWhole && !draft.truncated && { knownId: oid }) })
    if (isBelow && !draft.truncated) this.#folders.set(oid, draft.folder)
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

function draftOf(oid: string): Draft {
  return {
    oid,
    sifted: { kept: [], refusals: [], complete: true },
    below: [],
    folder: emptyFolder,
    truncated: false,
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
