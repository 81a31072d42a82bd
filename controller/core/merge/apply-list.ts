import { get, isList, isMap, type Json, type JsonList, type JsonMap } from '../model/values.ts'
import {
  indexMembers,
  isFault,
  type KeyedRule,
  type MemberKey,
  type MemberRule,
  memberKey,
  memberSegment,
  type SetRule,
} from './list-rule.ts'
import { implicitPlaces, placeOf } from './overlay-place.ts'
import type { SchemaNode } from './merge-schema.ts'
import { has, isOn, memberDirectives } from './overlay-directives.ts'
import type { OverlayWalk } from './overlay-walk.ts'
import { type Placed, placeMembers } from './placement.ts'

/** How the content of one member is applied. */
type ApplyMember = (
  base: Json | undefined,
  change: JsonMap,
  schema: SchemaNode,
  walk: OverlayWalk,
  allowed: ReadonlySet<string>,
) => JsonMap

/** Edits never change the order; what the parent lacks is inserted beside its anchor. */
export function applyKeyedList(
  base: Json | undefined,
  overlay: JsonList | JsonMap,
  rule: KeyedRule,
  walk: OverlayWalk,
  applyMember: ApplyMember,
): Json {
  const { parent, members } = listsOf(base, overlay, rule, walk)
  if (isMap(overlay) && has(overlay, '$remove')) {
    walk.problem('misplaced-directive', 'Members of a keyed list are deleted with { key, $delete: true }.')
  }
  const old = indexed(parent, rule, walk)
  const changes = indexed(members, rule, walk)
  if (!old || !changes) return parent

  const edited = new Map<MemberKey, Json>()
  const gone = new Set<MemberKey>()
  const placed: Placed[] = []
  let implicit: ReturnType<typeof implicitPlaces> | undefined
  for (const [key, at] of changes) {
    const change = members[at] as JsonMap
    walk.at(memberSegment(change, rule), () => {
      const place = old.get(key)
      const before = place === undefined ? undefined : parent[place]
      if (isOn(change, '$delete')) {
        if (before === undefined) walk.noTarget()
        else gone.add(key)
        return
      }
      if (before === undefined && has(change, '$move')) {
        walk.noTarget()
        return
      }
      const explicit = placeOf(change, rule, walk)
      if (before === undefined) {
        implicit ??= implicitPlaces(changes, old)
        placed.push({ key, place: explicit ?? implicit(at) })
      } else if (explicit && has(change, '$move')) placed.push({ key, place: explicit })
      else if (explicit) walk.notice('redundant')
      edited.set(key, applyMember(before, change, rule.item, walk, memberDirectives))
    })
  }
  if (gone.size > 0 || placed.length > 0) {
    const values = new Map<MemberKey, Json>()
    for (const [key, at] of old) values.set(key, parent[at] as Json)
    for (const [key, value] of edited) values.set(key, value)
    return ordered(values, gone, placed, rule, walk)
  }
  const result = [...parent]
  for (const [key, value] of edited) result[old.get(key) as number] = value
  return parent === base && result.every((member, at) => member === parent[at]) ? parent : result
}

/** A deleted member holds its place until the end: it may be somebody's anchor. */
function ordered(
  values: ReadonlyMap<MemberKey, Json>,
  gone: ReadonlySet<MemberKey>,
  placed: readonly Placed[],
  rule: KeyedRule,
  walk: OverlayWalk,
): Json {
  const moving = new Set(placed.map(({ key }) => key))
  const { order, lost } = placeMembers(
    [...values.keys()].filter((key) => !moving.has(key)),
    placed,
  )
  for (const { key, wanted, used, required, cause } of lost) {
    walk.at(memberSegment(values.get(key) as Json, rule), () => {
      if (cause === 'cycle') walk.problem('anchor-cycle', 'These anchors refer to each other.')
      else if (required) walk.problem('anchor-lost', 'The required anchor is gone.')
      else walk.notice('anchor-lost', used ? { anchor: wanted.shown, used: used.shown } : { anchor: wanted.shown })
    })
  }
  return order.filter((key) => !gone.has(key)).map((key) => values.get(key) as Json)
}

/** Adds at the end, removes anywhere; the parent's order stays. */
export function applySet(base: Json | undefined, overlay: JsonList | JsonMap, rule: SetRule, walk: OverlayWalk): Json {
  const { parent, members } = listsOf(base, overlay, rule, walk)
  const old = indexed(parent, rule, walk)
  const added = indexed(members, rule, walk)
  const removals = isMap(overlay) ? (get(overlay, '$remove') ?? []) : []
  if (!isList(removals)) walk.problem('bad-directive', '$remove is a list of elements.')
  if (!old || !added || !isList(removals)) return parent
  const removed = new Set(removals.map((element) => memberKey(element, rule)))
  for (const element of removals) {
    if (!old.has(memberKey(element, rule) as MemberKey)) walk.at(memberSegment(element, rule), () => walk.noTarget())
  }
  const kept = removed.size === 0 ? parent : parent.filter((element) => !removed.has(memberKey(element, rule)))
  const fresh = members.filter((element) => !old.has(memberKey(element, rule) as MemberKey))
  return fresh.length === 0 && kept.length === parent.length && parent === base ? parent : [...kept, ...fresh]
}

/** The parent's list and the overlay's members. `{ $replace: true }` among the members forgets the parent's list. */
function listsOf(
  base: Json | undefined,
  overlay: JsonList | JsonMap,
  rule: MemberRule,
  walk: OverlayWalk,
): { parent: JsonList; members: JsonList } {
  const given = isMap(overlay) ? (get(overlay, '$add') ?? []) : overlay
  if (!isList(given)) {
    walk.problem('bad-directive', '$add is a list of members.')
    return { parent: [], members: [] }
  }
  const marked = rule.kind === 'keyed' && given.some(isMarker)
  const replace = marked || (isMap(overlay) && isOn(overlay, '$replace'))
  const members = marked ? given.filter((member) => !isMarker(member)) : given
  return { parent: isList(base) && !replace ? base : [], members }
}

function isMarker(member: Json): boolean {
  return isMap(member) && isOn(member, '$replace') && Object.keys(member).length === 1
}

function indexed(list: JsonList, rule: MemberRule, walk: OverlayWalk): ReadonlyMap<MemberKey, number> | undefined {
  const index = indexMembers(list, rule)
  if (!isFault(index)) return index
  if (index.code === 'missing-key') walk.problem('missing-key', `Member ${index.at + 1} of the list has no key.`)
  else {
    const member = list[index.at] as Json
    walk.at(memberSegment(member, rule), () => walk.problem('duplicate-key', 'This key stands in the list twice.'))
  }
  return undefined
}
