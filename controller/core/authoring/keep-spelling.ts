import { applyOverlay, type SchemaNode } from '../merge/index.ts'
import { type KeyedRule, listRule, memberKey } from '../merge/list-rule.ts'
import { fieldSchema } from '../merge/merge-schema.ts'
import { equal, get, isList, isMap, type Json, type JsonList, type JsonMap, newMap } from '../model/values.ts'
import { type FitsHere, memberTombstones, tombstonesOf } from './keep-tombstones.ts'

export interface Spelling {
  /** The smallest patch that makes `result` of `onto`. */
  readonly smallest: Json
  /** What the file says now. */
  readonly present: Json
  readonly onto: Json
  readonly result: Json
  readonly schema: SchemaNode
}

/**
 * The smallest patch, in the words of the present one wherever those still do the same: a person chose an anchor or an
 * order, and a comment stands beside it. Deletions of what is not there at present stay too.
 */
export function keepSpelling({ smallest, present, onto, result, schema }: Spelling): Json {
  return keep(smallest, present, schema, (candidate) => {
    const applied = applyOverlay({ base: onto, overlay: candidate, schema })
    return applied.kind === 'applied' && equal(applied.value, result)
  })
}

function keep(fresh: Json, old: Json, schema: SchemaNode, fits: FitsHere): Json {
  if (equal(fresh, old)) return old
  if (isMap(fresh) && isMap(old)) return keepFields(fresh, old, schema, fits)
  const rule = listRule(schema)
  if (rule?.kind === 'keyed' && isList(fresh) && isList(old)) return keepMembers(fresh, old, rule, fits)
  return fits(old) ? old : fresh
}

function keepFields(fresh: JsonMap, old: JsonMap, schema: SchemaNode, fits: FitsHere): JsonMap {
  let here: JsonMap = ordered(fresh, old)
  for (const key of Object.keys(old)) {
    const [now, before] = [get(fresh, key), old[key] as Json]
    const withKey = (value: Json) => ordered(Object.assign(newMap(), here, { [key]: value }), old)
    const fitsHere: FitsHere = (candidate) => fits(withKey(candidate))
    const inner = fieldSchema(schema, key)
    if (now !== undefined) here = withKey(keep(now, before, inner, fitsHere))
    else if (!key.startsWith('$')) {
      const left = tombstonesOf(before, inner, fitsHere)
      if (left !== undefined) here = withKey(left)
    }
  }
  return here
}

function ordered(map: JsonMap, old: JsonMap): JsonMap {
  const sorted = newMap()
  for (const key of Object.keys(old)) if (Object.hasOwn(map, key)) sorted[key] = map[key] as Json
  for (const key of Object.keys(map)) sorted[key] = map[key] as Json
  return sorted
}

function keepMembers(fresh: JsonList, old: JsonList, rule: KeyedRule, fits: FitsHere): JsonList {
  const keyOf = (item: Json): string => JSON.stringify(memberKey(item, rule))
  const now = new Map(fresh.map((item) => [keyOf(item), item]))
  let here = [
    ...old.flatMap((item) => now.get(keyOf(item)) ?? []),
    ...fresh.filter((item) => !old.some((other) => keyOf(other) === keyOf(item))),
  ]
  if (!fits(here)) here = [...fresh]
  for (const before of old) {
    const at = here.findIndex((item) => keyOf(item) === keyOf(before))
    if (at < 0) {
      const left = memberTombstones(before, rule, (candidate) => fits([...here, candidate]))
      if (left !== undefined) here = [...here, left]
    } else {
      const list = here
      const kept = keepMember(list[at] as Json, before, rule, (candidate) => fits(list.with(at, candidate)))
      here = list.with(at, kept)
    }
  }
  const rank = new Map(old.map((item, at) => [keyOf(item), at]))
  const likeBefore = here.toSorted((a, b) => (rank.get(keyOf(a)) ?? old.length) - (rank.get(keyOf(b)) ?? old.length))
  return fits(likeBefore) ? likeBefore : here
}

/** As a whole where that will do: its anchor and its contents belong together. */
function keepMember(item: Json, before: Json, rule: KeyedRule, fits: FitsHere): Json {
  return isAsSmall(before, item) && fits(before) ? before : keep(item, before, rule.item, fits)
}

/** What a person undid is not kept because it happens to say what the template says too. */
function isAsSmall(old: Json, fresh: Json): boolean {
  if (isList(old)) return equal(old, fresh)
  if (!isMap(old) || !isMap(fresh)) return true
  return Object.keys(old).every(
    (key) => key.startsWith('$') || (Object.hasOwn(fresh, key) && isAsSmall(old[key] as Json, fresh[key] as Json)),
  )
}
