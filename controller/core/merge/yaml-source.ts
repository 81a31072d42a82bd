import type { Json } from '../model/values.ts'

/** A YAML text cut into the pieces a change may replace. Offsets point into `text`; what no piece names is never touched. */
export interface SourceDocument {
  readonly text: string
  readonly eol: string
  readonly root: SourceNode
  readonly value: Json
  /** Where the text of the root begins, and where it ends with the comments that follow it. */
  readonly start: number
  readonly end: number
}

export type SourceNode = SourceLeaf | SourceAlias | SourceFlow | SourceBlock

interface SourceBase {
  readonly text: string
  readonly value: Json
  /** The value itself, without anchor and tag. */
  readonly start: number
  readonly end: number
  readonly anchor: string | undefined
  readonly hasTag: boolean
  /** An anchor, alias or tag is on or in the value: its text means something only where it stands. */
  readonly isBound: boolean
}

/** `empty` is a null that nothing is written for; `pair` is the `a: 1` of `[a: 1]`. */
export interface SourceLeaf extends SourceBase {
  readonly kind: 'plain' | 'single' | 'double' | 'literal' | 'folded' | 'empty' | 'pair'
}

export interface SourceAlias extends SourceBase {
  readonly kind: 'alias'
  readonly name: string
}

export interface SourceFlow extends SourceBase {
  readonly kind: 'flow'
  readonly isMap: boolean
  readonly entries: readonly SourceEntry[]
}

export interface SourceBlock extends SourceBase {
  readonly kind: 'block'
  readonly isMap: boolean
  readonly column: number
  /** The first entry stands on the line of the `-` before it. */
  readonly isCompact: boolean
  readonly entries: readonly BlockEntry[]
  readonly bodyStart: number
  /** Whole lines of blanks and comments: those that belong to the collection and not to its first entry, and those after its last. */
  readonly front: string
  readonly tail: string
}

/** A key with its value, or an item. */
export interface SourceEntry {
  readonly text: string
  readonly start: number
  readonly end: number
  readonly key: string | undefined
  /** The key is a plain `<<` over something that can be merged. */
  readonly isMerge: boolean
  /** Behind the `:` or `-`, or the start where there is none; and behind anchor and tag. */
  readonly introEnd: number
  readonly propsEnd: number
  /** False for a key without a colon. */
  readonly isComplete: boolean
  readonly node: SourceNode
}

export interface BlockEntry extends SourceEntry {
  readonly column: number
  /** What stands above: comments that a blank line keeps apart, the blank lines, and the comments that touch the entry. */
  readonly loose: string
  readonly blank: string
  readonly leading: string
  /** The comment at the end of its line, with the white space before it; undefined where the line goes on with another entry. */
  readonly line: { readonly from: number; readonly to: number } | undefined
}
