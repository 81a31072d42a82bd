import { isList, isMap, type Json, newMap } from '../model/values.ts'
import { fieldSchema, type SchemaNode } from './merge-schema.ts'

/** The same document without its null fields, except those whose schema is `nullable`. Elements of lists stay. */
export function dropNulls(value: Json, schema: SchemaNode): Json {
  if (isList(value)) {
    const kept = value.map((item) => dropNulls(item, schema?.items))
    return kept.every((item, at) => item === value[at]) ? value : kept
  }
  if (!isMap(value)) return value
  const result = newMap()
  let changed = false
  for (const key of Object.keys(value)) {
    const before = value[key] as Json
    const field = fieldSchema(schema, key)
    const dropped = before === null && field?.nullable !== true
    const after = dropped ? before : dropNulls(before, field)
    if (dropped || after !== before) changed = true
    if (!dropped) result[key] = after
  }
  return changed ? result : value
}
