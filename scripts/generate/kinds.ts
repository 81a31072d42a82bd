import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

/** One node of an openAPIV3Schema, as far as the kinds use it. */
export interface OpenApiSchema {
  type?: string
  description?: string
  required?: string[]
  properties?: Record<string, OpenApiSchema>
  additionalProperties?: OpenApiSchema
  items?: OpenApiSchema
  enum?: string[]
  nullable?: boolean
  'x-kubernetes-preserve-unknown-fields'?: boolean
  'x-kubernetes-list-type'?: string
  'x-kubernetes-list-map-keys'?: string[]
  'x-headwater-same-as'?: string
  [keyword: string]: unknown
}

export interface Kind {
  readonly name: string
  readonly singular: string
  readonly schema: OpenApiSchema
}

/** Kubernetes allows nothing but the name to be declared in a CRD's metadata, so its contents stand here. */
const objectMeta: OpenApiSchema = {
  type: 'object',
  description: 'Name and annotations of the object.',
  required: ['name'],
  properties: {
    name: { type: 'string', minLength: 1, maxLength: 63, description: 'Name of the object.' },
    uid: { type: 'string', minLength: 8, maxLength: 64, description: 'Immutable identity; required for a tenant.' },
    labels: { type: 'object', description: 'Free labels.', additionalProperties: { type: 'string' } },
    annotations: { type: 'object', description: 'Free annotations.', additionalProperties: { type: 'string' } },
  },
}

/** The kinds of crds/, sorted by name. */
export function readKinds(root: string): Kind[] {
  const folder = join(root, 'crds')
  const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'))
  return files
    .map((file) => toKind(parse(readFileSync(join(folder, file), 'utf8'))))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

function toKind(crd: {
  spec: { names: { kind: string; singular: string }; versions: { schema: { openAPIV3Schema: OpenApiSchema } }[] }
}): Kind {
  const schema = crd.spec.versions[0]?.schema.openAPIV3Schema
  if (!schema) throw new Error(`${crd.spec.names.kind} has no schema`)
  const meta = structuredClone(objectMeta)
  if (crd.spec.names.kind === 'Tenant') meta.required = ['name', 'uid']
  return {
    name: crd.spec.names.kind,
    singular: crd.spec.names.singular,
    schema: { ...schema, properties: { ...schema.properties, metadata: meta } },
  }
}
