import { canonicalText, equal, isList, isMap, type Json, type JsonList, type JsonMap, newMap } from '../model/values.ts'
import { indexMembers, isFault, memberKey, type MemberRule } from './list-rule.ts'
import { sourcesOf } from './yaml-merge-key.ts'
import type { SourceEntry, SourceNode } from './yaml-source.ts'

/** An entry of the collection to write: what it must say, and the entry of the old text it comes from. */
export interface Member<E extends SourceEntry> {
  readonly value: Json
  readonly key: string | undefined
  readonly entry: E | undefined
  /** Was inherited through `<<` and now stands here with a value of its own. */
  readonly isExpanded?: boolean
}

/** Keys keep their order; a new one stands behind the one before it in `wanted`. */
export function mapMembers<E extends SourceEntry>(
  entries: readonly E[],
  wanted: JsonMap,
  anchors: ReadonlyMap<string, Json>,
): Member<E>[] {
  const inherited = inheritedKeys(entries, anchors)
  // A key that was merged in and must go cannot be taken out any other way.
  const keeps = inherited !== undefined && Object.keys(inherited).every((key) => key in wanted)
  const members: Member<E>[] = []
  for (const entry of entries) {
    if (entry.isMerge && keeps) members.push({ value: entry.node.value, key: undefined, entry })
    else if (!entry.isMerge && Object.hasOwn(wanted, entry.key as string))
      members.push({ value: wanted[entry.key as string] as Json, key: entry.key, entry })
  }
  const own = new Set(members.map(({ key }) => key))
  let at = members.findIndex(({ key }) => key !== undefined)
  if (at < 0) at = members.length
  for (const key of Object.keys(wanted)) {
    const value = wanted[key] as Json
    if (own.has(key)) at = members.findIndex((member) => member.key === key) + 1
    else if (!(keeps && equal(inherited[key], value))) {
      const isExpanded = entries.some(({ isMerge, node }) => isMerge && isMap(node.value) && key in node.value)
      members.splice(at++, 0, { value, key, entry: undefined, isExpanded })
    }
  }
  return members
}

/** Undefined where something merged in is not there any more. */
function inheritedKeys(entries: readonly SourceEntry[], anchors: ReadonlyMap<string, Json>): JsonMap | undefined {
  const inherited = newMap()
  for (const { isMerge, node } of entries) {
    if (!isMerge) continue
    for (const source of sourcesOf(node) as readonly SourceNode[]) {
      const value = source.kind === 'alias' ? anchors.get(source.name) : source.value
      if (!isMap(value)) return undefined
      for (const key of Object.keys(value)) if (!(key in inherited)) inherited[key] = value[key] as Json
    }
  }
  return inherited
}

/** Items are found by key where the schema gives them one, and else by being equal. */
export function listMembers<E extends SourceEntry>(
  entries: readonly E[],
  wanted: JsonList,
  rule: MemberRule | undefined,
): Member<E>[] {
  const old =
    rule &&
    indexMembers(
      entries.map(({ node }) => node.value),
      rule,
    )
  const fresh = rule && indexMembers(wanted, rule)
  if (!rule || !old || !fresh || isFault(old) || isFault(fresh)) return alignedMembers(entries, wanted)
  return wanted.map((value) => {
    const at = old.get(memberKey(value, rule) as never)
    return { value, key: undefined, entry: at === undefined ? undefined : entries[at] }
  })
}

/** Between items that stay, one that went and one that came at the same place are the same item with another value. */
function alignedMembers<E extends SourceEntry>(entries: readonly E[], wanted: JsonList): Member<E>[] {
  const pairs = longestCommon(
    entries.map(({ node }) => canonicalText(node.value)),
    wanted.map(canonicalText),
  )
  const members: Member<E>[] = []
  let [from, to] = [0, 0]
  for (const [x, y] of [...pairs, [entries.length, wanted.length] as const]) {
    while (to < y) {
      const value = wanted[to++] as Json
      const entry = from < x ? entries[from] : undefined
      const isSame = entry !== undefined && kindOf(entry.node.value) === kindOf(value)
      if (isSame) from++
      members.push({ value, key: undefined, entry: isSame ? entry : undefined })
    }
    if (to < wanted.length) members.push({ value: wanted[to++] as Json, key: undefined, entry: entries[x] })
    from = x + 1
  }
  return members
}

function kindOf(value: Json): string {
  return isMap(value) ? 'map' : isList(value) ? 'list' : 'scalar'
}

/** Longer lists are compared from both ends only. */
const mostCells = 1_000_000

function longestCommon(old: readonly string[], fresh: readonly string[]): (readonly [number, number])[] {
  let head = 0
  while (head < old.length && head < fresh.length && old[head] === fresh[head]) head++
  let [x, y] = [old.length, fresh.length]
  while (x > head && y > head && old[x - 1] === fresh[y - 1]) [x, y] = [x - 1, y - 1]
  const pairs: (readonly [number, number])[] = []
  for (let at = 0; at < head; at++) pairs.push([at, at])
  const [rows, columns] = [x - head, y - head]
  if (rows * columns > 0 && rows * columns <= mostCells) {
    const lengths = Array.from({ length: rows + 1 }, () => new Uint32Array(columns + 1))
    const length = (i: number, j: number) => (lengths[i] as Uint32Array)[j] as number
    const isSame = (i: number, j: number) => old[head + i] === fresh[head + j]
    for (let i = rows - 1; i >= 0; i--) {
      for (let j = columns - 1; j >= 0; j--)
        (lengths[i] as Uint32Array)[j] = isSame(i, j)
          ? length(i + 1, j + 1) + 1
          : Math.max(length(i + 1, j), length(i, j + 1))
    }
    for (let i = 0, j = 0; i < rows && j < columns; ) {
      if (isSame(i, j)) pairs.push([head + i++, head + j++])
      else if (length(i + 1, j) >= length(i, j + 1)) i++
      else j++
    }
  }
  for (; x < old.length; x++, y++) pairs.push([x, y])
  return pairs
}
