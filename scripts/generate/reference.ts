import { problemCodes } from '../../controller/core/model/problems.ts'
import type { Kind, OpenApiSchema } from './kinds.ts'

/** The reference page of one kind: a table with each field's path, type and meaning. */
export function toKindPage(kind: Kind): string {
  const rows: string[] = []
  const visit = (node: OpenApiSchema, path: string, isRequired: boolean) => {
    if (path)
      rows.push(
        `| \`${path}\` | ${typeOf(node)} | ${isRequired ? 'yes' : ''} | ${cell(node.description ?? '')}${constraints(node)} |`,
      )
    const items = node.items ?? node.additionalProperties
    for (const [name, child] of Object.entries(node.properties ?? {})) {
      visit(child, path ? `${path}.${name}` : name, node.required?.includes(name) ?? false)
    }
    if (items && !items['x-headwater-same-as'] && (items.properties || items.items))
      visit(items, `${path}${node.items ? '[]' : '.*'}`, false)
  }
  visit({ ...kind.schema, description: '' }, '', false)
  return `<!-- Generated from crds/${kind.singular}.yaml by \`npm run generate\`. -->\n# ${kind.name}\n\n${kind.schema.description}\n\n| field | type | required | meaning |\n|---|---|---|---|\n${rows.join('\n')}\n`
}

export function toKindIndex(kinds: readonly Kind[]): string {
  const rows = kinds.map((kind) => `| [${kind.name}](${kind.singular}.md) | ${cell(kind.schema.description ?? '')} |`)
  return `<!-- Generated from crds/ by \`npm run generate\`. -->\n# The kinds\n\n| kind | says |\n|---|---|\n${rows.join('\n')}\n`
}

export function toProblemPage(): string {
  const rows = Object.entries(problemCodes).map(([code, text]) => `| \`${code}\` | ${cell(text)} |`)
  return `<!-- Generated from controller/core/model/problems.ts by \`npm run generate\`. -->\n# Problem codes\n\nEvery problem that \`headwater\` reports carries one of these codes. They are stable.\n\n| code | what to do |\n|---|---|\n${rows.join('\n')}\n`
}

function typeOf(node: OpenApiSchema): string {
  const list = node['x-kubernetes-list-type']
  if (list === 'map') return `list by \`${node['x-kubernetes-list-map-keys']?.join('`, `')}\``
  if (list === 'set') return `set of ${node.items?.type ?? 'values'}`
  if (node.type === 'array') return 'list'
  if (node.additionalProperties) return `map of ${node.additionalProperties.type ?? 'values'}`
  return node.type ?? 'any'
}

function constraints(node: OpenApiSchema): string {
  const parts: string[] = []
  const values = node.enum ?? node.items?.enum
  if (values && values.length > 1) parts.push(`One of ${values.map((value) => `\`${value}\``).join(', ')}.`)
  if (node['pattern']) parts.push(`Pattern \`${cell(String(node['pattern']))}\`.`)
  if (node['minimum'] !== undefined && node['maximum'] !== undefined)
    parts.push(`${node['minimum']} to ${node['maximum']}.`)
  return parts.length > 0 ? ` ${parts.join(' ')}` : ''
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}
