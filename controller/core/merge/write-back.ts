import { equal, type Json, type JsonMap, isList, isMap } from '../model/values.ts'
import type { SchemaNode } from './merge-schema.ts'
import { addLines, writeBlock } from './write-back-block.ts'
import { writeFlow } from './write-back-flow.ts'
export type { WriteBackNotice } from './write-back-notice.ts'
import type { WriteBackNotice } from './write-back-notice.ts'
import type { Sides } from './write-back-sides.ts'
import { Writing } from './write-back-state.ts'
import { isSameKind } from './write-back-entry.ts'
import { emitFlow, emitRoot, isEmptyValue } from './yaml-emit.ts'
import type { SourceDocument } from './yaml-source.ts'
import { readSource } from './yaml-source-read.ts'
import { styleOf } from './yaml-style.ts'

export interface WriteBackInput {
  /** The file that is edited: ours. */
  readonly text: string
  /** What the written text must say. */
  readonly value: Json
  /** Finds the items of keyed lists again. */
  readonly schema: SchemaNode
  /** Brings the comments of what the other side changed or added. */
  readonly theirs?: string
  /** Tells whether ours changed a comment. */
  readonly base?: string
}

export type WriteBackResult =
  | { readonly kind: 'written'; readonly text: string; readonly notices: readonly WriteBackNotice[] }
  | { readonly kind: 'failed'; readonly reason: string }

/**
 * The text of a document after a merge or an edit. It is cut into the lines of its entries and put together again, so
 * what is not changed is copied and never written. A text that would not say exactly `value` is not handed out.
 */
export function writeBack(input: WriteBackInput): WriteBackResult {
  const mark = input.text.startsWith('\ufeff') ? '\ufeff' : ''
  const reading = readSource(input.text.slice(mark.length))
  if (reading.kind === 'unreadable') return { kind: 'failed', reason: reading.reason }
  const { source } = reading
  if (input.theirs === undefined && equal(source.value, input.value))
    return { kind: 'written', text: input.text, notices: [] }
  const writing = new Writing(source.eol, styleOf(source.root))
  const sides = { base: sideOf(input.base), theirs: sideOf(input.theirs), isForeign: false }
  const written = source.text.slice(0, source.start) + writeRoot(writing, source, input.value, input.schema, sides)
  const rest = source.text.slice(source.end)
  const text = rest === '' ? written : addLines(written, rest, source.eol)
  for (const candidate of endings(source.text, text)) {
    const again = readSource(candidate)
    if (again.kind === 'read' && equal(again.source.value, input.value))
      return { kind: 'written', text: mark + candidate, notices: writing.notices }
  }
  return { kind: 'failed', reason: 'the changed text would not say what it must' }
}

function sideOf(text: string | undefined): Sides['base'] {
  const reading = text === undefined ? undefined : readSource(text.replace(/^\ufeff/, ''))
  return reading?.kind === 'read' ? reading.source.root : undefined
}

function writeRoot(writing: Writing, source: SourceDocument, wanted: Json, schema: SchemaNode, sides: Sides): string {
  const { root } = source
  if (root.kind === 'block' && isSameKind(root, wanted) && !isEmptyValue(wanted))
    return writeBlock(writing, root, wanted as JsonMap, schema, root.column, sides)
  if (root.kind === 'flow' && isSameKind(root, wanted) && root.entries.length > 0)
    return (
      source.text.slice(source.start, root.start) +
      writeFlow(writing, root, wanted as JsonMap, schema) +
      source.text.slice(root.end, source.end)
    )
  if (equal(root.value, wanted)) return source.text.slice(source.start, source.end)
  const manner = { style: writing.style, eol: writing.eol }
  const isBlock = (isMap(wanted) || isList(wanted)) && !isEmptyValue(wanted)
  if (!isBlock && ['plain', 'single', 'double', 'flow'].includes(root.kind))
    return emitFlow(wanted, manner) + source.text.slice(root.end, source.end)
  const kept =
    root.kind === 'block'
      ? root.front + root.tail
      : source.text.slice(root.end, source.end).replace(/^[ \t]*\r?\n?/, '')
  const fresh = emitRoot(wanted, manner)
  const isOnMarker = source.start > 0 && source.text[source.start - 1] !== '\n'
  const text = `${isOnMarker && isBlock ? writing.eol : ''}${fresh}`
  return root.kind === 'block'
    ? addLines(addLines('', root.front, writing.eol), addLines(text, root.tail, writing.eol), writing.eol)
    : addLines(text, kept, writing.eol)
}

/** A missing line break at the end stays missing, iff the value does not depend on it. */
function endings(before: string, after: string): string[] {
  if (before === '' || before.endsWith('\n') || !after.endsWith('\n')) return [after]
  return [after.replace(/\r?\n$/, ''), after]
}
