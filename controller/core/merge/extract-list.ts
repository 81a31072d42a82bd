import { get, type Json, type JsonList, type JsonMap, newMap } from '../model/values.ts'
import { type KeyedRule, type MemberIndex, type MemberKey, memberSegment } from './list-rule.ts'
import type { SchemaNode } from './merge-schema.ts'
import { spelled } from './spelled.ts'

/** An insert or move names its predecessor and this many before that: they hold the place when the predecessor goes. */
const fallbackAnchors = 3

export function extractKeyedList(
  base: JsonList,
  ours: JsonList,
  old: MemberIndex,
  now: MemberIndex,
  rule: KeyedRule,
  extractMember: (base: JsonMap, ours: JsonMap, schema: SchemaNode) => JsonMap,
): Json {
  const overlay: JsonMap[] = []
  for (const [key, at] of old) {
    if (!now.has(key)) overlay.push(withFields(memberSegment(base[at] as Json, rule) as JsonMap, { $delete: true }))
  }
  const standing = longestRise([...now.keys()].flatMap((key) => old.get(key) ?? []))
  const earlier: Json[] = []
  let previous: Json | undefined
  for (const [key, at] of now) {
    const member = ours[at] as JsonMap
    const was = old.get(key)
    if (was === undefined) {
      const anchor: JsonMap = previous === undefined ? { $position: 'first' } : { $after: anchors(previous, earlier) }
      overlay.push(withFields(spelled(member, rule.item) as JsonMap, anchor))
    } else {
      const change = extractMember(base[was] as JsonMap, member, rule.item)
      const move: JsonMap = standing.has(was)
        ? {}
        : { $move: previous === undefined ? { position: 'first' } : { after: anchors(previous, earlier) } }
      const said = withFields(change, move)
      if (Object.keys(said).length > 0) overlay.push(withFields(identity(member, rule), said))
    }
    previous = shownKey(member, key, rule)
    if (was !== undefined) earlier.push(previous)
  }
  return overlay
}

/** `{ $remove, $add }` iff that gives the same order; else all of it. */
export function extractSet(base: JsonList, ours: JsonList, old: MemberIndex, now: MemberIndex): Json {
  const oldKeys = [...old.keys()]
  const nowKeys = [...now.keys()]
  const kept = oldKeys.filter((key) => now.has(key))
  const fresh = nowKeys.filter((key) => !old.has(key))
  if (![...kept, ...fresh].every((key, at) => key === nowKeys[at])) return { $replace: true, $add: ours }
  const removed = base.filter((_, at) => !now.has(oldKeys[at] as MemberKey))
  const added = ours.slice(kept.length)
  return { ...(removed.length > 0 && { $remove: removed }), ...(added.length > 0 && { $add: added }) }
}

function anchors(previous: Json, earlier: readonly Json[]): Json {
  const fallbacks = earlier
    .slice(-fallbackAnchors - 1)
    .filter((key) => key !== previous)
    .slice(-fallbackAnchors)
  return fallbacks.length === 0 ? previous : [previous, ...fallbacks.toReversed()]
}

function shownKey(member: Json, key: MemberKey, rule: KeyedRule): Json {
  return rule.fields.length === 1 ? key : memberSegment(member, rule)
}

/** The key fields as the member writes them: a default that it leaves out stays out. */
function identity(member: JsonMap, rule: KeyedRule): JsonMap {
  const fields = newMap()
  for (const name of rule.fields) {
    const value = get(member, name)
    if (value !== undefined) fields[name] = value
  }
  return fields
}

function withFields(first: JsonMap, second: JsonMap): JsonMap {
  return Object.assign(newMap(), first, second)
}

/** A longest rising subsequence of distinct numbers: what need not move when the rest does. */
function longestRise(numbers: readonly number[]): ReadonlySet<number> {
  const tails: number[] = []
  const previous = new Map<number, number | undefined>()
  for (const number of numbers) {
    let low = 0
    let high = tails.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((tails[middle] as number) < number) low = middle + 1
      else high = middle
    }
    previous.set(number, tails[low - 1])
    tails[low] = number
  }
  const rise = new Set<number>()
  for (let number = tails.at(-1); number !== undefined; number = previous.get(number)) rise.add(number)
  return rise
}
