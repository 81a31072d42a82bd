import { openApiSchemas } from './generated/merge-schemas.ts'
import type { KindName } from './generated/kinds.ts'

/** What the gate reads of an openAPIV3Schema. */
export interface FieldSchema {
  readonly type?: string
  readonly properties?: { readonly [name: string]: FieldSchema }
  readonly additionalProperties?: FieldSchema
  readonly items?: FieldSchema
  readonly 'x-kubernetes-list-type'?: string
  readonly 'x-kubernetes-list-map-keys'?: readonly string[]
  readonly 'x-headwater-same-as'?: string
}

export function schemaOf(kind: KindName): FieldSchema {
  return openApiSchemas[kind] as FieldSchema
}

/** The schema of a field or, where `key` is a number, of a list's items; undefined where nothing is declared. */
export function childSchema(
  root: FieldSchema,
  schema: FieldSchema | undefined,
  key: string | number,
): FieldSchema | undefined {
  const child = typeof key === 'number' ? schema?.items : fieldSchema(schema, key)
  return child?.['x-headwater-same-as'] ? followReference(root, child['x-headwater-same-as']) : child
}

function fieldSchema(schema: FieldSchema | undefined, name: string): FieldSchema | undefined {
  const { properties, additionalProperties } = schema ?? {}
  return properties && Object.hasOwn(properties, name) ? properties[name] : additionalProperties
}

/** `x-headwater-same-as: spec.steps` says that items are like those of the list at that path; a CRD cannot refer to itself. */
function followReference(root: FieldSchema, path: string): FieldSchema | undefined {
  const list = path.split('.').reduce<FieldSchema | undefined>((schema, name) => fieldSchema(schema, name), root)
  return list?.items
}
