import { isList, isMap, type Json } from '../model/values.ts'
import { listRule, memberSegment } from './list-rule.ts'
import { fieldSchema, type SchemaNode } from './merge-schema.ts'
import type { Segment } from './path.ts'
import type { ReferenceRules } from './references.ts'

/** The keys that can be mentioned, and those that are; one may stand there twice. */
export interface ReferenceKeys {
  readonly targets: readonly string[]
  readonly mentions: readonly string[]
}

interface Found {
  readonly targets: string[]
  readonly mentions: string[]
}

/** What a document mentions and has, without places: most merges leave nothing to place. */
export function referenceKeys(value: Json, schema: SchemaNode, rules: ReferenceRules): ReferenceKeys {
  const found: Found = { targets: [], mentions: [] }
  collect(value, schema, [], rules, found)
  return found
}

function collect(value: Json, schema: SchemaNode, path: Segment[], rules: ReferenceRules, found: Found): void {
  const inside = (segment: Segment, item: Json, node: SchemaNode): void => {
    path.push(segment)
    collect(item, node, path, rules, found)
    path.pop()
  }
  if (isMap(value)) {
    for (const key in value) inside(key, value[key] as Json, fieldSchema(schema, key))
    return
  }
  if (!isList(value)) {
    for (const to of rules.mentions(path, value)) found.mentions.push(to)
    return
  }
  const rule = listRule(schema)
  const field = rule?.kind === 'keyed' && rule.fields.length === 1 && rules.isTarget(path) ? rule.fields[0] : undefined
  for (const item of value) {
    if (!rule) collect(item, schema?.items, path, rules, found)
    else if (field === undefined || !isMap(item))
      inside(isMap(item) || rule.kind === 'set' ? memberSegment(item, rule) : '', item, rule.item)
    else {
      let own = rules.remembered?.get(item)
      if (!own) {
        const key = item[field]
        const fresh: Found = { targets: typeof key === 'string' ? [key] : [], mentions: [] }
        path.push(memberSegment(item, rule))
        collect(item, rule.item, path, rules, fresh)
        path.pop()
        own = fresh
        rules.remembered?.set(item, own)
      }
      for (const key of own.targets) found.targets.push(key)
      for (const key of own.mentions) found.mentions.push(key)
    }
  }
}
