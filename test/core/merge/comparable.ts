import type { SchemaNode } from '../../../controller/core/merge/index.ts'
import { canonicalText, isList, isMap, type Json } from '../../../controller/core/model/values.ts'

/** A document as the cases compare it: keys unordered, sets by value, keyed lists in order only where it counts. */
export function comparable(
  value: Json | undefined,
  schema: SchemaNode,
  how: { readonly ordered: boolean; readonly dropEmpty?: boolean },
): unknown {
  if (value === undefined) return undefined
  if (isList(value)) {
    const items = value.map((item) => comparable(item, schema?.items, how) as Json)
    const type = schema?.['x-kubernetes-list-type']
    const isSet = type === 'set' || (type === 'map' && !how.ordered)
    return isSet ? items.toSorted((a, b) => (canonicalText(a) < canonicalText(b) ? -1 : 1)) : items
  }
  if (!isMap(value)) return value
  const entries = Object.keys(value).map((key): [string, unknown] => {
    const field = schema?.properties && Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined
    const extra = typeof schema?.additionalProperties === 'object' ? schema.additionalProperties : undefined
    return [key, comparable(value[key], field ?? extra, how)]
  })
  return Object.fromEntries(how.dropEmpty ? entries.filter(([, item]) => !isEmpty(item)) : entries)
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}
