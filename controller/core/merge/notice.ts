import type { Json } from '../model/values.ts'
import type { Path } from './path.ts'

/**
 * Something a person should see although nothing is wrong:
 * - `order-ambiguous`: both sides inserted different members at the same place; ours stand first
 * - `text-merged`: a text was merged line by line and should be read once
 * - `anchor-lost`: the member an insert or move refers to is gone; `used` is the fall-back, absent for the end of the list
 * - `dangling-intent`: a delete or move of something that is not in the parent
 * - `default-overridden`: theirs changed a value that is only a default, and ours says something else: ours stays
 * - `redundant`: a tombstone whose target the parent has deleted too, or a position for a member the parent already has
 */
export interface Notice {
  readonly code:
    | 'order-ambiguous'
    | 'text-merged'
    | 'anchor-lost'
    | 'dangling-intent'
    | 'default-overridden'
    | 'redundant'
  readonly path: Path
  readonly anchor?: Json
  readonly used?: Json
}

/** What is wrong with an overlay or a document, and where. */
export interface MergeProblem {
  readonly code: ProblemCode
  readonly path: Path
  readonly message: string
}

export type ProblemCode =
  | 'duplicate-key'
  | 'missing-key'
  | 'wrong-type'
  | 'unknown-directive'
  | 'misplaced-directive'
  | 'bad-directive'
  | 'immutable'
  | 'anchor-lost'
  | 'anchor-cycle'
