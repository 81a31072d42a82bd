import { caps } from '../../core/model/caps.ts'
import type { FileEntry } from '../../core/model/snapshot.ts'
import type { Refusal } from './entry-rules.ts'
import { emptyTreeId, objectId } from './object-id.ts'
import { encodeTree, treeOrder } from './tree-object.ts'

/** One folder of the fleet, with everything refused taken out. Immutable and shared between snapshots. */
export interface Folder {
  /** Git tree id over the entries, with a stand-in for each refused one. Equal ids: equal files and equal refusals. */
  readonly id: string
  /** In git's order; folders without content are left out. */
  readonly entries: ReadonlyMap<string, FileEntry | Folder>
  readonly refusals: readonly Refusal[]
  /** Files here and below. */
  readonly fileCount: number
  /** Refusals here and below. */
  readonly refusalCount: number
  /** Levels of folders, this one included. */
  readonly height: number
  /** Folders, this one included. */
  readonly folderCount: number
}

export interface FolderParts {
  readonly files: readonly (readonly [string, FileEntry])[]
  readonly folders: readonly (readonly [string, Folder])[]
  readonly refusals: readonly Refusal[]
  /** The tree id, where the caller knows that nothing was taken out. */
  readonly knownId?: string
  /** Returned instead of a new folder where it holds the same. */
  readonly previous?: Folder
}

export function isFolder(entry: FileEntry | Folder): entry is Folder {
  return 'entries' in entry
}

export function isEmpty(folder: Folder): boolean {
  return folder.fileCount === 0 && folder.refusalCount === 0
}

/** Puts a folder together; files over the size cap become refusals here, so that both sources treat them alike. */
export function makeFolder(parts: FolderParts): Folder {
  const refusals = [...parts.refusals]
  const rows: { name: string; mode: string; oid: string; entry: FileEntry | Folder | null }[] = []
  for (const [name, file] of parts.files) {
    if (file.size > caps.fileBytes)
      refusals.push({
        name,
        code: 'file-too-large',
        message: `${name} has ${file.size} bytes; ${caps.fileBytes} are allowed.`,
      })
    else rows.push({ name, mode: '100644', oid: file.oid, entry: file })
  }
  for (const [name, folder] of parts.folders)
    if (!isEmpty(folder)) rows.push({ name, mode: '40000', oid: folder.id, entry: folder })
  // A refused entry is part of the id: a folder that became invalid must not look unchanged to those who compare ids.
  for (const refusal of refusals)
    rows.push({ name: refusal.name, mode: '100644', oid: standIn(refusal.code), entry: null })
  if (rows.length > 1) rows.sort(treeOrder)
  if (refusals.length > 1) refusals.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))

  if (parts.previous !== undefined && holdsTheSame(parts.previous, rows, refusals)) return parts.previous

  const entries = new Map<string, FileEntry | Folder>()
  let fileCount = 0
  let refusalCount = refusals.length
  let height = 1
  let folderCount = 1
  for (const { name, entry } of rows) {
    if (entry === null) continue
    entries.set(name, entry)
    if (!isFolder(entry)) {
      fileCount++
      continue
    }
    fileCount += entry.fileCount
    refusalCount += entry.refusalCount
    folderCount += entry.folderCount
    height = Math.max(height, entry.height + 1)
  }
  const isWhole =
    parts.knownId !== undefined && refusals.length === 0 && rows.length === parts.files.length + parts.folders.length
  const id = isWhole && parts.knownId !== undefined ? parts.knownId : objectId('tree', encodeTree(rows))
  return Object.freeze({ id, entries, refusals, fileCount, refusalCount, height, folderCount })
}

function holdsTheSame(
  previous: Folder,
  rows: readonly { name: string; entry: FileEntry | Folder | null }[],
  refusals: readonly Refusal[],
): boolean {
  if (previous.entries.size + previous.refusals.length !== rows.length || previous.refusals.length !== refusals.length)
    return false
  const isSame = (a: Refusal, i: number): boolean => a.name === refusals[i]?.name && a.message === refusals[i].message
  return (
    previous.refusals.every(isSame) &&
    rows.every(({ name, entry }) => entry === null || previous.entries.get(name) === entry)
  )
}

const standIns = new Map<string, string>()
function standIn(code: string): string {
  let oid = standIns.get(code)
  if (oid === undefined) standIns.set(code, (oid = objectId('blob', Buffer.from(`refused: ${code}\n`))))
  return oid
}

export const emptyFolder: Folder = Object.freeze({
  id: emptyTreeId,
  entries: new Map(),
  refusals: [],
  fileCount: 0,
  refusalCount: 0,
  height: 1,
  folderCount: 1,
})
