import type { FieldSegment } from './field-path.ts'
import { formatFieldPath } from './field-path.ts'
import { type Place, type Problem, type ProblemCode, problem } from './problems.ts'
import { childSchema, listKeys } from './schema-walk.ts'
import type { KindSchema } from './schemas.ts'
import { type Json, type JsonMap, get, isList, isMap, newMap } from './values.ts'

export type DataPath = readonly (string | number)[]

/** What is wrong with a value, before it is known where the value stands in a file. */
export interface Finding {
  readonly code: ProblemCode
  readonly message: string
  readonly hint?: string | undefined
  /** Path of the field the problem is about. */
  readonly path: DataPath
  /** What to point at: the key of the field, its value, or, for a field that is missing, what should hold it. */
  readonly mark: 'key' | 'value' | 'parent'
}

/** Where a value stands in the file that it was read from. */
export interface Whereabouts {
  readonly keyOffset: (path: DataPath) => number
  readonly valueOffset: (path: DataPath) => number
  readonly placeAt: (offset: number) => Place
  /** The text of a scalar as it was written, without quotes. */
  readonly written: (path: DataPath) => string | undefined
}

export function toProblem(
  finding: Finding,
  root: KindSchema | undefined,
  value: Json,
  where: Whereabouts | undefined,
): Problem {
  const path = formatFieldPath(keyedPath(finding.path, root, value))
  const place = where?.placeAt(offsetOf(finding, where))
  return problem(finding.code, finding.message, {
    path,
    ...(place ? { place } : {}),
    ...(finding.hint ? { hint: finding.hint } : {}),
  })
}

function offsetOf({ mark, path }: Pick<Finding, 'mark' | 'path'>, where: Whereabouts): number {
  if (mark === 'value') return where.valueOffset(path)
  return where.keyOffset(mark === 'parent' ? path.slice(0, -1) : path)
}

export function valueAt(value: Json, path: DataPath): Json | undefined {
  let node: Json | undefined = value
  for (const key of path) {
    if (isList(node)) node = typeof key === 'number' ? node[key] : undefined
    else node = isMap(node) ? get(node, String(key)) : undefined
  }
  return node
}

/** An index says little once someone has inserted an item, so items of keyed lists are named by their keys. */
function keyedPath(path: DataPath, root: KindSchema | undefined, value: Json): FieldSegment[] {
  let schema = root
  let node: Json | undefined = value
  return path.map((key) => {
    const keys = listKeys(schema)
    schema = childSchema(schema, key)
    node = node === undefined ? undefined : valueAt(node, [key])
    return (typeof key === 'number' && keys && keyFields(node, keys)) || key
  })
}

function keyFields(item: Json | undefined, keys: readonly string[]): JsonMap | undefined {
  if (!isMap(item)) return undefined
  const fields = newMap()
  for (const key of keys) {
    const field = get(item, key)
    if (typeof field !== 'string' && typeof field !== 'number') return undefined
    fields[key] = field
  }
  return fields
}
