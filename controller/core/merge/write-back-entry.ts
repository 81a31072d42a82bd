import { equal, isList, isMap, type Json, type JsonList, type JsonMap } from '../model/values.ts'
import type { SchemaNode } from './merge-schema.ts'
import { changedComment, placeLines, shiftLines } from './write-back-comments.ts'
import { writeFlow } from './write-back-flow.ts'
import type { EntrySides, WriteNested } from './write-back-sides.ts'
import type { Writing } from './write-back-state.ts'
import { rewriteBlock } from './yaml-block-scalar.ts'
import { type Emitted, emitItemEntry, emitKeyEntry, emitFlow, emitValue, isEmptyValue } from './yaml-emit.ts'
import { writeScalar } from './yaml-scalar-text.ts'
import type { BlockEntry, SourceBlock, SourceNode } from './yaml-source.ts'

interface Written {
  /** Comments that found no place on the line of the entry. */
  readonly leading: string
  readonly text: string
}

interface EntryInput {
  readonly writing: Writing
  readonly entry: BlockEntry
  readonly column: number
  readonly sides: EntrySides
  readonly writeNested: WriteNested
}

/** A key with its value or an item, from its first character to the end of its last line. */
export function writeEntry(input: EntryInput, wanted: Json, schema: SchemaNode): Written {
  const { anchor } = input.entry.node
  const written = new EntryWriting(input).write(wanted, schema)
  if (anchor !== undefined && !input.sides.isForeign) input.writing.anchors.set(anchor, wanted)
  return written
}

class EntryWriting {
  readonly #writing: Writing
  readonly #entry: BlockEntry
  readonly #column: number
  readonly #sides: EntrySides
  readonly #writeNested: WriteNested
  /** The comment behind the entry, with the white space before it. */
  readonly #comment: string

  constructor({ writing, entry, column, sides, writeNested }: EntryInput) {
    this.#writing = writing
    this.#entry = entry
    this.#column = column
    this.#sides = sides
    this.#writeNested = writeNested
    this.#comment = commentToWrite(entry, sides)
  }

  write(wanted: Json, schema: SchemaNode): Written {
    const { node } = this.#entry
    // What it merges in may have changed, and then all who take it change with it.
    if (this.#entry.isMerge) return { leading: '', text: this.#entry.text.slice(this.#entry.start, this.#entry.end) }
    if (node.kind === 'block' && isSameKind(node, wanted) && !isEmptyValue(wanted))
      return this.#nested(node, wanted as JsonMap, schema)
    if (node.kind === 'literal' || node.kind === 'folded') return this.#blockScalar(node, wanted, schema)
    const inline = this.#inline(node, wanted, schema)
    if (inline === undefined) return this.#anew(wanted, schema)
    const { start, end, text } = this.#entry
    const before = text.slice(start, node.start)
    const gap = inline !== '' && node.start === node.end && /\S$/.test(before) ? ' ' : ''
    return { leading: '', text: this.#shift(before + gap + inline + this.#behind(node.end, end)) }
  }

  #shift(text: string): string {
    const ending = this.#sides.isForeign ? text.replaceAll(/\r?\n/g, this.#writing.eol) : text
    return shiftLines(ending, this.#column - this.#entry.column)
  }

  /** What follows the value, with the comment that is to stand there. */
  #behind(from: number, to: number): string {
    const { text, line } = this.#entry
    if (!line) return text.slice(from, to)
    return text.slice(from, line.from) + this.#comment + text.slice(line.to, to)
  }

  #nested(node: SourceBlock, wanted: JsonMap | JsonList, schema: SchemaNode): Written {
    const { start, text } = this.#entry
    const { isForeign, base, theirs } = this.#sides
    const head = this.#shift(
      this.#entry.line
        ? text.slice(start, this.#entry.line.from) + this.#behind(this.#entry.line.from, node.bodyStart)
        : text.slice(start, node.bodyStart),
    )
    const sides = { base: base?.node, theirs: theirs?.node, isForeign }
    return { leading: '', text: head + this.#writeNested(node, wanted, schema, this.#childColumn(node), sides) }
  }

  #childColumn(node: SourceBlock): number {
    if (!this.#sides.isForeign) return node.column
    if (node.isCompact) return this.#column + node.column - this.#entry.column
    return this.#freshColumn(node)
  }

  #freshColumn(node: SourceBlock): number {
    const isFlush = !node.isMap && this.#entry.key !== undefined && !this.#writing.style.indentsLists
    return isFlush ? this.#column : this.#column + this.#writing.style.step
  }

  #blockScalar(node: SourceNode, wanted: Json, schema: SchemaNode): Written {
    const { start, text, end } = this.#entry
    const raw = this.#behind(node.start, node.end)
    const how = { parentColumn: this.#entry.column, eol: this.#writing.eol }
    const value = equal(node.value, wanted)
      ? raw
      : typeof wanted === 'string' && !node.hasTag
        ? rewriteBlock(raw, node.value as string, wanted, how)
        : undefined
    if (value === undefined) return this.#anew(wanted, schema)
    return { leading: '', text: this.#shift(text.slice(start, node.start) + value + text.slice(node.end, end)) }
  }

  /** The value in its old style on its old place; undefined where it needs another shape. */
  #inline(node: SourceNode, wanted: Json, schema: SchemaNode): string | undefined {
    const { text } = this.#entry
    const raw = text.slice(node.start, node.end)
    if (node.kind === 'alias') return equal(this.#writing.anchors.get(node.name), wanted) ? raw : undefined
    if (node.kind === 'flow' && isSameKind(node, wanted) && (node.entries.length > 0 || isEmptyValue(wanted)))
      return writeFlow(this.#writing, node, wanted as JsonMap, schema)
    if (equal(node.value, wanted)) return raw
    if (node.hasTag || !this.#entry.isComplete || node.kind === 'block') return undefined
    if (node.kind === 'flow') return isEmptyValue(node.value) ? undefined : emitFlow(wanted, this.#writing)
    if (isMap(wanted) || isList(wanted)) return undefined
    const isText = typeof wanted === 'string' && wanted.includes('\n')
    if (isText && node.kind !== 'double') return undefined
    const style = node.kind === 'single' || node.kind === 'double' ? node.kind : undefined
    return writeScalar(wanted, { inFlow: false, quote: this.#writing.style.quote, style })
  }

  /** The entry with its old key and comments, and a value of another shape. */
  #anew(wanted: Json, schema: SchemaNode): Written {
    const { start, introEnd, key, text, node, isComplete } = this.#entry
    const { style, eol } = this.#writing
    if (node.kind === 'alias') this.#writing.expanded()
    const manner = { style, eol }
    const over = node.kind === 'block' ? [] : commentsIn(text.slice(this.#entry.propsEnd, node.start))
    const comment = this.#comment === '' && over.length > 0 ? ` ${over.shift()}` : this.#comment
    const leading = over.map((line) => `${' '.repeat(this.#column)}${line}${eol}`).join('')
    if (!isComplete) return { leading, text: emitKeyEntry(key as string, wanted, this.#column, manner) }
    const anchor = node.anchor === undefined ? '' : ` &${node.anchor}`
    if (key === undefined && comment === '' && anchor === '')
      return { leading, text: emitItemEntry(wanted, this.#column, manner) }
    const { rest, lines } =
      this.#borrowed(wanted, schema) ?? emitValue(wanted, this.#column, key === undefined ? 'item' : 'key', manner)
    const intro = this.#shift(text.slice(start, introEnd))
    const kept =
      node.kind === 'block' && isSameKind(node, wanted)
        ? placeLines(node.front + looseOf(node) + node.tail, this.#childColumn(node), eol)
        : ''
    return { leading, text: `${intro}${anchor}${rest === '' ? '' : ` ${rest}`}${comment}${eol}${lines}${kept}` }
  }

  /** The value as the other side writes it, where ours had no such collection: it brings its comments. */
  #borrowed(wanted: Json, schema: SchemaNode): Emitted | undefined {
    const { theirs, isForeign } = this.#sides
    const node = theirs?.node
    if (isForeign || node?.kind !== 'block' || node.isBound || node.isCompact) return undefined
    if (!isSameKind(node, wanted) || isEmptyValue(wanted)) return undefined
    const sides = { base: undefined, theirs: undefined, isForeign: true }
    const column = this.#freshColumn(node)
    return { rest: '', lines: this.#writeNested(node, wanted as JsonMap, schema, column, sides) }
  }
}

function looseOf(node: SourceBlock): string {
  return node.entries.map(({ loose }) => loose).join('')
}

function commentToWrite(entry: BlockEntry, { base, theirs }: EntrySides): string {
  const ours = commentOf(entry)
  if (!entry.line || !theirs?.line) return ours
  const changed = changedComment({ ours, base: base && commentOf(base), theirs: commentOf(theirs) })
  if (changed === undefined || changed === '') return changed ?? ours
  const gap = /^[ \t]+/.exec(ours)?.[0] ?? ' '
  return gap + changed.trim()
}

function commentOf({ text, line }: BlockEntry): string {
  return line ? text.slice(line.from, line.to) : ''
}

function commentsIn(text: string): string[] {
  return text
    .split('\n')
    .map((line) => /(?:^|\s)(#.*)$/.exec(line)?.[1]?.trimEnd())
    .filter((line) => line !== undefined)
}

export function isSameKind(node: SourceNode, value: Json): boolean {
  return (node.kind === 'flow' || node.kind === 'block') && (node.isMap ? isMap(value) : isList(value))
}
