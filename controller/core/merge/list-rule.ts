import { type Json, canonicalText, get, isMap, type JsonList, type JsonMap, newMap } from '../model/values.ts'
import { fieldSchema, type SchemaNode } from './merge-schema.ts'
import type { Segment } from './path.ts'

/** How a list finds its members again: by key fields, by value, or not at all. */
export type ListRule = KeyedRule | SetRule | undefined
export interface KeyedRule {
  readonly kind: 'keyed'
  readonly fields: readonly string[]
  readonly item: SchemaNode
}
export interface SetRule {
  readonly kind: 'set'
  readonly item: SchemaNode
}
export type MemberRule = KeyedRule | SetRule

/** Equal keys are the same member. One key field stands for itself, several are one text. */
export type MemberKey = string | number | boolean | null

/** Undefined iff the list is one value. A keyed list without key fields has no identity, so it is one value too. */
export function listRule(schema: SchemaNode): ListRule {
  const type = schema?.['x-kubernetes-list-type']
  if (!schema || (type !== 'set' && type !== 'map')) return undefined
  let rule = rules.get(schema)
  if (rule === undefined) rules.set(schema, (rule = readRule(schema)))
  return rule
}

/** One object a schema: what was found by a rule is known by it. */
const rules = new WeakMap<NonNullable<SchemaNode>, ListRule>()

function readRule(schema: NonNullable<SchemaNode>): ListRule {
  if (schema['x-kubernetes-list-type'] === 'set') return { kind: 'set', item: schema.items }
  const fields = schema['x-kubernetes-list-map-keys'] ?? []
  return fields.length === 0 ? undefined : { kind: 'keyed', fields, item: schema.items }
}

/**
 * Undefined iff the member has no identity: not a map, a key field that is no scalar, or no key field written although
 * they do not all have defaults.
 */
export function memberKey(member: Json, rule: MemberRule): MemberKey | undefined {
  if (rule.kind === 'set') return isScalar(member) ? member : `\u0000${canonicalText(member)}`
  if (!isMap(member)) return undefined
  if (rule.fields.length === 1) {
    const value = keyField(member, rule.fields[0] as string, rule.item)
    return value === undefined || value === null || !isScalar(value) ? undefined : value
  }
  const parts = rule.fields.map((name) => keyField(member, name, rule.item) ?? null)
  const isNamed = rule.fields.some((name) => (get(member, name) ?? null) !== null) || !parts.includes(null)
  if (!isNamed || !parts.every(isScalar)) return undefined
  return JSON.stringify(parts)
}

export function memberSegment(member: Json, rule: MemberRule): Segment {
  const segment = newMap()
  if (rule.kind === 'set') segment['='] = member
  else
    for (const name of rule.fields) {
      const value = keyField(member as JsonMap, name, rule.item)
      if (value !== undefined) segment[name] = value
    }
  return segment
}

function keyField(member: JsonMap, name: string, item: SchemaNode): Json | undefined {
  return get(member, name) ?? fieldSchema(item, name)?.default
}

function isScalar(value: Json): value is MemberKey {
  return value === null || typeof value !== 'object'
}

/** Where each member stands, or the first member that breaks identity. */
export type MemberIndex = ReadonlyMap<MemberKey, number>
export interface IdentityFault {
  readonly code: 'duplicate-key' | 'missing-key'
  readonly at: number
}

export function indexMembers(list: JsonList, rule: MemberRule): MemberIndex | IdentityFault {
  const index = new Map<MemberKey, number>()
  const name = rule.kind === 'keyed' && rule.fields.length === 1 ? rule.fields[0] : undefined
  for (let at = 0; at < list.length; at++) {
    const member = list[at] as Json
    // The usual key is one text: reading it here, without the other cases, halves what an index costs.
    const text = name !== undefined && isMap(member) ? get(member, name) : undefined
    const key = typeof text === 'string' ? text : memberKey(member, rule)
    if (key === undefined) return { code: 'missing-key', at }
    index.set(key, at)
    if (index.size !== at + 1) return { code: 'duplicate-key', at }
  }
  return index
}

export function isFault(index: MemberIndex | IdentityFault): index is IdentityFault {
  return 'code' in index
}
