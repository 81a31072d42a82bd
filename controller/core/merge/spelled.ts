import { isList, isMap, type Json, newMap } from '../model/values.ts'
import { listRule } from './list-rule.ts'
import { fieldSchema, type SchemaNode } from './merge-schema.ts'
import { toOverlayKey } from './overlay-directives.ts'

/** A value as an overlay has to write it: nulls and keys that look like directives would not mean themselves. */
export function spelled(value: Json, schema: SchemaNode): Json {
  if (value === null) return { $null: true }
  if (isMap(value)) {
    const overlay = newMap()
    for (const key of Object.keys(value))
      overlay[toOverlayKey(key)] = spelled(value[key] as Json, fieldSchema(schema, key))
    return overlay
  }
  if (isList(value) && listRule(schema)?.kind === 'keyed') return value.map((member) => spelled(member, schema?.items))
  return value
}
