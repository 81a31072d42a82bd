import { isList, isMap, type Json } from '../model/values.ts'
import { indexMembers, isFault, listRule, memberSegment } from './list-rule.ts'
import { fieldSchema, type SchemaNode } from './merge-schema.ts'
import type { MergeProblem } from './notice.ts'
import type { Segment } from './path.ts'

/**
 * What makes a document unfit for merging: a key or element that stands in a list twice, a member without a key,
 * a value of another type than the schema's. Everything else is schema validation.
 */
export function findFaults({
  value,
  schema,
}: {
  value: Json | undefined
  schema?: SchemaNode
}): readonly MergeProblem[] {
  const problems: MergeProblem[] = []
  const path: Segment[] = []
  const report = (code: MergeProblem['code'], message: string): void => {
    problems.push({ code, path: [...path], message })
  }
  const inside = (segment: Segment, item: Json, node: SchemaNode): void => {
    path.push(segment)
    visit(item, node)
    path.pop()
  }
  const visit = (here: Json, node: SchemaNode): void => {
    if (!hasType(here, node)) report('wrong-type', `Expected ${String(node?.type)}.`)
    else if (isMap(here)) for (const key of Object.keys(here)) inside(key, here[key] as Json, fieldSchema(node, key))
    else if (isList(here)) {
      const rule = listRule(node)
      if (!rule) return
      const index = indexMembers(here, rule)
      if (!isFault(index)) for (const member of here) inside(memberSegment(member, rule), member, rule.item)
      else
        report(
          index.code,
          `Member ${index.at + 1} ${index.code === 'duplicate-key' ? 'stands here twice' : 'has no key'}.`,
        )
    }
  }
  if (value !== undefined) visit(value, schema)
  return problems
}

const kinds: Readonly<Record<string, (value: Json) => boolean>> = {
  array: isList,
  object: isMap,
  string: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
  number: (value) => typeof value === 'number',
  integer: Number.isInteger,
}

function hasType(value: Json, schema: SchemaNode): boolean {
  const type = schema?.type
  if (value === null || typeof type !== 'string' || !Object.hasOwn(kinds, type)) return true
  return kinds[type]?.(value) ?? true
}
