import type { FileEntry } from '../../core/model/snapshot.ts'
import type { Refusal } from './entry-rules.ts'
import { emptyFolder, type Folder, isFolder, makeFolder } from './folder.ts'

/** The files that stay where a tenant's folder is filled from elsewhere. */
export const mountFiles: readonly string[] = ['tenant.yaml', 'tenant.yml']

/** The folder at a path; undefined where there is none. */
export function folderAt(root: Folder, path: string): Folder | undefined {
  let folder = root
  for (const name of path.split('/')) {
    const next = folder.entries.get(name)
    if (next === undefined || !isFolder(next)) return undefined
    folder = next
  }
  return folder
}

/**
 * A root in which each of the given folders is filled with the contents of another one: of its own it keeps tenant.yaml
 * alone. Contents can reach nothing outside, because they are put in by name and not by path.
 */
export function mountFolders(root: Folder, mounts: ReadonlyMap<string, Folder>): Folder {
  const below = new Map<string, Map<string, Folder>>()
  let here: Folder | undefined
  for (const [path, contents] of mounts) {
    if (path === '') {
      here = contents
      continue
    }
    const [name = '', ...rest] = path.split('/')
    below.set(name, (below.get(name) ?? new Map()).set(rest.join('/'), contents))
  }
  // One inside another is refused before: what is mounted mounts nothing.
  if (here) return filled(root, here)
  const entries = new Map(root.entries)
  for (const [name, inside] of below) {
    const entry = entries.get(name)
    entries.set(name, mountFolders(entry && isFolder(entry) ? entry : emptyFolder, inside))
  }
  return folderOf(entries, root.refusals)
}

function filled(own: Folder, contents: Folder): Folder {
  const kept = [...own.entries].filter(([name]) => mountFiles.includes(name))
  return folderOf(new Map([...contents.entries, ...kept]), contents.refusals)
}

function folderOf(entries: ReadonlyMap<string, FileEntry | Folder>, refusals: readonly Refusal[]): Folder {
  return makeFolder({ rows: Array.from(entries, ([name, entry]) => ({ name, entry })), refusals })
}
