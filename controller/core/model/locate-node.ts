import { type Pair, type ParsedNode, type Scalar, type YAMLMap, isMap, isScalar, isSeq } from 'yaml'
import type { FieldSegment } from './field-path.ts'
import { isMap as isJsonMap } from './values.ts'
import { readPlain } from './yaml-scalar.ts'

/** Where a path leads: the value's node, and its key where it stands in a map. */
export interface Found {
  readonly key?: ParsedNode
  readonly value: ParsedNode | null
  /** How many segments could be followed. */
  readonly depth: number
}

export type Finder = (path: readonly FieldSegment[]) => Found

/** Follows paths through the nodes of one document, as far as they lead. */
export function findIn(root: ParsedNode | null): Finder {
  const indexes = new WeakMap<YAMLMap, Map<string, Pair<ParsedNode, ParsedNode | null>>>()
  const pairOf = (map: YAMLMap, key: string) => {
    let index = indexes.get(map)
    if (!index) {
      index = new Map()
      for (const pair of map.items as Pair<ParsedNode, ParsedNode | null>[]) {
        if (isScalar(pair.key) && !index.has(textOf(pair.key))) index.set(textOf(pair.key), pair)
      }
      indexes.set(map, index)
    }
    return index.get(key)
  }
  return (path) => {
    let found: Found = { value: root, depth: 0 }
    for (const segment of path) {
      const node = found.value
      const depth = found.depth + 1
      if (isMap(node)) {
        const pair = isJsonMap(segment) ? undefined : pairOf(node, String(segment))
        if (!pair) return found
        found = { key: pair.key, value: pair.value, depth }
      } else if (isSeq(node)) {
        const item = itemOf(node.items, segment, pairOf)
        if (!item) return found
        found = { value: item, depth }
      } else return found
    }
    return found
  }
}

type PairOf = (map: YAMLMap, key: string) => Pair<ParsedNode, ParsedNode | null> | undefined

function itemOf(items: readonly ParsedNode[], segment: FieldSegment, pairOf: PairOf): ParsedNode | undefined {
  if (!isJsonMap(segment)) return /^(?:0|[1-9][0-9]*)$/.test(String(segment)) ? items[Number(segment)] : undefined
  const fields = Object.entries(segment)
  return items.find((item) =>
    fields.every(([name, value]) => {
      const node = name === '=' ? item : isMap(item) ? pairOf(item, name)?.value : undefined
      return isScalar(node) && (node.type === 'PLAIN' ? readPlain(textOf(node)) : textOf(node)) === value
    }),
  )
}

/** The text of a scalar before its type is looked at, without quotes. */
export function textOf(node: Scalar): string {
  return node.source ?? ''
}
