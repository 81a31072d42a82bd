import { equal, get, type Json, type JsonMap } from '../model/values.ts'

/**
 * What merging reads of an openAPIV3Schema fragment. It may be a cyclic graph (nested steps point back at steps),
 * so it is walked along with the document and never on its own.
 */
export interface MergeSchema {
  readonly type?: unknown
  readonly properties?: { readonly [name: string]: MergeSchema }
  readonly additionalProperties?: MergeSchema | boolean
  readonly items?: MergeSchema
  readonly required?: readonly string[]
  readonly nullable?: boolean
  readonly default?: Json
  readonly 'x-kubernetes-list-type'?: string
  readonly 'x-kubernetes-list-map-keys'?: readonly string[]
  readonly 'x-kubernetes-map-type'?: string
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean
  readonly 'x-merge-entity'?: boolean
  readonly 'x-merge-identity'?: string
  readonly 'x-merge-order'?: string
  readonly 'x-merge-text'?: string
}

/** No schema: maps are dicts, lists are one value. */
export type SchemaNode = MergeSchema | null | undefined

export function fieldSchema(schema: SchemaNode, key: string): SchemaNode {
  if (schema === null || schema === undefined) return undefined
  const { properties, additionalProperties } = schema
  const named = properties && get(properties as JsonMap, key)
  if (named !== undefined) return named as SchemaNode
  return typeof additionalProperties === 'object' ? additionalProperties : undefined
}

/** A record names its fields; a key it does not name is a mistake unless the schema preserves unknown fields. */
export function isUnknownField(schema: SchemaNode, key: string): boolean {
  if (schema?.properties === undefined || schema['x-kubernetes-preserve-unknown-fields'] === true) return false
  return !Object.hasOwn(schema.properties, key) && !schema.additionalProperties
}

export function isAtomicMap(schema: SchemaNode): boolean {
  return schema?.['x-kubernetes-map-type'] === 'atomic'
}

/** An entity is whole or absent: deleting it on one side and changing inside it on the other is a conflict. */
export function isEntity(schema: SchemaNode): boolean {
  if (schema === null || schema === undefined) return false
  return schema['x-merge-entity'] ?? (schema.required !== undefined && schema.required.length > 0)
}

export function isDefault(schema: SchemaNode, value: Json | undefined): boolean {
  return value !== undefined && schema?.default !== undefined && equal(schema.default, value)
}
