import { get, isList, isMap, type Json, newMap } from '../model/values.ts'
import { listRule, memberKey, type MemberRule } from './list-rule.ts'
import { fieldSchema, type SchemaNode } from './merge-schema.ts'
import type { Path, Segment } from './path.ts'

/** The value at a path; undefined where the path leads nowhere. */
export function readPath(value: Json | undefined, path: Path, schema: SchemaNode): Json | undefined {
  let here: Json | undefined = value
  let node = schema
  for (const segment of path) {
    if (here === undefined) return undefined
    if (typeof segment === 'string') {
      here = isMap(here) ? get(here, segment) : undefined
      node = fieldSchema(node, segment)
    } else {
      const rule = listRule(node)
      const at: number = rule && isList(here) ? memberAt(here, segment, rule) : -1
      here = at < 0 ? undefined : (here as readonly Json[])[at]
      node = rule?.item
    }
  }
  return here
}

function memberAt(list: readonly Json[], segment: Exclude<Segment, string>, rule: MemberRule): number {
  const wanted = memberKey(rule.kind === 'set' ? (segment['='] ?? null) : segment, rule)
  return wanted === undefined ? -1 : list.findIndex((member) => memberKey(member, rule) === wanted)
}

/**
 * A copy with another value at the path; undefined takes it away. Missing containers are made on the way.
 * A new member of a list stands at its end.
 */
export function writePath(
  value: Json | undefined,
  path: Path,
  schema: SchemaNode,
  next: Json | undefined,
): Json | undefined {
  const [segment, ...rest] = path
  if (segment === undefined) return next
  if (typeof segment === 'string') {
    const before = isMap(value) ? value : newMap()
    const inside = writePath(get(before, segment), rest, fieldSchema(schema, segment), next)
    const copy = newMap()
    for (const key of Object.keys(before)) if (key !== segment || inside !== undefined) copy[key] = before[key] as Json
    if (inside !== undefined) copy[segment] = inside
    return copy
  }
  const rule = listRule(schema)
  if (!rule) return value
  const list = isList(value) ? value : []
  const at = memberAt(list, segment, rule)
  const inside = writePath(at < 0 ? undefined : list[at], rest, rule.item, next)
  if (inside === undefined) return at < 0 ? list : list.toSpliced(at, 1)
  return at < 0 ? [...list, inside] : list.with(at, inside)
}

/** The schema of what stands at a path. */
export function schemaAt(schema: SchemaNode, path: Path): SchemaNode {
  return path.reduce(
    (node, segment) => (typeof segment === 'string' ? fieldSchema(node, segment) : node?.items),
    schema,
  )
}
