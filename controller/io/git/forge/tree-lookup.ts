import type { ObjectReader } from '../object-reader.ts'
import { emptyTreeId } from '../object-id.ts'
import type { TreeEntry } from '../tree-object.ts'

/** The entry at a path below a tree; undefined where there is none. */
export async function findEntry(reader: ObjectReader, root: string, path: string): Promise<TreeEntry | undefined> {
  const parts = path.split('/')
  let tree = root
  for (const [i, part] of parts.entries()) {
    if (tree === emptyTreeId) return undefined
    const entry = (await reader.readTree(tree)).find(({ name }) => name === part)
    if (entry === undefined || i === parts.length - 1) return entry
    if (entry.mode !== '40000') return undefined
    tree = entry.oid
  }
  return undefined
}

/** Whether a tree holds these blobs (null: no file) at these paths. */
export async function holdsBlobs(
  reader: ObjectReader,
  tree: string,
  blobs: ReadonlyMap<string, string | null>,
): Promise<boolean> {
  for (const [path, oid] of blobs) {
    const entry = await findEntry(reader, tree, path)
    const present = entry === undefined || entry.mode === '40000' ? null : entry.oid
    if (present !== oid || entry?.mode === '120000') return false
  }
  return true
}
