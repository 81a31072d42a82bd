import { caps } from '../../../core/model/caps.ts'
import { emptyTreeId } from '../object-id.ts'
import type { ObjectReader } from '../object-reader.ts'
import type { TreeEntry } from '../tree-object.ts'

export interface TreeChange {
  /** Undefined where the file is new. */
  readonly before: TreeEntry | undefined
  /** Undefined where the file is gone. */
  readonly after: TreeEntry | undefined
}

export interface TreeDiff {
  readonly changes: ReadonlyMap<string, TreeChange>
  /** False where there are more than `limit` changes, or some lie too deep. */
  readonly isComplete: boolean
}

const limit = 5_000

/** The files that differ between two trees, links and submodules included. Equal folders are skipped by id. */
export async function diffTrees(reader: ObjectReader, before: string, after: string): Promise<TreeDiff> {
  const changes = new Map<string, TreeChange>()
  let level: Pair[] = before === after ? [] : [{ prefix: '', before, after }]
  for (let depth = 0; level.length > 0; depth++) {
    // A tree may hold itself many times over, level by level.
    if (depth > caps.depth || level.length > limit) return { changes, isComplete: false }
    const oids = level.flatMap((pair) => [pair.before, pair.after]).filter((oid) => oid !== emptyTreeId)
    const trees = await reader.readTrees(oids)
    const next: Pair[] = []
    for (const pair of level) {
      const old = byName(trees.get(pair.before))
      const now = byName(trees.get(pair.after))
      for (const name of new Set([...old.keys(), ...now.keys()]))
        compare(`${pair.prefix}${name}`, old.get(name), now.get(name), changes, next)
      if (changes.size > limit) return { changes, isComplete: false }
    }
    level = next
  }
  return { changes, isComplete: true }
}

interface Pair {
  readonly prefix: string
  readonly before: string
  readonly after: string
}

function compare(
  path: string,
  old: TreeEntry | undefined,
  now: TreeEntry | undefined,
  changes: Map<string, TreeChange>,
  next: Pair[],
): void {
  if (isSame(old, now)) return
  const [oldFolder, nowFolder] = [folderOf(old), folderOf(now)]
  if (oldFolder !== null || nowFolder !== null)
    next.push({ prefix: `${path}/`, before: oldFolder ?? emptyTreeId, after: nowFolder ?? emptyTreeId })
  const before = oldFolder === null ? old : undefined
  const after = nowFolder === null ? now : undefined
  if (before !== undefined || after !== undefined) changes.set(path, { before, after })
}

export function isSame(a: TreeEntry | undefined, b: TreeEntry | undefined): boolean {
  return a?.oid === b?.oid && a?.mode === b?.mode
}

function folderOf(entry: TreeEntry | undefined): string | null {
  return entry?.mode === '40000' ? entry.oid : null
}

function byName(entries: readonly TreeEntry[] = []): Map<string, TreeEntry> {
  return new Map(entries.map((entry) => [entry.name, entry]))
}
