import type { KindName } from './generated/kinds.ts'
import { openApiSchemas } from './generated/merge-schemas.ts'

/** A node of a kind's schema with its merge rules; a cyclic graph where items are the same as those of another list. */
export interface KindSchema {
  readonly type?: string
  readonly properties?: { readonly [name: string]: KindSchema }
  readonly items?: KindSchema
  readonly additionalProperties?: KindSchema
  readonly [keyword: string]: unknown
}

const tied = new Map<KindName, KindSchema>()

/** The schema of a kind, with `x-headwater-same-as` resolved to the very object it names. */
export function schemaOf(kind: KindName): KindSchema {
  let schema = tied.get(kind)
  if (!schema) {
    schema = openApiSchemas[kind] as KindSchema
    tie(schema, schema)
    tied.set(kind, schema)
  }
  return schema
}

function tie(root: KindSchema, node: { -readonly [K in keyof KindSchema]: KindSchema[K] }): void {
  if (node.items) {
    const sameAs = node.items['x-headwater-same-as']
    if (typeof sameAs === 'string') {
      node.items = listAt(root, sameAs).items as KindSchema
      return
    }
    tie(root, node.items)
  }
  for (const child of Object.values(node.properties ?? {})) tie(root, child)
  if (node.additionalProperties) tie(root, node.additionalProperties)
}

function listAt(root: KindSchema, path: string): KindSchema {
  return path
    .split('.')
    .reduce((node, name) => (node.properties as Record<string, KindSchema>)[name] as KindSchema, root)
}
