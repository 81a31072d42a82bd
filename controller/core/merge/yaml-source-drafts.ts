import { type CST, isMap as isYamlMap, isScalar, isSeq, type Pair, type ParsedNode } from 'yaml'
import type { EntrySpan } from './yaml-source-gaps.ts'

/** The text is no document that can be edited; the message says why. */
export class Unreadable extends Error {}

type YamlPair = Pair<ParsedNode, ParsedNode | null>
export type Collection = ParsedNode & { readonly items: readonly unknown[] }
export type CollectionToken = CST.BlockMap | CST.BlockSequence | CST.FlowCollection

/** An entry before its value is built. */
export interface Draft {
  readonly start: number
  readonly key: string | undefined
  readonly isComplete: boolean
  readonly introEnd: number
  readonly propsEnd: number
  readonly hasTag: boolean
  readonly anchor: string | undefined
  readonly node: ParsedNode | null
  readonly isMergeKey: boolean
}

export function draftsOf(node: Collection, token: CollectionToken): Draft[] {
  return isSeq(node) ? itemDrafts(node.items, token) : pairDrafts(node.items as readonly YamlPair[])
}

/** Nothing is written for it. */
export function isEmpty(node: ParsedNode): boolean {
  return isScalar(node) && node.srcToken === undefined
}

export function spanOf({ start, propsEnd, node }: Draft): EntrySpan {
  if (!node || isEmpty(node)) return { start, contentEnd: propsEnd, childColumn: undefined }
  const token = isYamlMap(node) || isSeq(node) ? node.srcToken : undefined
  if (token?.type !== 'block-map' && token?.type !== 'block-seq')
    return { start, contentEnd: Math.max(propsEnd, node.range[1]), childColumn: undefined }
  const last = draftsOf(node as Collection, token).at(-1) as Draft
  return { start, contentEnd: spanOf(last).contentEnd, childColumn: token.indent }
}

/** The first token that is more than white space, a comment or the comma before. */
function firstOffset(tokens: readonly CST.SourceToken[]): number | undefined {
  return tokens.find(({ type }) => type !== 'space' && type !== 'newline' && type !== 'comment' && type !== 'comma')
    ?.offset
}

function endOfProps(tokens: readonly CST.SourceToken[], from: number): Pick<Draft, 'propsEnd' | 'hasTag' | 'anchor'> {
  const props = tokens.filter(({ type, offset }) => (type === 'anchor' || type === 'tag') && offset >= from)
  const last = props.at(-1)
  return {
    propsEnd: last ? last.offset + last.source.length : from,
    hasTag: props.some(({ type }) => type === 'tag'),
    anchor: props.find(({ type }) => type === 'anchor')?.source.slice(1),
  }
}

function itemDrafts(items: readonly ParsedNode[], token: CollectionToken): Draft[] {
  const parts = (token.items as CST.CollectionItem[]).filter(
    ({ start, sep, value }) => sep || value || firstOffset(start) !== undefined,
  )
  return items.map((node, at) => {
    const part = parts[at] as CST.CollectionItem
    const dash = part.start.find(({ type }) => type === 'seq-item-ind')
    const start = firstOffset(part.start) ?? node.range[0]
    const introEnd = dash ? dash.offset + 1 : start
    return {
      start,
      key: undefined,
      isComplete: true,
      introEnd,
      ...endOfProps(part.start, introEnd),
      node,
      isMergeKey: false,
    }
  })
}

function pairDrafts(pairs: readonly YamlPair[]): Draft[] {
  return pairs.map((pair) => {
    const { key, value } = pair
    const part = pair.srcToken as CST.CollectionItem
    const colon = part.sep?.find(({ type }) => type === 'map-value-ind')
    const start = firstOffset(part.start) ?? key.range[0]
    const introEnd = colon ? colon.offset + 1 : key.range[1]
    const isMergeKey = isScalar(key) && key.type === 'PLAIN' && key.source === '<<'
    return {
      start,
      key: keyText(key),
      isComplete: colon !== undefined,
      introEnd,
      ...endOfProps(part.sep ?? [], introEnd),
      node: value,
      isMergeKey,
    }
  })
}

export function keyText(key: ParsedNode | null): string {
  if (key === null) return ''
  if (!isScalar(key)) throw new Unreadable('a list, a map or an alias stands where a key is expected')
  if (key.anchor !== undefined) throw new Unreadable('a key has an anchor')
  return key.source ?? ''
}
