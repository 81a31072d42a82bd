import { equal, isList, isMap, type Json, type JsonList, type JsonMap } from '../model/values.ts'
import { listRule, memberKey, type MemberRule } from './list-rule.ts'
import { fieldSchema, type SchemaNode } from './merge-schema.ts'
import { changedComment, placeLines, wordsOf } from './write-back-comments.ts'
import { writeEntry } from './write-back-entry.ts'
import { commonQuote } from './write-back-flow.ts'
import { listMembers, mapMembers, type Member } from './write-back-members.ts'
import type { EntrySides, Sides, WriteNested } from './write-back-sides.ts'
import { segmentOf, type Writing } from './write-back-state.ts'
import { emitItemEntry, emitKeyEntry, isEmptyValue } from './yaml-emit.ts'
import type { BlockEntry, SourceBlock, SourceNode } from './yaml-source.ts'

/** One entry of the new text, before it is decided what stands above it. */
interface Piece {
  readonly entry: BlockEntry | undefined
  readonly loose: string
  readonly leading: string
  readonly text: string
}

/** A block collection with another value of its kind: its lines, the first one without indentation where it is compact. */
export function writeBlock(
  writing: Writing,
  body: SourceBlock,
  wanted: JsonMap | JsonList,
  schema: SchemaNode,
  column: number,
  sides: Sides,
): string {
  const rule = isList(wanted) ? listRule(schema) : undefined
  const members = isMap(wanted)
    ? mapMembers(body.entries, wanted, writing.anchors)
    : listMembers(body.entries, wanted, rule)
  const [base, theirs] = [finder(sides.base, rule), finder(sides.theirs, rule)]
  const pieces = members.map((member) =>
    writing.inside(segmentOf(member.value, member.key, rule), () => {
      if (member.isExpanded) writing.expanded()
      const inner = member.key === undefined ? (rule?.item ?? schema?.items) : fieldSchema(schema, member.key)
      const [was, their] = [base(member), theirs(member)]
      return member.entry
        ? changedPiece(writing, member.entry, member.value, inner, column, {
            base: was,
            theirs: their,
            isForeign: sides.isForeign,
          })
        : newPiece(writing, body, member, inner, column, their)
    }),
  )
  const [baseBody, theirBody] = [blockOf(sides.base), blockOf(sides.theirs)]
  const follow = (part: 'front' | 'tail') => {
    const text = body[part]
    const changed = changedComment({ ours: text, base: baseBody?.[part], theirs: theirBody?.[part] })
    return changed !== undefined || sides.isForeign ? placeLines(changed ?? text, column, writing.eol) : text
  }
  return stack(writing, body, pieces, column, { front: follow('front'), tail: follow('tail') })
}

type Found = (member: Member<BlockEntry>) => BlockEntry | undefined

function blockOf(node: SourceNode | undefined): SourceBlock | undefined {
  return node?.kind === 'block' ? node : undefined
}

function finder(node: SourceNode | undefined, rule: MemberRule | undefined): Found {
  const entries = blockOf(node)?.entries ?? []
  const byKey = new Map<unknown, BlockEntry>()
  for (const entry of entries) {
    const key = entry.key ?? (rule && memberKey(entry.node.value, rule))
    if (key !== undefined && !entry.isMerge && !byKey.has(key)) byKey.set(key, entry)
  }
  return ({ value, key, entry }) => {
    const wanted = key ?? (rule && memberKey(value, rule))
    if (wanted !== undefined) return byKey.get(wanted)
    return entries.find((other) => !other.isMerge && equal(other.node.value, entry?.node.value ?? value))
  }
}

function changedPiece(
  writing: Writing,
  entry: BlockEntry,
  wanted: Json,
  schema: SchemaNode,
  column: number,
  sides: EntrySides,
): Piece {
  const follow = (part: 'loose' | 'leading') => {
    const changed = changedComment({ ours: entry[part], base: sides.base?.[part], theirs: sides.theirs?.[part] })
    return changed !== undefined || sides.isForeign
      ? placeLines(changed ?? entry[part], column, writing.eol)
      : entry[part]
  }
  const writeNested: WriteNested = (...below) => writeBlock(writing, ...below)
  const { leading, text } = writeEntry({ writing, entry, column, sides, writeNested }, wanted, schema)
  return { entry, loose: follow('loose'), leading: follow('leading') + leading, text }
}

function newPiece(
  writing: Writing,
  body: SourceBlock,
  member: Member<BlockEntry>,
  schema: SchemaNode,
  column: number,
  theirs: BlockEntry | undefined,
): Piece {
  if (theirs && !theirs.node.isBound && !theirs.isMerge) {
    const piece = changedPiece(writing, theirs, member.value, schema, column, {
      base: undefined,
      theirs: undefined,
      isForeign: true,
    })
    const isKnown = piece.loose === '' || body.entries.some(({ loose }) => wordsOf(loose) === wordsOf(piece.loose))
    return { ...piece, entry: undefined, loose: isKnown ? '' : piece.loose }
  }
  const { value, key } = member
  const alike = body.entries
    .map(({ node }) => node)
    .filter((node) => sameKind(node.value, value) && !isEmptyValue(node.value))
  const inFlow = alike.length > 0 && alike.every(({ kind }) => kind === 'flow')
  const manner = { style: writing.style, eol: writing.eol, quote: commonQuote(body.entries), inFlow }
  const text = key === undefined ? emitItemEntry(value, column, manner) : emitKeyEntry(key, value, column, manner)
  return { entry: undefined, loose: '', leading: '', text }
}

function sameKind(a: Json, b: Json): boolean {
  return (isMap(a) && isMap(b)) || (isList(a) && isList(b))
}

function stack(
  writing: Writing,
  body: SourceBlock,
  pieces: readonly Piece[],
  column: number,
  around: { front: string; tail: string },
): string {
  const { eol } = writing
  const loose = placeLoose(body, pieces)
  const apart = body.entries.slice(1)
  const usual =
    apart.length > 0 && apart.every(({ blank, loose: above }) => blank !== '' || above !== '')
      ? apart[0]?.blank || eol
      : ''
  let written = body.isCompact ? around.front.trimStart() : around.front
  for (const [at, piece] of pieces.entries()) {
    const isFirst = at === 0
    const isOnDash = isFirst && body.isCompact && written === ''
    const was = piece.entry ? body.entries.indexOf(piece.entry) : -1
    let blank = isFirst ? (body.entries[0]?.blank ?? '') : was > 0 ? (piece.entry as BlockEntry).blank : usual
    // Blank lines behind a text that keeps its last line breaks would become part of it.
    if (!isFirst && body.entries[was - 1] !== pieces[at - 1]?.entry && keepsBreaks(pieces[at - 1]?.text ?? ''))
      blank = ''
    const above = `${loose.before.get(piece) ?? ''}${piece.loose === '' ? '' : placeOnce(piece)}${blank}${piece.leading}`
    const lines = isOnDash ? above.trimStart() : above
    const indent = isOnDash && lines === '' ? '' : ' '.repeat(column)
    written = addLines(addLines(written, lines, eol), `${indent}${piece.text}`, eol)
  }
  return addLines(written, loose.after + around.tail, eol)

  function placeOnce(piece: Piece): string {
    return piece.entry ? '' : piece.loose
  }
}

/** Comments that stand apart describe a place rather than an entry: they stay with the next entry that did not move. */
function placeLoose(
  body: SourceBlock,
  pieces: readonly Piece[],
): { readonly before: ReadonlyMap<Piece, string>; readonly after: string } {
  const pieceOf = new Map(pieces.map((piece) => [piece.entry, piece]))
  const stable = new Set(increasing(pieces.map(({ entry }) => (entry ? body.entries.indexOf(entry) : -1))))
  const before = new Map<Piece, string>()
  let pending = ''
  for (const [at, entry] of body.entries.entries()) {
    const piece = pieceOf.get(entry)
    pending += piece ? piece.loose : entry.loose
    if (!piece || !stable.has(at)) continue
    before.set(piece, pending)
    pending = ''
  }
  return { before, after: pending }
}

/** The longest run of places that did not change their order. */
function increasing(places: readonly number[]): number[] {
  const best: number[][] = []
  for (const place of places) {
    if (place < 0) continue
    let longest: readonly number[] = []
    for (const run of best) if ((run.at(-1) as number) < place && run.length > longest.length) longest = run
    best.push([...longest, place])
  }
  return best.reduce((longest, run) => (run.length > longest.length ? run : longest), [])
}

function keepsBreaks(text: string): boolean {
  const lines = text.trimEnd()
  return /(?:^|\s)[|>][0-9]?\+/.test(lines) && text.endsWith('\n')
}

export function addLines(written: string, lines: string, eol: string): string {
  if (lines === '') return written
  return written === '' || written.endsWith('\n') ? written + lines : written + eol + lines
}
