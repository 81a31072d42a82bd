import { equal, isList, isMap, type Json, type JsonMap } from '../model/values.ts'
import { diffPaths } from './diff-paths.ts'
import { indexMembers, isFault, listRule, type MemberIndex, type MemberKey, memberKey } from './list-rule.ts'
import { mergeOrder } from './member-order.ts'
import type { SchemaNode } from './merge-schema.ts'
import type { Path, Segment } from './path.ts'
import { placeBehind, placeMembers } from './placement.ts'
import { readPath, schemaAt } from './read-path.ts'

/**
 * - `value`: what the locker wrote there stays as it is, also deeper down; more may be added beside it
 * - `delete`: it stays there, in whatever form
 * - `insert`: the list or map gets no further members
 * - `order`: the members that are there keep their order among each other
 * - `subtree`: nothing there changes at all
 */
export type LockMode = 'value' | 'delete' | 'order' | 'insert' | 'subtree'

export interface Lock {
  readonly path: Path
  readonly mode: LockMode
  readonly lockedBy: string
  /** File in which it stands, where an exemption would be written. */
  readonly lockedIn?: string
  readonly message?: string
}

export interface LockViolation {
  readonly path: Path
  readonly lock: Lock
  /** What the locker has at `path`, and what was made of it; absent means nothing. */
  readonly locked?: Json
  readonly found?: Json
}

export interface LockInput {
  readonly from: Json | undefined
  readonly to: Json | undefined
  readonly schema?: SchemaNode
  readonly locks: readonly Lock[]
}

/**
 * The places where a deeper level's effective document (`to`) differs from its parent's (`from`) although an ancestor
 * locked them, each at the leaf that changed. Comparing effective documents also finds what an overlay changes from
 * above, by deleting or replacing an ancestor of the locked path.
 */
export function checkLocks({ from, to, schema, locks }: LockInput): readonly LockViolation[] {
  return locks.flatMap((lock) => {
    const locked = readPath(from, lock.path, schema)
    const found = readPath(to, lock.path, schema)
    if (equal(locked, found)) return []
    return brokenPaths(lock.mode, locked, found, schemaAt(schema, lock.path)).map((below) => {
      const path = highestLoss([...lock.path, ...below], from, to, schema)
      const before = readPath(from, path, schema)
      const after = readPath(to, path, schema)
      return {
        path,
        lock,
        ...(before !== undefined && { locked: before }),
        ...(after !== undefined && { found: after }),
      }
    })
  })
}

/** Where a whole ancestor is gone or no container any more, restoring less than it would leave a fragment. */
function highestLoss(path: Path, from: Json | undefined, to: Json | undefined, schema: SchemaNode): Path {
  for (let length = 0; length < path.length; length++) {
    const start = path.slice(0, length)
    const before = readPath(from, start, schema)
    const after = readPath(to, start, schema)
    if (before !== undefined && isList(before) !== isList(after)) return start
    if (isMap(before) && !isMap(after)) return start
  }
  return path
}

/** Paths below the lock's own that its mode does not allow to differ. */
function brokenPaths(
  mode: LockMode,
  locked: Json | undefined,
  found: Json | undefined,
  schema: SchemaNode,
): readonly Path[] {
  if (mode === 'subtree') return [[]]
  if (mode === 'delete') return locked !== undefined && found === undefined ? [[]] : []
  if (mode === 'order') return isReordered(locked, found, schema) ? [[]] : []
  const { added, removed, modified } = diffPaths({ from: locked, to: found, schema })
  if (mode === 'insert')
    return found === undefined || locked === undefined ? [] : added.filter((path) => path.length === 1)
  if (locked === undefined) return [[]]
  return outermost([...removed, ...modified])
}

/** A removed container lists what was in it too; the container alone says it. */
function outermost(paths: readonly Path[]): readonly Path[] {
  return paths.filter((path) => !paths.some((other) => other.length < path.length && startsWith(path, other)))
}

export function startsWith(path: Path, start: Path): boolean {
  return start.length <= path.length && start.every((segment, at) => equal(segment, path[at]))
}

function isReordered(locked: Json | undefined, found: Json | undefined, schema: SchemaNode): boolean {
  if (!isList(locked) || !isList(found)) return false
  return diffPaths({ from: locked, to: found, schema }).reordered.some((path) => path.length === 0)
}

/** The found list with the locked order among the members that both have; the rest stays beside its neighbours. */
export function withOrderOf(locked: Json | undefined, found: Json | undefined, schema: SchemaNode): Json | undefined {
  const rule = listRule(schema)
  if (!rule || !isList(locked) || !isList(found)) return found
  const oursIndex = indexMembers(found, rule)
  const theirsIndex = indexMembers(locked, rule)
  if (isFault(oursIndex) || isFault(theirsIndex)) return found
  const nothing: MemberIndex = new Map<MemberKey, number>()
  const theirs = locked.map((member) => memberKey(member, rule) as MemberKey).filter((key) => oursIndex.has(key))
  const { order } = mergeOrder({ ours: [...oursIndex.keys()], theirs, base: nothing, oursIndex, theirsIndex }, 'theirs')
  return order.map((key) => found[oursIndex.get(key) as number] as Json)
}

/** The found list with one member of the locked list put back behind the neighbour it has there. */
export function withMemberOf(
  locked: Json | undefined,
  found: Json | undefined,
  segment: Segment,
  schema: SchemaNode,
): Json | undefined {
  const rule = listRule(schema)
  if (!rule || !isList(locked) || !isList(found)) return found
  const lockedIndex = indexMembers(locked, rule)
  const foundIndex = indexMembers(found, rule)
  const key = memberKey(rule.kind === 'set' ? ((segment as JsonMap)['='] ?? null) : segment, rule)
  if (isFault(lockedIndex) || isFault(foundIndex) || key === undefined) return found
  const { order } = placeMembers([...foundIndex.keys()], placeBehind(lockedIndex.keys(), new Set([key]), foundIndex))
  return order.map(
    (other) =>
      (other === key ? locked[lockedIndex.get(key) as number] : found[foundIndex.get(other) as number]) as Json,
  )
}
