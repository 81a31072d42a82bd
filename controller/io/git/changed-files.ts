import type { FileEntry, Snapshot } from '../../core/model/snapshot.ts'
import { FileTree } from './file-tree.ts'
import { emptyFolder, type Folder, isFolder } from './folder.ts'

export interface ChangedFile {
  readonly path: string
  /** Undefined where the file is new. */
  readonly before: FileEntry | undefined
  /** Undefined where the file is gone. */
  readonly after: FileEntry | undefined
}

/** The files that differ between two file maps, in byte order of the paths. Equal folders are skipped by id. */
export function changedFiles(before: Snapshot['files'], after: Snapshot['files']): ChangedFile[] {
  const changes: ChangedFile[] = []
  if (before instanceof FileTree && after instanceof FileTree) compare(before.root, after.root, '', changes)
  else comparePaths(before, after, changes)
  return changes.toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
}

function compare(before: Folder, after: Folder, prefix: string, changes: ChangedFile[]): void {
  if (before === after || before.id === after.id) return
  const names = new Set([...before.entries.keys(), ...after.entries.keys()])
  for (const name of names) {
    const old = before.entries.get(name)
    const now = after.entries.get(name)
    if (old === now) continue
    const oldFolder = old !== undefined && isFolder(old) ? old : undefined
    const newFolder = now !== undefined && isFolder(now) ? now : undefined
    if (oldFolder ?? newFolder)
      compare(oldFolder ?? emptyFolder, newFolder ?? emptyFolder, `${prefix}${name}/`, changes)
    const oldFile = old !== undefined && !isFolder(old) ? old : undefined
    const newFile = now !== undefined && !isFolder(now) ? now : undefined
    if (oldFile?.oid !== newFile?.oid) changes.push({ path: prefix + name, before: oldFile, after: newFile })
  }
}

function comparePaths(before: Snapshot['files'], after: Snapshot['files'], changes: ChangedFile[]): void {
  for (const [path, old] of before) {
    const now = after.get(path)
    if (now?.oid !== old.oid) changes.push({ path, before: old, after: now })
  }
  for (const [path, now] of after) if (!before.has(path)) changes.push({ path, before: undefined, after: now })
}
