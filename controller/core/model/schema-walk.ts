import type { KindSchema } from './schemas.ts'

/** The schema of a field or, where `key` is a number, of a list's items; undefined where nothing is declared. */
export function childSchema(schema: KindSchema | undefined, key: string | number): KindSchema | undefined {
  if (typeof key === 'number') return schema?.items
  const { properties, additionalProperties } = schema ?? {}
  return properties && Object.hasOwn(properties, key) ? properties[key] : additionalProperties
}

/** The fields that make the identity of a list's items; undefined for a list that is not keyed. */
export function listKeys(schema: KindSchema | undefined): readonly string[] | undefined {
  const keys = schema?.['x-kubernetes-list-map-keys']
  return Array.isArray(keys) ? keys : undefined
}

export function isSet(schema: KindSchema | undefined): boolean {
  return schema?.['x-kubernetes-list-type'] === 'set'
}
