import type { Kind, OpenApiSchema } from './kinds.ts'

/** The kinds' schemas with their merge rules, without the prose: what the merge module walks along. */
export function toMergeSchemas(kinds: readonly Kind[]): string {
  const strip = (node: OpenApiSchema): OpenApiSchema => {
    const { description: _, ...rest } = node
    if (rest.properties)
      rest.properties = Object.fromEntries(Object.entries(rest.properties).map(([k, v]) => [k, strip(v)]))
    if (rest.items) rest.items = strip(rest.items)
    if (rest.additionalProperties) rest.additionalProperties = strip(rest.additionalProperties)
    return rest
  }
  const entries = kinds.map((kind) => `  ${kind.name}: ${JSON.stringify(strip(kind.schema))},`)
  return [
    '// Generated from crds/ by `npm run generate`: change the kinds there, not here.',
    "import type { KindName } from './kinds.ts'",
    '',
    'export const openApiSchemas: Record<KindName, object> = {',
    ...entries,
    '}',
    '',
  ].join('\n')
}
