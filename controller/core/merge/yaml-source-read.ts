import {
  type CST,
  Composer,
  type Document,
  isAlias,
  isMap as isYamlMap,
  isScalar,
  type Pair,
  type ParsedNode,
  Parser,
} from 'yaml'
import { caps } from '../model/caps.ts'
import { isMap, type Json, newMap } from '../model/values.ts'
import { inexact, readPlain } from '../model/yaml-scalar.ts'
import { sourcesOf } from './yaml-merge-key.ts'
import type { BlockEntry, SourceDocument, SourceEntry, SourceLeaf, SourceNode } from './yaml-source.ts'
import { type Draft, draftsOf, isEmpty, keyText, spanOf, Unreadable } from './yaml-source-drafts.ts'
import { endOfEntry, lineComment, lineEnd, lineStart, openingOf, splitAbove } from './yaml-source-gaps.ts'

export type SourceReading =
  | { readonly kind: 'read'; readonly source: SourceDocument }
  | { readonly kind: 'unreadable'; readonly reason: string }

/** Unlike the gate this lets anchors, aliases and merge keys in: a text with them may be edited elsewhere. */
export function readSource(text: string): SourceReading {
  try {
    return { kind: 'read', source: new SourceReader(text).read() }
  } catch (thrown) {
    if (thrown instanceof Unreadable) return { kind: 'unreadable', reason: thrown.message }
    throw thrown
  }
}

type Props = readonly CST.SourceToken[] | undefined

class SourceReader {
  readonly #text: string
  readonly #eol: string
  readonly #anchors = new Map<string, { readonly value: Json; readonly size: number }>()
  #size = 0
  #depth = 0

  constructor(text: string) {
    this.#text = text
    this.#eol = /\r?\n/.exec(text)?.[0] ?? '\n'
  }

  read(): SourceDocument {
    const { document, end } = this.#compose()
    const contents = document?.contents
    if (!contents || isEmpty(contents)) return this.#empty(end)
    const tokens = (document as unknown as { props: Props }).props
    const propsStart = tokens?.find(({ type }) => type === 'anchor' || type === 'tag')?.offset
    const root = this.#node(contents, contents.tag !== undefined && propsStart !== undefined, end, true)
    const start = root.kind === 'block' ? root.bodyStart : (propsStart ?? root.start)
    return { text: this.#text, eol: this.#eol, root, value: root.value, start, end }
  }

  #empty(end: number): SourceDocument {
    const start = lineEnd(this.#text, end)
    const root = { ...this.#base(null, start, start, undefined, false), kind: 'empty' } as const
    return { text: this.#text, eol: this.#eol, root, value: null, start, end: start }
  }

  #compose(): { readonly document: Document.Parsed | undefined; readonly end: number } {
    const options = { version: '1.2', schema: 'core', merge: false, uniqueKeys: false, keepSourceTokens: true } as const
    const composer = new Composer(options)
    const documents: Document.Parsed[] = []
    let props: Props
    let end = this.#text.length
    for (const token of new Parser().parse(this.#text)) {
      if (token.type === 'document') props = token.start
      if (token.type === 'doc-end') end = Math.min(end, token.offset)
      documents.push(...(composer.next(token) as Iterable<Document.Parsed>))
    }
    documents.push(...(composer.end() as Iterable<Document.Parsed>))
    if (documents.length > 1) throw new Unreadable('the text holds several documents')
    const [document] = documents
    // What the library warns of, the gate refuses.
    const [error] = [...(document?.errors ?? []), ...(document?.warnings ?? [])]
    if (error) throw new Unreadable(error.message.split('\n', 1)[0])
    if (document) Object.assign(document, { props })
    return { document, end }
  }

  #base(value: Json, start: number, end: number, anchor: string | undefined, hasTag: boolean, isBound = false) {
    const bound = isBound || anchor !== undefined || hasTag
    return { text: this.#text, value, start, end, anchor, hasTag, isBound: bound }
  }

  #node(node: ParsedNode, hasTag: boolean, limit: number, isRoot = false): SourceNode {
    if (++this.#size > 2 * caps.values) throw new Unreadable('the text holds too many values')
    if (++this.#depth > caps.depth + 2) throw new Unreadable('values are nested too deep')
    const before = this.#size
    const built = this.#build(node, hasTag, limit, isRoot)
    this.#depth--
    if (built.anchor !== undefined)
      this.#anchors.set(built.anchor, { value: built.value, size: 1 + this.#size - before })
    return built
  }

  #build(node: ParsedNode, hasTag: boolean, limit: number, isRoot: boolean): SourceNode {
    const [start, end] = node.range
    if (isAlias(node)) {
      const target = this.#anchors.get(node.source)
      if (!target) throw new Unreadable(`nothing is named \`${node.source}\` before \`*${node.source}\``)
      this.#size += target.size
      return { ...this.#base(target.value, start, end, undefined, false, true), kind: 'alias', name: node.source }
    }
    const anchor = node.anchor
    if (isScalar(node))
      return { ...this.#base(scalarValue(node, hasTag), start, end, anchor, hasTag), kind: styleOf(node.type) }
    const token = node.srcToken
    if (!token) {
      const pair = node.items[0] as Pair<ParsedNode, ParsedNode | null>
      const value = newMap()
      value[keyText(pair.key)] = pair.value ? this.#node(pair.value, pair.value.tag !== undefined, limit).value : null
      return { ...this.#base(value, start, end, anchor, hasTag, true), kind: 'pair' }
    }
    const drafts = draftsOf(node, token)
    if (token.type === 'flow-collection') {
      const entries = drafts.map((draft) => this.#entry(draft, limit))
      const bound = entries.some((entry) => entry.node.isBound)
      const base = this.#base(collect(entries, isYamlMap(node)), start, end, anchor, hasTag, bound)
      return { ...base, kind: 'flow', isMap: isYamlMap(node), entries }
    }
    return this.#block(drafts, isYamlMap(node), { anchor, hasTag, limit, isRoot })
  }

  #entry(draft: Draft, limit: number): SourceEntry {
    const at = draft.propsEnd
    const node: SourceNode =
      draft.node && !isEmpty(draft.node)
        ? this.#node(draft.node, draft.hasTag, limit)
        : { ...this.#base(draft.hasTag ? '' : null, at, at, draft.anchor, draft.hasTag), kind: 'empty' }
    if (node.kind === 'empty' && draft.anchor !== undefined)
      this.#anchors.set(draft.anchor, { value: node.value, size: 1 })
    const { start, key, introEnd, propsEnd, isComplete } = draft
    const end = Math.max(node.end, propsEnd)
    const isMerge = draft.isMergeKey && sourcesOf(node) !== undefined
    return { text: this.#text, start, end, key, isMerge, introEnd, propsEnd, isComplete, node }
  }

  #block(
    drafts: readonly Draft[],
    isMap: boolean,
    how: { anchor: string | undefined; hasTag: boolean; limit: number; isRoot: boolean },
  ): SourceNode {
    const text = this.#text
    const first = (drafts[0] as Draft).start
    const column = first - lineStart(text, first)
    const opening = openingOf(text, first)
    const { isCompact, bodyStart } = opening
    const entries: BlockEntry[] = []
    let cut = opening.next
    let front = ''
    for (const [at, draft] of drafts.entries()) {
      const lines = at === 0 && cut === first ? '' : text.slice(cut, lineStart(text, draft.start))
      // The lines above the first key of a document are its header: a licence, a schema.
      let above = at === 0 && how.isRoot && isMap ? { loose: lines, blank: '', leading: '' } : splitAbove(lines)
      if (at === 0) {
        front = text.slice(bodyStart, opening.next) + above.loose
        above = { ...above, loose: '' }
      }
      const next = drafts[at + 1]
      const limit = next ? lineStart(text, next.start) : how.limit
      cut = endOfEntry(text, spanOf(draft), column, limit)
      const entry = this.#entry(draft, cut)
      entries.push({ ...entry, ...above, end: cut, column, line: lineOf(text, entry) })
    }
    const last = entries.at(-1) as BlockEntry
    const bound = entries.some((entry) => entry.node.isBound || entry.isMerge)
    const base = this.#base(collect(entries, isMap), first, contentEnd(last), how.anchor, how.hasTag, bound)
    return {
      ...base,
      kind: 'block',
      isMap,
      column,
      isCompact,
      entries,
      bodyStart,
      front,
      tail: text.slice(cut, Math.max(cut, how.limit)),
    }
  }
}

function lineOf(text: string, { node, propsEnd }: SourceEntry): BlockEntry['line'] {
  if (node.kind === 'block') return node.isCompact ? undefined : lineComment(text, propsEnd)
  if (node.kind !== 'literal' && node.kind !== 'folded') return lineComment(text, node.end)
  const header = /^[|>][-+0-9]*/.exec(text.slice(node.start, node.end)) as RegExpExecArray
  return lineComment(text, node.start + header[0].length)
}

function contentEnd(entry: SourceEntry): number {
  return Math.max(entry.node.end, entry.propsEnd)
}

function styleOf(type: string | null | undefined): SourceLeaf['kind'] {
  if (type === 'QUOTE_SINGLE') return 'single'
  if (type === 'QUOTE_DOUBLE') return 'double'
  if (type === 'BLOCK_LITERAL') return 'literal'
  return type === 'BLOCK_FOLDED' ? 'folded' : 'plain'
}

function scalarValue(node: { source?: string | undefined; type?: unknown; value: unknown }, hasTag: boolean): Json {
  if (hasTag) {
    if (node.value === null || ['string', 'number', 'boolean'].includes(typeof node.value)) return node.value as Json
    throw new Unreadable('a tag makes a value that is no JSON')
  }
  const text = node.source ?? ''
  if (node.type !== 'PLAIN') return text
  const value = readPlain(text)
  return value === inexact ? Number(text) : value
}

function collect(entries: readonly SourceEntry[], asMap: boolean): Json {
  if (!asMap) return entries.map(({ node }) => node.value)
  const map = newMap()
  const own = new Set<string>()
  for (const { key, isMerge, node } of entries) {
    if (isMerge) continue
    if (own.has(key as string)) throw new Unreadable(`\`${key}\` stands twice in one map`)
    own.add(key as string)
    map[key as string] = node.value
  }
  for (const { isMerge, node } of entries) {
    if (!isMerge) continue
    for (const { value } of sourcesOf(node) as readonly SourceNode[]) {
      if (isMap(value)) for (const name of Object.keys(value)) if (!(name in map)) map[name] = value[name] as Json
    }
  }
  return map
}
