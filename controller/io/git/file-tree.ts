import type { FileEntry } from '../../core/model/snapshot.ts'
import { type Folder, isFolder } from './folder.ts'

/**
 * The files of a fleet by path, in byte order of the paths, as a view over shared folders: a new snapshot costs what
 * changed and not what is there. `get` costs the depth of the path, a walk costs the files.
 */
export class FileTree implements ReadonlyMap<string, FileEntry> {
  readonly root: Folder

  constructor(root: Folder) {
    this.root = root
  }

  get size(): number {
    return this.root.fileCount
  }

  get(path: string): FileEntry | undefined {
    let folder = this.root
    let from = 0
    for (;;) {
      const slash = path.indexOf('/', from)
      const entry = folder.entries.get(slash < 0 ? path.slice(from) : path.slice(from, slash))
      if (entry === undefined || isFolder(entry) !== slash >= 0) return undefined
      if (!isFolder(entry)) return entry
      folder = entry
      from = slash + 1
    }
  }

  has(path: string): boolean {
    return this.get(path) !== undefined
  }

  entries(): MapIterator<[string, FileEntry]> {
    return walk(this.root, '')
  }

  [Symbol.iterator](): MapIterator<[string, FileEntry]> {
    return this.entries()
  }

  *keys(): MapIterator<string> {
    for (const [path] of walk(this.root, '')) yield path
  }

  *values(): MapIterator<FileEntry> {
    for (const [, file] of walk(this.root, '')) yield file
  }

  forEach(callback: (file: FileEntry, path: string, map: ReadonlyMap<string, FileEntry>) => void): void {
    for (const [path, file] of walk(this.root, '')) callback(file, path, this)
  }
}

// One explicit stack: nested generators would cost each file one step per level.
function* walk(root: Folder, prefix: string): MapIterator<[string, FileEntry]> {
  const stack = [{ prefix, entries: root.entries.entries() }]
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const next = top.entries.next()
    if (next.done) {
      stack.pop()
      continue
    }
    const [name, entry] = next.value
    if (isFolder(entry)) stack.push({ prefix: `${top.prefix}${name}/`, entries: entry.entries.entries() })
    else yield [top.prefix + name, entry]
  }
}
