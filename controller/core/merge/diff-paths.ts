import { equal, get, isList, isMap, type Json, type JsonList, type JsonMap } from '../model/values.ts'
import { indexMembers, isFault, listRule, type MemberRule, memberSegment } from './list-rule.ts'
import { fieldSchema, isAtomicMap, type SchemaNode } from './merge-schema.ts'
import type { Path, Segment } from './path.ts'

export interface PathDiff {
  readonly added: readonly Path[]
  readonly removed: readonly Path[]
  readonly modified: readonly Path[]
  /** Keyed lists and sets whose remaining members stand in another order. */
  readonly reordered: readonly Path[]
}

/**
 * What changed from one document to another, as paths.
 * A path is added iff it exists only in `to`, and then everything inside it is listed too; removed is the mirror image.
 * It is modified iff it is one value on both sides (a scalar, an atomic list or map, two empty containers of different
 * kinds) and the values differ, or if it changed between scalar, map and list.
 */
export function diffPaths({
  from,
  to,
  schema,
}: {
  from: Json | undefined
  to: Json | undefined
  schema?: SchemaNode
}): PathDiff {
  const walk = new DiffWalk()
  walk.node(from, to, schema)
  return walk.diff
}

class DiffWalk {
  readonly diff = { added: [] as Path[], removed: [] as Path[], modified: [] as Path[], reordered: [] as Path[] }
  readonly #path: Segment[] = []

  node(from: Json | undefined, to: Json | undefined, schema: SchemaNode): void {
    if (from === to) return
    if (from === undefined) this.#whole(this.diff.added, to as Json, schema)
    else if (to === undefined) this.#whole(this.diff.removed, from, schema)
    else if (isMap(from) && isMap(to) && !isAtomicMap(schema)) this.#map(from, to, schema)
    else if (isList(from) && isList(to)) this.#list(from, to, schema)
    else if (!equal(from, to)) this.#replaced(from, to, schema)
  }

  #map(from: JsonMap, to: JsonMap, schema: SchemaNode): void {
    for (const key of Object.keys(from))
      this.#step(key, () => this.node(get(from, key), get(to, key), fieldSchema(schema, key)))
    for (const key of Object.keys(to)) {
      if (get(from, key) === undefined)
        this.#step(key, () => this.node(undefined, get(to, key), fieldSchema(schema, key)))
    }
  }

  #list(from: JsonList, to: JsonList, schema: SchemaNode): void {
    const rule = listRule(schema)
    const old = rule && indexMembers(from, rule)
    const now = rule && indexMembers(to, rule)
    if (!rule || !old || !now || isFault(old) || isFault(now)) {
      if (!equal(from, to)) this.diff.modified.push([...this.#path])
      return
    }
    let last = -1
    let reordered = false
    for (const [key, at] of old) {
      const other = now.get(key)
      if (other !== undefined && other < last) reordered = true
      if (other !== undefined) last = Math.max(last, other)
      this.#member(from[at] as Json, from[at], other === undefined ? undefined : to[other], rule)
    }
    for (const [key, at] of now) if (!old.has(key)) this.#member(to[at] as Json, undefined, to[at], rule)
    if (reordered) this.diff.reordered.push([...this.#path])
  }

  #member(named: Json, from: Json | undefined, to: Json | undefined, rule: MemberRule): void {
    if (from !== undefined && to !== undefined && equal(from, to)) return
    this.#step(memberSegment(named, rule), () => this.node(from, to, rule.item))
  }

  /**
   * Between a map and a list of members, or null and a filled map, what is inside says it all. Every other change of
   * kind also modifies the place itself.
   */
  #replaced(from: Json, to: Json, schema: SchemaNode): void {
    this.#inside(this.diff.removed, from, schema)
    this.#inside(this.diff.added, to, schema)
    const said = (isFilled(from, schema) && isFilled(to, schema)) || isFilledMapOrNull(from, to, schema)
    if (!said) this.diff.modified.push([...this.#path])
  }

  #whole(paths: Path[], value: Json, schema: SchemaNode): void {
    paths.push([...this.#path])
    this.#inside(paths, value, schema)
  }

  #inside(paths: Path[], value: Json, schema: SchemaNode): void {
    if (isMap(value) && !isAtomicMap(schema)) {
      for (const key of Object.keys(value))
        this.#step(key, () => this.#whole(paths, value[key] as Json, fieldSchema(schema, key)))
    } else if (isList(value)) {
      const rule = listRule(schema)
      if (!rule || isFault(indexMembers(value, rule))) return
      for (const member of value) this.#step(memberSegment(member, rule), () => this.#whole(paths, member, rule.item))
    }
  }

  #step(segment: Segment, visit: () => void): void {
    this.#path.push(segment)
    visit()
    this.#path.pop()
  }
}

function isFilled(value: Json, schema: SchemaNode): boolean {
  if (isList(value)) return value.length > 0 && listRule(schema) !== undefined
  return isMap(value) && !isAtomicMap(schema) && Object.keys(value).length > 0
}

function isFilledMapOrNull(from: Json, to: Json, schema: SchemaNode): boolean {
  const other = from === null ? to : to === null ? from : undefined
  return isMap(other) && isFilled(other, schema)
}
