import { compile } from 'json-schema-to-typescript'
import { toJsonSchema } from './json-schema.ts'
import type { Kind } from './kinds.ts'

const banner = '// Generated from crds/ by `npm run generate`: change the kinds there, not here.'

/** TypeScript types of all kinds, each file's types prefixed with its kind so that none collide. */
export async function toTypes(kinds: readonly Kind[]): Promise<string> {
  const parts: string[] = []
  for (const kind of kinds) {
    const text = await compile(withJsonTypes(toJsonSchema(kind)) as Parameters<typeof compile>[0], kind.name, {
      additionalProperties: true,
      ignoreMinAndMaxItems: true,
      bannerComment: '',
      format: true,
      style: { semi: false, singleQuote: true, printWidth: 120 },
    })
    parts.push(text.trim())
  }
  const union = kinds.map((kind) => kind.name)
  parts.push(`export interface Kinds {\n${union.map((name) => `  ${name}: ${name}`).join('\n')}\n}`)
  parts.push('export type KindName = keyof Kinds')
  parts.push(
    `export const kindNames = [${union.map((name) => `'${name}'`).join(', ')}] as const satisfies readonly KindName[]`,
  )
  return `${banner}\nimport type { Json, JsonMap } from '../values.ts'\n\n${parts.join('\n\n')}\n`
}

/** Free values are JSON, not `unknown`: a document that passed the gate holds nothing else. */
function withJsonTypes(node: unknown): unknown {
  if (typeof node !== 'object' || node === null) return node
  if (Array.isArray(node)) return node.map(withJsonTypes)
  const schema = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, withJsonTypes(value)]))
  const isFree =
    typeof schema['description'] === 'string' &&
    !('properties' in schema || 'additionalProperties' in schema || '$ref' in schema)
  if (isFree && schema['type'] === 'object') schema['tsType'] = 'JsonMap'
  if (isFree && !('type' in schema)) schema['tsType'] = 'Json'
  return schema
}
