import { equal, type Json, type JsonList } from '../model/values.ts'
import type { Side, SideFault } from './conflict.ts'
import { indexMembers, isFault, type MemberIndex, type MemberKey, type MemberRule, memberSegment } from './list-rule.ts'
import { mergeOrder } from './member-order.ts'
import type { SchemaNode } from './merge-schema.ts'
import type { MergeWalk, OrderPolicy, Value } from './merge-walk.ts'
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
  const values = mergeContents(walk, sides, indexes as Indexes, rule)
  const merged = orderMembers(walk, sides, indexes as Indexes, values, orderPolicy(walk, rule, schema))
  return isSameList(merged, sides.ours) ? sides.ours : merged
}

function indexSides(sides: ListSides, rule: MemberRule): Indexes | readonly SideFault[] {
  const base = indexMembers(sides.base ?? [], rule)
  const ours = indexMembers(sides.ours ?? [], rule)
  const theirs = indexMembers(sides.theirs ?? [], rule)
  if (!isFault(base) && !isFault(ours) && !isFault(theirs)) return { base, ours, theirs }
  return Object.entries({ base, ours, theirs }).flatMap(([side, index]) =>
    isFault(index) ? [{ ...index, side: side as Side }] : [],
  )
}

/** The members that survive: ours in their order, then theirs. */
function mergeContents(walk: MergeWalk, sides: ListSides, indexes: Indexes, rule: MemberRule): Map<MemberKey, Json> {
  const values = new Map<MemberKey, Json>()
  const member = (side: Side, key: MemberKey): Value => {
    const at = indexes[side].get(key)
    return at === undefined ? undefined : sides[side]?.[at]
  }
  const merge = (key: MemberKey, base: Value, ours: Value, theirs: Value): void => {
    const value = mergeMember(walk, { key, base, ours, theirs }, sides, indexes, rule)
    if (value !== undefined) values.set(key, value)
  }
  for (const key of indexes.ours.keys()) merge(key, member('base', key), member('ours', key), member('theirs', key))
  for (const key of indexes.theirs.keys()) {
    if (!indexes.ours.has(key)) merge(key, member('base', key), undefined, member('theirs', key))
  }
  return values
}

interface MemberSides {
  readonly key: MemberKey
  readonly base: Value
  readonly ours: Value
  readonly theirs: Value
}

function mergeMember(walk: MergeWalk, at: MemberSides, sides: ListSides, indexes: Indexes, rule: MemberRule): Value {
  const { base, ours, theirs } = at
  const present = ours ?? theirs
  if (present === undefined) return undefined
  if (ours !== undefined && theirs !== undefined) {
    return equal(ours, theirs) ? ours : walk.at(memberSegment(present, rule), base, ours, theirs, rule.item)
  }
  if (base === undefined) return present
  if (rule.kind === 'set' || equal(base, present)) return undefined
  const deleter = ours === undefined ? 'ours' : 'theirs'
  const hint = renameHint(base, sides[deleter] ?? [], indexes, deleter, rule)
  return walk.conflict('delete/edit', base, ours, theirs, {
    segment: memberSegment(present, rule),
    ...(hint && { renameHint: hint }),
  })
}

function orderMembers(
  walk: MergeWalk,
  sides: ListSides,
  indexes: Indexes,
  values: ReadonlyMap<MemberKey, Json>,
  policy: OrderPolicy,
): Value {
  const input = {
    ours: [...indexes.ours.keys()].filter((key) => values.has(key)),
    theirs: [...indexes.theirs.keys()].filter((key) => values.has(key)),
    base: indexes.base,
    oursIndex: indexes.ours,
    theirsIndex: indexes.theirs,
  }
  const list = (order: readonly MemberKey[]): Json => order.map((key) => values.get(key) as Json)
  const { order, verdict } = mergeOrder(input, 'ours')
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
    return answer === theirs ? list(mergeOrder(input, 'theirs').order) : answer
  }
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
