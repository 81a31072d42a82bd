import { equal, get, isList, isMap, type Json, type JsonMap, newMap } from '../model/values.ts'
import { extractKeyedList, extractSet } from './extract-list.ts'
import { indexMembers, isFault, listRule } from './list-rule.ts'
import { fieldSchema, isAtomicMap, type SchemaNode } from './merge-schema.ts'
import { toOverlayKey } from './overlay-directives.ts'
import { spelled } from './spelled.ts'

/**
 * The smallest overlay that turns base into ours, the order of lists included; undefined iff they are equal.
 * What ours lacks becomes a tombstone. Both documents must be free of faults (`findFaults`).
 */
export function extractOverlay(input: {
  base: Json | undefined
  ours: Json | undefined
  schema?: SchemaNode
}): Json | undefined {
  const { base, ours, schema } = input
  return ours === undefined && base !== undefined ? { $delete: true } : extractNode(base, ours, schema)
}

function extractNode(base: Json | undefined, ours: Json | undefined, schema: SchemaNode): Json | undefined {
  if (equal(base, ours)) return undefined
  if (ours === undefined) return null
  if (isMap(base) && isMap(ours) && !isAtomicMap(schema)) return extractMap(base, ours, schema)
  const rule = listRule(schema)
  if (rule && isList(base) && isList(ours)) {
    const old = indexMembers(base, rule)
    const now = indexMembers(ours, rule)
    if (isFault(old) || isFault(now)) return { $replace: true, $add: spelled(ours, schema) }
    return rule.kind === 'set'
      ? extractSet(base, ours, old, now)
      : extractKeyedList(base, ours, old, now, rule, extractMap)
  }
  return spelled(ours, schema)
}

function extractMap(base: JsonMap, ours: JsonMap, schema: SchemaNode): JsonMap {
  const overlay = newMap()
  for (const key of new Set([...Object.keys(base), ...Object.keys(ours)])) {
    const change = extractNode(get(base, key), get(ours, key), fieldSchema(schema, key))
    if (change !== undefined) overlay[toOverlayKey(key)] = change
  }
  return overlay
}
