import type { ObjectReader } from './object-reader.ts'
import { type NewObject, newObject } from './new-object.ts'
import { emptyTreeId } from './object-id.ts'
import { encodeTree, type TreeEntry, treeOrder } from './tree-object.ts'

/** Blob ids by path; null removes the file. */
export type FileEdits = ReadonlyMap<string, string | null>

type Edits = Map<string, Edits | string | null>

export interface EditedTree {
  /** Null where nothing is left. */
  readonly tree: string | null
  /** The trees that are new. */
  readonly objects: readonly NewObject[]
}

/** Applies edits to a tree: reads and writes only the folders on the way to an edited file. */
export async function editTree(reader: ObjectReader, root: string | null, files: FileEdits): Promise<EditedTree> {
  const edits = nest(files)
  const trees = root === null ? new Map<string, TreeEntry[]>() : await readTouched(reader, root, edits)
  const objects = new Map<string, NewObject>()

  const apply = (oid: string | null, changes: Edits): string | null => {
    const rows = new Map<string, Pick<TreeEntry, 'mode' | 'name' | 'oid'>>()
    for (const entry of oid === null ? [] : (trees.get(oid) ?? [])) rows.set(entry.name, entry)
    for (const [name, change] of changes) {
      const present = rows.get(name)
      const isFolder = present?.mode === '40000'
      if (change instanceof Map) {
        const child = apply(isFolder ? present.oid : null, change)
        // Removing what is not there must not remove a file that stands in the folder's place.
        if (child !== null) rows.set(name, { mode: '40000', name, oid: child })
        else if (isFolder) rows.delete(name)
      } else if (change !== null) rows.set(name, { mode: '100644', name, oid: change })
      else if (present !== undefined && !isFolder) rows.delete(name)
    }
    if (rows.size === 0) return null
    const object = newObject('tree', encodeTree([...rows.values()].toSorted(treeOrder)))
    if (object.oid !== oid) objects.set(object.oid, object)
    return object.oid
  }

  return { tree: apply(root, edits), objects: [...objects.values()] }
}

function nest(files: FileEdits): Edits {
  const root: Edits = new Map()
  for (const [path, blob] of files) {
    const parts = path.split('/')
    const name = parts.pop() ?? ''
    let folder = root
    for (const part of parts) {
      let next = folder.get(part)
      if (!(next instanceof Map)) folder.set(part, (next = new Map()))
      folder = next
    }
    folder.set(name, blob)
  }
  return root
}

/** Reads level by level, so that ten thousand folders cost a few round trips. */
async function readTouched(reader: ObjectReader, root: string, edits: Edits): Promise<Map<string, TreeEntry[]>> {
  const trees = new Map<string, TreeEntry[]>()
  let level: (readonly [string, Edits])[] = [[root, edits]]
  while (level.length > 0) {
    const unread = level.map(([oid]) => oid).filter((oid) => !trees.has(oid) && oid !== emptyTreeId)
    for (const [oid, entries] of await reader.readTrees(unread)) trees.set(oid, entries)
    level = level.flatMap(([oid, changes]) =>
      (trees.get(oid) ?? []).flatMap(({ name, mode, oid: child }) => {
        const change = changes.get(name)
        return mode === '40000' && change instanceof Map ? [[child, change] as const] : []
      }),
    )
  }
  return trees
}
