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

export interface Row {
  readonly name: string
  readonly entry: FileEntry | Folder
}

export interface FolderParts {
  /** In any order; those from git have its order already. */
  readonly rows: readonly Row[]
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
  const kept = parts.rows.every(isKept) ? parts.rows : parts.rows.filter(isKept)
  const rows = kept.every((row, at) => at === 0 || byName(kept[at - 1] as Row, row) <= 0) ? kept : kept.toSorted(byName)
  const refusals = refusalsOf(parts, kept.length)
  if (parts.previous !== undefined && holdsTheSame(parts.previous, rows, refusals)) return parts.previous

  const entries = new Map<string, FileEntry | Folder>()
  let fileCount = 0
  let refusalCount = refusals.length
  let height = 1
  let folderCount = 1
  for (const { name, entry } of rows) {
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
  const isWhole = refusals.length === 0 && rows.length === parts.rows.length
  const id = isWhole && parts.knownId !== undefined ? parts.knownId : idOf(rows, refusals)
  return Object.freeze({ id, entries, refusals, fileCount, refusalCount, height, folderCount })
}

function isKept({ entry }: Row): boolean {
  return isFolder(entry) ? !isEmpty(entry) : entry.size <= caps.fileBytes
}

function refusalsOf({ rows, refusals }: FolderParts, kept: number): readonly Refusal[] {
  if (refusals.length === 0 && kept === rows.length) return refusals
  const tooLarge = rows.flatMap(({ name, entry }): Refusal[] => {
    if (isFolder(entry) || entry.size <= caps.fileBytes) return []
    const message = `${name} has ${entry.size} bytes; ${caps.fileBytes} are allowed.`
    return [{ name, code: 'file-too-large', message }]
  })
  return [...refusals, ...tooLarge].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
}

function holdsTheSame(previous: Folder, rows: readonly Row[], refusals: readonly Refusal[]): boolean {
  if (previous.entries.size !== rows.length || previous.refusals.length !== refusals.length) return false
  const isSame = (a: Refusal, i: number): boolean => a.name === refusals[i]?.name && a.message === refusals[i].message
  return previous.refusals.every(isSame) && rows.every(({ name, entry }) => previous.entries.get(name) === entry)
}

/** A refused entry is part of the id: a folder that became invalid must not look unchanged to those who compare ids. */
function idOf(rows: readonly Row[], refusals: readonly Refusal[]): string {
  const kept = rows.map(({ name, entry }) => ({
    name,
    mode: modeOf(entry),
    oid: isFolder(entry) ? entry.id : entry.oid,
  }))
  const refused = refusals.map(({ name, code }) => ({ name, mode: '100644', oid: standIn(code) }))
  return objectId('tree', encodeTree(refused.length > 0 ? [...kept, ...refused].sort(treeOrder) : kept))
}

function byName(a: Row, b: Row): number {
  return treeOrder({ name: a.name, mode: modeOf(a.entry) }, { name: b.name, mode: modeOf(b.entry) })
}

function modeOf(entry: FileEntry | Folder): string {
  return isFolder(entry) ? '40000' : '100644'
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
