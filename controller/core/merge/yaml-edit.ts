import { equal, isList, isMap, type Json, newMap } from '../model/values.ts'
import type { SchemaNode } from './merge-schema.ts'
import { formatPath, type Path } from './path.ts'
import { readPath, schemaAt, writePath } from './read-path.ts'
import { type WriteBackResult, writeBack } from './write-back.ts'
import { readSource } from './yaml-source-read.ts'

export interface YamlEdit {
  readonly path: Path
  /** Undefined takes away what stands there. */
  readonly value: Json | undefined
}

/** The text of a document with other values at some paths, in the order given. Missing parents are made. */
export function editYaml({
  text,
  schema,
  edits,
}: {
  readonly text: string
  readonly schema: SchemaNode
  readonly edits: readonly YamlEdit[]
}): WriteBackResult {
  const reading = readSource(text.replace(/^\ufeff/, ''))
  if (reading.kind === 'unreadable') return { kind: 'failed', reason: reading.reason }
  let value = reading.source.value
  for (const { path, value: next } of edits) {
    const changed = change(value, path, schema, next)
    if (changed === undefined)
      return { kind: 'failed', reason: `\`${formatPath(path)}\` cannot be changed in this document` }
    value = changed
  }
  return writeBack({ text, value, schema })
}

/** Undefined where a parent holds something else, or the schema does not say how its items are found. */
function change(value: Json, path: Path, schema: SchemaNode, next: Json | undefined): Json | undefined {
  if (next === undefined && readPath(value, path, schema) === undefined) return value
  let whole: Json | undefined = value
  for (const [at, segment] of path.entries()) {
    const parent = readPath(whole, path.slice(0, at), schema)
    const isFree = parent === undefined || parent === null
    if (!isFree && (typeof segment === 'string' ? !isMap(parent) : !isList(parent))) return undefined
    const isMissingItem = typeof segment !== 'string' && !('=' in segment) && at + 1 < path.length
    const here = path.slice(0, at + 1)
    // A new item without its key fields would be another item.
    if (isMissingItem && readPath(whole, here, schema) === undefined)
      whole = writePath(whole, here, schema, Object.assign(newMap(), segment))
  }
  whole = writePath(whole, path, schema, next)
  const isThere = schemaAt(schema, path) !== null && equal(readPath(whole, path, schema), next)
  return isThere ? whole : undefined
}
