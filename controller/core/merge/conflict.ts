import { createHash } from 'node:crypto'
import { canonicalText, type Json } from '../model/values.ts'
import type { IdentityFault } from './list-rule.ts'
import type { Lock } from './locks.ts'
import { formatPath, type Path } from './path.ts'

/**
 * - `edit/edit`, `add/add`, `delete/edit`: both sides changed one value, and not to the same
 * - `type`: both changed it, at least one to another kind (scalar, map, list)
 * - `order`: the members of a list cannot stand in an order that respects both sides
 * - `text`: both changed the same lines
 * - `invalid`: a side's list has no clear identity (a key twice, or none), so it cannot be merged
 * - `locked`: ours differs from theirs where an ancestor has locked it
 * - `dangling-reference`: the merged document mentions a member that it no longer has
 * - `anchor-lost`: ours inserts or moves a member beside one that it requires, and theirs no longer has that one
 */
export type ConflictType =
  | 'edit/edit'
  | 'add/add'
  | 'delete/edit'
  | 'type'
  | 'order'
  | 'text'
  | 'invalid'
  | 'locked'
  | 'dangling-reference'
  | 'anchor-lost'

export type Side = 'base' | 'ours' | 'theirs'
export type ResolutionName = Side | 'both' | 'value'
/** `both` keeps ours and then theirs (texts); undefined inside `value` deletes. */
export type Resolution = Side | 'both' | { readonly value: Json | undefined }

/** One thing that a person decides. An absent `base`, `ours` or `theirs` means that side has no value here. */
export interface Conflict {
  readonly path: Path
  readonly type: ConflictType
  readonly base?: Json
  readonly ours?: Json
  readonly theirs?: Json
  readonly resolutions: readonly ResolutionName[]
  readonly renameHint?: RenameHint
  readonly regions?: readonly TextRegion[]
  readonly faults?: readonly SideFault[]
  readonly lock?: Omit<Lock, 'path'>
  readonly reference?: DanglingReference
}

/** The deleted member looks like this added one; nobody has said so with a rename. */
export interface RenameHint {
  readonly to: Path
  readonly similarity: number
}

/** Lines of base that both sides changed (`baseRange` is start and end, zero-based, the end exclusive). */
export interface TextRegion {
  readonly baseRange: readonly [number, number]
  readonly ours: readonly string[]
  readonly theirs: readonly string[]
}

export interface SideFault extends IdentityFault {
  readonly side: Side
}

export interface DanglingReference {
  readonly to: string
  readonly deletedBy: 'ours' | 'theirs' | 'both'
  readonly mentionedBy: 'ours' | 'theirs' | 'both'
}

/** The same difference has the same key, whoever has it: one decision counts for a whole fleet. */
export function tripleKey(conflict: Conflict): string {
  const { base, ours, theirs } = conflict
  return canonicalText([formatPath(conflict.path), boxed(base), boxed(ours), boxed(theirs)])
}

export function tripleHash(conflict: Conflict): string {
  return hash(tripleKey(conflict))
}

/** Names a conflict within a resource, however its values change. */
export function conflictId(resource: string, conflict: Conflict): string {
  return hash(canonicalText([resource, formatPath(conflict.path), conflict.type]))
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** Absent and null are different. */
function boxed(value: Json | undefined): Json {
  return value === undefined ? [] : [value]
}
