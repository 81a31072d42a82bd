import { type KeyedRule, listRule } from '../merge/list-rule.ts'
import { fieldSchema, type SchemaNode } from '../merge/merge-schema.ts'
import { isOn } from '../merge/overlay-directives.ts'
import { get, isList, isMap, type Json, newMap } from '../model/values.ts'

/** Whether the whole patch still does what it must with this at the spot in question. */
export type FitsHere = (candidate: Json) => boolean

/**
 * What a patch deletes that is not there at present: it must hold when the template brings it back. Undefined where
 * nothing of the kind is left.
 */
export function tombstonesOf(old: Json, schema: SchemaNode, fits: FitsHere): Json | undefined {
  if (old === null || (isMap(old) && isOn(old, '$delete'))) return fits(old) ? old : undefined
  const rule = listRule(schema)
  if (isList(old)) return rule?.kind === 'keyed' ? ofMembers(old, rule, fits) : undefined
  return isMap(old) ? ofFields(old, schema, newMap(), fits) : undefined
}

function ofMembers(old: readonly Json[], rule: KeyedRule, fits: FitsHere): Json | undefined {
  const kept: Json[] = []
  for (const member of old) {
    const left = memberTombstones(member, rule, (candidate) => fits([...kept, candidate]))
    if (left !== undefined) kept.push(left)
  }
  return kept.length > 0 ? kept : undefined
}

export function memberTombstones(member: Json, rule: KeyedRule, fits: FitsHere): Json | undefined {
  if (!isMap(member)) return undefined
  if (isOn(member, '$delete')) return fits(member) ? member : undefined
  const identity = newMap()
  for (const name of rule.fields) identity[name] = get(member, name) ?? null
  return ofFields(member, rule.item, identity, fits)
}

function ofFields(
  old: { readonly [key: string]: Json },
  schema: SchemaNode,
  start: { readonly [key: string]: Json },
  fits: FitsHere,
): Json | undefined {
  let kept = start
  for (const key of Object.keys(old)) {
    if (key.startsWith('$') || Object.hasOwn(start, key)) continue
    const withKey = (value: Json) => Object.assign(newMap(), kept, { [key]: value })
    const left = tombstonesOf(old[key] as Json, fieldSchema(schema, key), (candidate) => fits(withKey(candidate)))
    if (left !== undefined) kept = withKey(left)
  }
  return kept === start ? undefined : kept
}
