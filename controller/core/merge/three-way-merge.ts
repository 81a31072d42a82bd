import { equal, type Json } from '../model/values.ts'
import type { Conflict, Resolution } from './conflict.ts'
import { dropNulls } from './drop-nulls.ts'
import { checkLocks, type Lock, startsWith, withMemberOf, withOrderOf } from './locks.ts'
import type { SchemaNode } from './merge-schema.ts'
import { MergeWalk, type Value, type WalkOptions } from './merge-walk.ts'
import type { Notice } from './notice.ts'
import type { Path } from './path.ts'
import { readPath, schemaAt, writePath } from './read-path.ts'
import { applyMoves, danglingReferences, type Moved, type ReferenceRules } from './references.ts'

export interface MergeInput {
  readonly base: Value
  readonly ours: Value
  readonly theirs: Value
  readonly schema?: SchemaNode
}

export interface MergeOptions extends WalkOptions {
  /** Null is absent in all three documents, except in fields that are `nullable`. */
  readonly nullsAreAbsent?: boolean
  /** Locks of the levels above: where ours differs from theirs against one of them is a conflict. */
  readonly locks?: readonly Lock[]
  /** How documents of this kind mention their own members; a mention that the merge leaves without target is a conflict. */
  readonly references?: ReferenceRules
  /** Renames that theirs declares; needs `references`. They are applied to base and ours before anything is compared. */
  readonly moved?: readonly Moved[]
  /** Paths at which base and theirs have defaults only: what ours says there is right, and no conflict. */
  readonly defaults?: readonly Path[]
  /** Members that ours puts beside one that must be there and that theirs lacks: where they stand is no longer what was meant. */
  readonly lostAnchors?: readonly Path[]
}

export type MergeResult =
  | { readonly kind: 'clean'; readonly value: Value; readonly notices: readonly Notice[] }
  | {
      readonly kind: 'conflicted'
      readonly value: Value
      readonly conflicts: readonly Conflict[]
      readonly notices: readonly Notice[]
    }

/**
 * Merges what changed from base to theirs into ours. Undefined is absent.
 * A place that only one side changed takes that side; both sides to the same takes it; both differently is a conflict,
 * and then `value` has ours there. No edit of either side is ever dropped without a conflict.
 * Inputs are not touched, and the result shares unchanged subtrees with them.
 */
export function threeWayMerge(input: MergeInput, options: MergeOptions = {}): MergeResult {
  const { schema } = input
  const { nullsAreAbsent, locks, references, moved, lostAnchors = [] } = options
  const load = (value: Value): Value => (nullsAreAbsent && value !== undefined ? dropNulls(value, schema) : value)
  const rename = (value: Value): Value => (references && moved ? applyMoves(value, schema, references, moved) : value)
  const sides = { base: rename(load(input.base)), ours: rename(load(input.ours)), theirs: load(input.theirs) }
  const yielded: Notice[] = []
  const walk = new MergeWalk(defaultsYield(options, yielded))
  let value = mergeRoot(walk, sides, schema)
  let conflicts: Conflict[] = walk.conflicts
  if (locks && locks.length > 0) {
    for (const conflict of lockConflicts(value, sides.theirs, schema, locks)) {
      conflicts = conflicts.filter(({ path }) => !startsWith(path, conflict.path))
      if (options.decide?.(conflict) === 'theirs') value = asLocked(value, sides.theirs, schema, conflict)
      else conflicts.push(conflict)
    }
  }
  for (const path of lostAnchors) {
    const ours = readPath(value, path, schema)
    if (ours === undefined) continue
    const conflict = anchorConflict(path, ours, readPath(sides.theirs, path, schema))
    const answer = options.decide?.(conflict)
    if (answer === 'theirs') value = writePath(value, path, schema, undefined)
    else if (answer === undefined) conflicts.push(conflict)
  }
  if (references) {
    for (const conflict of danglingReferences(sides, value, schema, references)) {
      const answer = options.decide?.(conflict)
      if (typeof answer === 'object') value = writePath(value, conflict.path, schema, answer.value)
      else conflicts.push(conflict)
    }
  }
  const notices = [...walk.notices, ...yielded]
  return conflicts.length === 0 ? { kind: 'clean', value, notices } : { kind: 'conflicted', value, conflicts, notices }
}

/** A decision that needs nobody: a default gives way. */
function defaultsYield(options: MergeOptions, yielded: Notice[]): MergeOptions {
  const { defaults = [], decide } = options
  if (defaults.length === 0) return options
  return {
    ...options,
    decide: (conflict) => {
      if (!defaults.some((path) => startsWith(conflict.path, path))) return decide?.(conflict)
      yielded.push({ code: 'default-overridden', path: conflict.path })
      return 'ours'
    },
  }
}

/** A new member can be given up; one that theirs has too can only stay where the merge puts it. */
function anchorConflict(path: Path, ours: Json, theirs: Json | undefined): Conflict {
  return {
    path,
    type: 'anchor-lost',
    ours,
    ...(theirs !== undefined && { theirs }),
    resolutions: theirs === undefined ? ['ours', 'theirs'] : ['ours'],
  }
}

/** Where one side changed nothing the other is the result as it stands, the order of keys included. */
function mergeRoot(walk: MergeWalk, { base, ours, theirs }: Omit<MergeInput, 'schema'>, schema: SchemaNode): Value {
  if (equal(base, ours)) return equal(ours, theirs) && isReordered(base, ours) ? ours : theirs
  return equal(base, theirs) ? ours : walk.here(base, ours, theirs, schema)
}

/** Whether keys of equal documents stand in another order. */
function isReordered(before: Value, after: Value): boolean {
  return JSON.stringify(before) !== JSON.stringify(after)
}

/** One conflict for each place, the outermost; reordering a list comes last, when its members are settled. */
function lockConflicts(merged: Value, theirs: Value, schema: SchemaNode, locks: readonly Lock[]): readonly Conflict[] {
  const violations = checkLocks({ from: theirs, to: merged, schema, locks })
  const orders = violations.filter(({ lock }) => lock.mode === 'order')
  const places = violations
    .filter(({ lock }) => lock.mode !== 'order')
    .toSorted((a, b) => a.path.length - b.path.length)
    .filter(({ path }, at, all) => !all.slice(0, at).some((other) => startsWith(path, other.path)))
  return [...places, ...orders].map(({ path, lock, locked, found }) => ({
    path,
    type: 'locked',
    ...(found !== undefined && { ours: found }),
    ...(locked !== undefined && { theirs: locked }),
    resolutions: ['theirs'],
    lock: withoutPath(lock),
  }))
}

function withoutPath({ path: _, ...lock }: Lock): Omit<Lock, 'path'> {
  return lock
}

/** The merged document with what theirs has at a violated lock. */
function asLocked(merged: Value, theirs: Value, schema: SchemaNode, { path, lock, ours }: Conflict): Value {
  const at = (value: Value, where: Path): Value => readPath(value, where, schema)
  const last = path.at(-1)
  if (lock?.mode === 'order') {
    return writePath(merged, path, schema, withOrderOf(at(theirs, path), at(merged, path), schemaAt(schema, path)))
  }
  if (ours === undefined && typeof last === 'object') {
    const list = path.slice(0, -1)
    return writePath(
      merged,
      list,
      schema,
      withMemberOf(at(theirs, list), at(merged, list), last, schemaAt(schema, list)),
    )
  }
  return writePath(merged, path, schema, at(theirs, path))
}

export interface PathResolution {
  readonly path: Path
  readonly type?: Conflict['type']
  readonly resolution: Resolution
}

/**
 * The same merge with decisions. A conflict is settled iff a decision names its path (and type, if it says one) and the
 * conflict offers that resolution; everything else stays a conflict. Merging again, rather than writing values into the
 * provisional result, gives containers, order and later checks the outcome they would have had.
 */
export function resolveConflicts(
  input: MergeInput,
  decisions: readonly PathResolution[] | ((conflict: Conflict) => Resolution | undefined),
  options: MergeOptions = {},
): MergeResult {
  if (typeof decisions === 'function') return threeWayMerge(input, { ...options, decide: decisions })
  const decide = ({ path, type }: Conflict): Resolution | undefined =>
    decisions.find((decision) => equal(decision.path, path) && (decision.type ?? type) === type)?.resolution
  return threeWayMerge(input, { ...options, decide })
}
