import type { JsonList, JsonMap } from '../model/values.ts'
import type { SchemaNode } from './merge-schema.ts'
import type { BlockEntry, SourceBlock, SourceNode } from './yaml-source.ts'

/** The same value in the base and on the other side; `isForeign`: the text itself comes from the other side. */
export interface Sides {
  readonly base: SourceNode | undefined
  readonly theirs: SourceNode | undefined
  readonly isForeign: boolean
}

/** The same entry on the other sides. */
export interface EntrySides {
  readonly base: BlockEntry | undefined
  readonly theirs: BlockEntry | undefined
  readonly isForeign: boolean
}

/** Writes the collection below an entry; handed down, since entries and collections hold each other. */
export type WriteNested = (
  node: SourceBlock,
  wanted: JsonMap | JsonList,
  schema: SchemaNode,
  column: number,
  sides: Sides,
) => string
