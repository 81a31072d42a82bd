import { equal, isList, isMap, type Json, type JsonList, type JsonMap } from '../model/values.ts'
import { listRule } from './list-rule.ts'
import { fieldSchema, type SchemaNode } from './merge-schema.ts'
import { listMembers, mapMembers, type Member } from './write-back-members.ts'
import { segmentOf, type Writing } from './write-back-state.ts'
import { emitFlow, emitFlowPair } from './yaml-emit.ts'
import { type Quote, writeScalar } from './yaml-scalar-text.ts'
import { lineStart } from './yaml-source-gaps.ts'
import type { SourceEntry, SourceFlow, SourceNode } from './yaml-source.ts'

/** A collection in brackets with another value of its kind, edited where it stands. */
export function writeFlow(writing: Writing, node: SourceFlow, wanted: JsonMap | JsonList, schema: SchemaNode): string {
  const rule = isList(wanted) ? listRule(schema) : undefined
  const members = isMap(wanted)
    ? mapMembers(node.entries, wanted, writing.anchors)
    : listMembers(node.entries, wanted, rule)
  const quote = commonQuote(node.entries)
  const texts = members.map((member) =>
    writing.inside(segmentOf(member.value, member.key, rule), () => {
      if (member.isExpanded) writing.expanded()
      const inner = member.key === undefined ? (rule?.item ?? schema?.items) : fieldSchema(schema, member.key)
      if (member.entry) return writeFlowEntry(writing, member.entry, member.value, inner)
      const manner = { style: writing.style, eol: writing.eol, quote }
      return member.key === undefined
        ? emitFlow(member.value, { ...manner, inBrackets: true })
        : emitFlowPair(member.key, member.value, manner)
    }),
  )
  return layOut(writing, node, members, texts)
}

function writeFlowEntry(writing: Writing, entry: SourceEntry, wanted: Json, schema: SchemaNode): string {
  const { text, node } = entry
  if (entry.isMerge) return text.slice(entry.start, entry.end)
  const value = writeFlowValue(writing, node, wanted, schema)
  const isSame = value === text.slice(node.start, node.end)
  if (!isSame && entry.key !== undefined && !entry.isComplete)
    return emitFlowPair(entry.key, wanted, { style: writing.style, eol: writing.eol })
  const before = text.slice(entry.start, !isSame && node.hasTag ? entry.introEnd : node.start)
  const gap = !isSame && (node.start === node.end || node.hasTag) && /\S$/.test(before) ? ' ' : ''
  return `${before}${gap}${value}`
}

/** A value that is written on its line, in brackets or behind a key. */
function writeFlowValue(writing: Writing, node: SourceNode, wanted: Json, schema: SchemaNode): string {
  const { style, eol } = writing
  const fresh = () => emitFlow(wanted, { style, eol, inBrackets: true })
  if (node.kind === 'alias') {
    if (equal(writing.anchors.get(node.name), wanted)) return node.text.slice(node.start, node.end)
    writing.expanded()
    return fresh()
  }
  const written = (() => {
    if (node.kind === 'flow' && node.isMap && isMap(wanted)) return writeFlow(writing, node, wanted, schema)
    if (node.kind === 'flow' && !node.isMap && isList(wanted)) return writeFlow(writing, node, wanted, schema)
    if (equal(node.value, wanted)) return node.text.slice(node.start, node.end)
    const isScalar = !isMap(wanted) && !isList(wanted)
    const had = node.kind === 'single' || node.kind === 'double' ? node.kind : undefined
    return isScalar ? writeScalar(wanted, { inFlow: true, quote: style.quote, style: had }) : fresh()
  })()
  if (node.anchor !== undefined) writing.anchors.set(node.anchor, wanted)
  return written
}

/** The quotes that every text has; undefined where one has none or they differ. */
export function commonQuote(entries: readonly SourceEntry[]): Quote | undefined {
  const texts = entries.filter(({ node }) => typeof node.value === 'string')
  const [first] = texts
  const kind = first?.node.kind
  if (kind !== 'single' && kind !== 'double') return undefined
  return texts.every(({ node }) => node.kind === kind) ? kind : undefined
}

function layOut(
  writing: Writing,
  node: SourceFlow,
  members: readonly Member<SourceEntry>[],
  texts: readonly string[],
): string {
  const { text, entries, isMap: asMap } = node
  const [open, close] = [text[node.start] as string, text[node.end - 1] as string]
  const ends = [node.start + 1, ...entries.map(({ end }) => end)]
  const starts = [...entries.map(({ start }) => start), node.end - 1]
  const gaps = ends.map((end, at) => text.slice(end, starts[at]))
  const isSame = members.length === entries.length && members.every(({ entry }, at) => entry === entries[at])
  if (isSame) return `${open}${texts.map((one, at) => gaps[at] + one).join('')}${gaps.at(-1)}${close}`
  if (gaps.some((gap) => gap.includes('#'))) return layOutLines(writing, node, members, texts, gaps)
  if (members.length === 0) return open + close
  if (entries.length === 0) {
    const padding = asMap ? writing.style.mapPadding : writing.style.listPadding
    return `${open}${padding}${texts.join(', ')}${padding}${close}`
  }
  const usual = gaps.length > 2 ? (gaps[1] as string) : /\n/.test(gaps[0] as string) ? `,${gaps[0]}` : ', '
  let written = open + gaps[0] + texts[0]
  for (let at = 1; at < members.length; at++) {
    const entry = members[at]?.entry
    const was = entry ? entries.indexOf(entry) : -1
    written += (was > 0 ? gaps[was] : usual) + (texts[at] as string)
  }
  return written + gaps.at(-1) + close
}

/** With comments between the entries each gets a line, its comment behind it, and the comments above stay above. */
function layOutLines(
  writing: Writing,
  node: SourceFlow,
  members: readonly Member<SourceEntry>[],
  texts: readonly string[],
  gaps: readonly string[],
): string {
  const { text, entries } = node
  const above: string[][] = entries.map(() => [])
  const behind: string[][] = entries.map(() => [])
  const last: string[] = []
  for (const [at, gap] of gaps.entries()) {
    const [same = '', ...lines] = gap.replace(/\r/g, '').split('\n')
    const comment = commentIn(same)
    if (comment) (behind[at - 1] ?? above[0] ?? last).push(comment)
    for (const line of lines) {
      const found = commentIn(line)
      if (found) (above[at] ?? last).push(found)
    }
  }
  const outer = (/[ ]*/.exec(text.slice(lineStart(text, node.start))) as RegExpExecArray)[0]
  const indent = gaps.map((gap) => /\n([ ]+)$/.exec(gap)?.[1]).find((spaces) => spaces !== undefined) ?? `${outer}  `
  const lines = members.flatMap(({ entry }, at) => {
    const was = entry ? entries.indexOf(entry) : -1
    const comma = at < members.length - 1 ? ',' : ''
    const [first, ...rest] = behind[was] ?? []
    return [...(above[was] ?? []), `${texts[at]}${comma}${first ? ` ${first}` : ''}`, ...rest]
  })
  // A bracket under its key would be taken for the start of the next one.
  const closing = /\n([ ]*)$/.exec(gaps.at(-1) as string)?.[1] ?? indent
  const body = [...lines, ...last].map((line) => `${indent}${line}${writing.eol}`).join('')
  return `${text[node.start]}${writing.eol}${body}${closing}${text[node.end - 1]}`
}

function commentIn(line: string): string | undefined {
  const at = line.indexOf('#')
  return at < 0 ? undefined : line.slice(at).trimEnd()
}
