import { childSchema, isSet, listKeys } from './schema-walk.ts'
import type { KindSchema } from './schemas.ts'
import { type Json, canonicalText, get, isList, isMap } from './values.ts'

export interface DuplicateItem {
  /** Path of the list. */
  readonly list: readonly (string | number)[]
  readonly first: number
  readonly second: number
  /** The key of the item in words, such as `id: isolate`. */
  readonly name: string
}

/** Items with equal key in lists that the schema keys, and equal elements of sets. */
export function findDuplicateItems(root: KindSchema, value: Json): DuplicateItem[] {
  const found: DuplicateItem[] = []
  const path: (string | number)[] = []
  const visit = (schema: KindSchema, node: Json | undefined): void => {
    if (typeof node !== 'object' || node === null) return
    if (isList(node)) {
      compareItems(schema, node, path, found)
      for (let index = 0; index < node.length; index++) visitChild(schema, index, node[index])
    } else {
      for (const key in node) visitChild(schema, key, node[key])
    }
  }
  const visitChild = (schema: KindSchema, key: string | number, child: Json | undefined): void => {
    const below = childSchema(schema, key)
    if (!below || !holdsLists(below)) return
    path.push(key)
    visit(below, child)
    path.pop()
  }
  visit(root, value)
  return found
}

const known = new WeakMap<KindSchema, boolean>()

/** Whether lists to look at stand anywhere below: most of a document needs no visit. */
function holdsLists(schema: KindSchema): boolean {
  let answer = known.get(schema)
  if (answer === undefined) {
    answer = reachesList(schema, new Set())
    known.set(schema, answer)
  }
  return answer
}

/** Schemas are cyclic: the steps of a block are steps. */
function reachesList(schema: KindSchema, seen: Set<KindSchema>): boolean {
  if (seen.has(schema)) return false
  seen.add(schema)
  if (listKeys(schema) || isSet(schema)) return true
  const { properties = {}, items, additionalProperties } = schema
  return [...Object.values(properties), items, additionalProperties].some((child) => child && reachesList(child, seen))
}

function compareItems(
  schema: KindSchema,
  list: readonly Json[],
  path: DuplicateItem['list'],
  found: DuplicateItem[],
): void {
  const keys = listKeys(schema)
  if ((!keys && !isSet(schema)) || areNamedApart(list, keys)) return
  const seen = new Map<string, number>()
  for (const [second, item] of list.entries()) {
    const identity = keys ? keyValues(item, keys) : [item]
    if (!identity) continue
    const [only] = identity
    // A list's text cannot be mistaken for a name, it begins with a NUL.
    const text = typeof only === 'string' && identity.length === 1 ? only : `\0${canonicalText(identity)}`
    const first = seen.get(text)
    if (first === undefined) seen.set(text, second)
    else found.push({ list: [...path], first, second, name: nameOf(keys, identity) })
  }
}

/** Up to so many names are compared with one another: a table of them takes longer to make. */
const few = 8

/** Quick yes for a short list whose items have one text for a name each, all of them different. */
function areNamedApart(list: readonly Json[], keys: readonly string[] | undefined): boolean {
  if (list.length > few || (keys && keys.length !== 1)) return false
  const key = keys?.[0]
  const names: Json[] = []
  for (const item of list) {
    const name = key === undefined ? item : isMap(item) ? get(item, key) : undefined
    if (typeof name !== 'string' || names.includes(name)) return false
    names.push(name)
  }
  return true
}

/** Undefined for an item without its keys, which the schema reports. */
function keyValues(item: Json, keys: readonly string[]): Json[] | undefined {
  const values: Json[] = []
  for (const key of keys) {
    const value = isMap(item) ? get(item, key) : undefined
    if (value === undefined) return undefined
    values.push(value)
  }
  return values
}

function nameOf(keys: readonly string[] | undefined, identity: readonly Json[]): string {
  const texts = identity.map((value) => (typeof value === 'string' ? value : canonicalText(value)))
  return texts.map((text, at) => (keys ? `${keys[at]}: ${text}` : text)).join(', ')
}
