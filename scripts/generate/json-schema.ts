import type { Kind, OpenApiSchema } from './kinds.ts'

type JsonSchema = Record<string, unknown>

/**
 * The strict JSON Schema of a kind: an unknown field is an error wherever fields are declared, and the items of a
 * list marked `x-headwater-same-as` refer back to the list of that path, which a CRD cannot say.
 */
export function toJsonSchema(kind: Kind): JsonSchema {
  const definitions: Record<string, JsonSchema> = {}
  const convert = (node: OpenApiSchema, path: string): JsonSchema => {
    const sameAs = node['x-headwater-same-as']
    if (sameAs) return { $ref: `#/definitions/${definitionName(sameAs)}` }
    const schema: JsonSchema = {}
    for (const [keyword, value] of Object.entries(node)) {
      if (!keyword.startsWith('x-') && keyword !== 'nullable') schema[keyword] = value
    }
    if (node.nullable) schema['type'] = [node.type, 'null']
    if (node.properties) {
      schema['properties'] = Object.fromEntries(
        Object.entries(node.properties).map(([name, property]) => [name, convert(property, join(path, name))]),
      )
      if (!node['x-kubernetes-preserve-unknown-fields']) schema['additionalProperties'] = false
    }
    if (node.additionalProperties) schema['additionalProperties'] = convert(node.additionalProperties, `${path}.*`)
    if (node.items) {
      const items = convert(node.items, path)
      if (!isReferredTo(kind.schema, path)) schema['items'] = items
      else {
        definitions[definitionName(path)] = items
        schema['items'] = { $ref: `#/definitions/${definitionName(path)}` }
      }
    }
    return schema
  }
  const root = convert(kind.schema, '')
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: kind.name,
    ...root,
    ...(Object.keys(definitions).length > 0 ? { definitions } : {}),
  }
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}

/** `spec.steps` holds items of the type `Step`. */
function definitionName(path: string): string {
  const last = path.split('.').at(-1) ?? path
  return last.charAt(0).toUpperCase() + last.slice(1).replace(/s$/, '')
}

function isReferredTo(node: OpenApiSchema, path: string): boolean {
  if (node['x-headwater-same-as'] === path) return true
  const children = [...Object.values(node.properties ?? {}), node.items, node.additionalProperties]
  return children.some((child) => child !== undefined && isReferredTo(child, path))
}
