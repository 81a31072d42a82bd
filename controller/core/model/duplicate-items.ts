import { type Json, canonicalText, get, isList, isMap } from './values.ts'
import { type FieldSchema, childSchema } from './schema-walk.ts'

export interface DuplicateItem {
  /** Path of the list. */
  readonly list: readonly (string | number)[]
  readonly first: number
  readonly second: number
  /** The key of the item in words, such as `id: isolate`. */
  readonly name: string
}

/** Items with equal key in lists that the schema keys, and equal elements of sets. */
export function findDuplicateItems(root: FieldSchema, value: Json): DuplicateItem[] {
  const found: DuplicateItem[] = []
  const path: (string | number)[] = []
  const visit = (schema: FieldSchema, node: Json): void => {
    if (isList(node)) compareItems(schema, node, path, found)
    if (typeof node !== 'object' || node === null) return
    const keys = isList(node) ? node.keys() : Object.keys(node)
    for (const key of keys) {
      const child = childSchema(root, schema, key)
      if (!child) continue
      path.push(key)
      visit(child, (node as Record<string | number, Json>)[key] as Json)
      path.pop()
    }
  }
  visit(root, value)
  return found
}

function compareItems(
  schema: FieldSchema,
  list: readonly Json[],
  path: readonly (string | number)[],
  found: DuplicateItem[],
): void {
  const keys = schema['x-kubernetes-list-type'] === 'map' ? schema['x-kubernetes-list-map-keys'] : undefined
  if (!keys && schema['x-kubernetes-list-type'] !== 'set') return
  const seen = new Map<string, number>()
  for (const [second, item] of list.entries()) {
    const identity = keys ? identityOf(item, keys) : canonicalText(item)
    if (identity === undefined) continue
    const first = seen.get(identity)
    if (first === undefined) seen.set(identity, second)
    else found.push({ list: [...path], first, second, name: keys ? nameOf(item, keys) : identity })
  }
}

/** Undefined for an item without its keys, which the schema reports. */
function identityOf(item: Json, keys: readonly string[]): string | undefined {
  if (!isMap(item)) return undefined
  const values = keys.map((key) => get(item, key))
  return values.includes(undefined) ? undefined : canonicalText(values as Json[])
}

function nameOf(item: Json, keys: readonly string[]): string {
  return isMap(item) ? keys.map((key) => `${key}: ${String(get(item, key))}`).join(', ') : ''
}
