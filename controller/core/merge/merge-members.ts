import { equal, type Json, type JsonList } from '../model/values.ts'
import { Recent } from '../model/recent.ts'
import type { Side, SideFault } from './conflict.ts'
import { indexMembers, isFault, type MemberIndex, type MemberKey, type MemberRule, memberSegment } from './list-rule.ts'
import { mergeOrder, type OrderInput } from './member-order.ts'
import type { SchemaNode } from './merge-schema.ts'
import type { MergeWalk, OrderPolicy, Value } from './merge-walk.ts'
import { placeBehind, placeMembers } from './placement.ts'
import { renameHint } from './rename-hint.ts'

export interface ListSides {
  readonly base: JsonList | undefined
  readonly ours: JsonList | undefined
  readonly theirs: JsonList | undefined
}
type Indexes = Readonly<Record<Side, MemberIndex>>

/**
 * Merges keyed lists and sets: first which members there are and what is in them, whatever their place, then their order.
 * A member is deleted iff one side deleted it and the other left it as it was; of a set, iff one side deleted it.
 */
export function mergeMembers(walk: MergeWalk, sides: ListSides, rule: MemberRule, schema: SchemaNode): Value {
  const indexes = indexSides(sides, rule)
  if (Array.isArray(indexes)) {
    const broken = new Set<string>((indexes as readonly SideFault[]).map(({ side }) => side))
    const whole = (['ours', 'theirs', 'base'] as const).filter((side) => !broken.has(side))
    return walk.conflict('invalid', sides.base, sides.ours, sides.theirs, {
      faults: indexes,
      resolutions: [...whole, 'value'],
    })
  }
  const contents = mergeContents(walk, sides, indexes as Indexes, rule)
  const merged = orderMembers(walk, sides, contents, orderPolicy(walk, rule, schema))
  return isSameList(merged, sides.ours) ? sides.ours : merged
}

function indexSides(sides: ListSides, rule: MemberRule): Indexes | readonly SideFault[] {
  const base = indexOfMany(sides.base ?? none, rule)
  const ours = indexMembers(sides.ours ?? none, rule)
  const theirs = indexOfMany(sides.theirs ?? none, rule)
  if (!isFault(base) && !isFault(ours) && !isFault(theirs)) return { base, ours, theirs }
  return Object.entries({ base, ours, theirs }).flatMap(([side, index]) =>
    isFault(index) ? [{ ...index, side: side as Side }] : [],
  )
}

const none: JsonList = []
const recent = new Recent<JsonList, { readonly rule: MemberRule; readonly index: ReturnType<typeof indexMembers> }>(200)

/** Of a list that many merges have in common, as those of a release: their tenants merge with it one after the other. */
function indexOfMany(list: JsonList, rule: MemberRule): ReturnType<typeof indexMembers> {
  const known = recent.of(list, () => ({ rule, index: indexMembers(list, rule) }))
  return known.rule === rule ? known.index : indexMembers(list, rule)
}

interface Contents extends OrderInput {
  readonly valueOf: (survivor: MemberKey) => Json
  /** Survivors that one side deleted and the other edited. */
  readonly disputed: readonly MemberKey[]
}

/** What the surviving members hold, and where each side has them. */
function mergeContents(walk: MergeWalk, sides: ListSides, indexes: Indexes, rule: MemberRule): Contents {
  const [ours, theirs, disputed]: [MemberKey[], MemberKey[], MemberKey[]] = [[], [], []]
  /** By place in ours; members that ours lacks by place in theirs. */
  const [kept, added]: [Value[], Value[]] = [[], []]
  for (const [key, at] of indexes.ours) {
    const mine = sides.ours?.[at] as Json
    const other = memberOf(sides.theirs, indexes.theirs, key)
    const old = memberOf(sides.base, indexes.base, key)
    const value =
      other === undefined
        ? mergeDeleted(walk, mine, old, 'theirs', sides, indexes, rule)
        : walk.member(old, mine, other, rule)
    kept.push(value)
    if (value === undefined) continue
    if (other === undefined && old !== undefined) disputed.push(key)
    else ours.push(key)
  }
  for (const [key, at] of indexes.theirs) {
    const mine = indexes.ours.get(key)
    if (mine === undefined) {
      const old = memberOf(sides.base, indexes.base, key)
      const value = mergeDeleted(walk, sides.theirs?.[at] as Json, old, 'ours', sides, indexes, rule)
      added[at] = value
      if (value === undefined) continue
      if (old !== undefined) disputed.push(key)
      else theirs.push(key)
    } else if (kept[mine] !== undefined) theirs.push(key)
  }
  const valueOf = (key: MemberKey): Json => {
    const mine = indexes.ours.get(key)
    return (mine === undefined ? added[indexes.theirs.get(key) as number] : kept[mine]) as Json
  }
  return { valueOf, disputed, ours, theirs, base: indexes.base, oursIndex: indexes.ours, theirsIndex: indexes.theirs }
}

function memberOf(list: JsonList | undefined, index: MemberIndex, key: MemberKey): Value {
  const at = index.get(key)
  return at === undefined ? undefined : list?.[at]
}

/** A member that one side lacks: the other side added it, or it is deleted unless the other side edited it. */
function mergeDeleted(
  walk: MergeWalk,
  present: Json,
  base: Value,
  lacking: 'ours' | 'theirs',
  sides: ListSides,
  indexes: Indexes,
  rule: MemberRule,
): Value {
  if (base === undefined) return present
  if (rule.kind === 'set' || equal(base, present)) return undefined
  const hint = renameHint(base, sides[lacking] ?? [], indexes, lacking, rule)
  const detail = { segment: memberSegment(present, rule), ...(hint && { renameHint: hint }) }
  return lacking === 'ours'
    ? walk.conflict('delete/edit', base, undefined, present, detail)
    : walk.conflict('delete/edit', base, present, undefined, detail)
}

function orderMembers(walk: MergeWalk, sides: ListSides, contents: Contents, policy: OrderPolicy): Value {
  const list = (order: readonly MemberKey[]): Json => withDisputed(order, contents).map(contents.valueOf)
  const { order, verdict } = mergeOrder(contents, 'ours')
  const isConflict =
    policy !== 'insignificant' && (verdict === 'contradictory' || (verdict === 'ambiguous' && policy === 'strict'))
  if (isConflict) return orderConflict()
  if (verdict === 'ambiguous' && policy === 'significant') walk.notice('order-ambiguous')
  return list(order)

  /** Only the order is in question: either answer keeps all members. */
  function orderConflict(): Value {
    const { base, ours, theirs } = sides
    const answer = walk.conflict('order', base, ours, theirs, { resolutions: ['ours', 'theirs', 'value'] })
    if (answer === ours) return list(order)
    return answer === theirs ? list(mergeOrder(contents, 'theirs').order) : answer
  }
}

/**
 * Whether a disputed member exists is for a person to say, so it has no vote on the order: otherwise who is called
 * ours would change which conflicts there are, and a decision could raise the next. It stands behind the neighbour
 * that it has on its own side.
 */
function withDisputed(order: readonly MemberKey[], contents: Contents): readonly MemberKey[] {
  if (contents.disputed.length === 0) return order
  const known = new Set(order)
  const disputed = new Set(contents.disputed)
  const placed = [contents.oursIndex, contents.theirsIndex].flatMap((side) => placeBehind(side.keys(), disputed, known))
  return placeMembers(order, placed).order
}

/** Nobody reads an order into a set, unless its schema says so. */
function orderPolicy(walk: MergeWalk, rule: MemberRule, schema: SchemaNode): OrderPolicy {
  const own = schema?.['x-merge-order']
  if (rule.kind === 'set') return own === 'strict' ? 'strict' : 'insignificant'
  if (own === 'strict' || own === 'significant' || own === 'insignificant') return own
  return walk.options.order ?? 'significant'
}

function isSameList(merged: Value, ours: JsonList | undefined): boolean {
  return Array.isArray(merged) && merged.length === ours?.length && merged.every((member, at) => member === ours[at])
}
