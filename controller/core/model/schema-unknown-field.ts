import type { DataPath, Finding } from './schema-finding.ts'
import { childSchema } from './schema-walk.ts'
import type { KindSchema } from './schemas.ts'
import { suggestName } from './suggest-name.ts'

/** A field that its place does not know, with the one that was probably meant: near in spelling, or one level away. */
export function unknownField(
  root: KindSchema,
  parent: DataPath,
  name: string,
): Finding & { readonly meant?: string | undefined } {
  const here = schemaAt(root, parent)
  const known = Object.keys(here?.properties ?? {})
  const meant = suggestName(name, known)
  const hint = meant
    ? `did you mean \`${meant}\`?`
    : (elsewhere(root, parent, name) ?? `known here: ${known.join(', ')}`)
  const message = `unknown field \`${name.length > 60 ? `${name.slice(0, 60)}…` : name}\``
  return { code: 'unknown-field', message, hint, path: [...parent, name], mark: 'key', meant }
}

function elsewhere(root: KindSchema, parent: DataPath, name: string): string | undefined {
  // An item's list has no fields: the level above an item is the map that holds the list.
  const above = parent.slice(0, typeof parent.at(-1) === 'number' ? -2 : -1)
  if (parent.length > 0 && declares(schemaAt(root, above), name)) {
    return above.length === 0
      ? `\`${name}\` belongs one level up, beside \`spec\``
      : `\`${name}\` belongs one level up, in \`${above.at(-1)}\``
  }
  for (const [field, schema] of Object.entries(schemaAt(root, parent)?.properties ?? {})) {
    if (declares(schema, name)) return `\`${name}\` belongs one level down, in \`${field}\``
    if (declares(schema.items, name)) return `\`${name}\` belongs one level down, in an item of \`${field}\``
  }
  return undefined
}

function declares(schema: KindSchema | undefined, name: string): boolean {
  return schema?.properties !== undefined && Object.hasOwn(schema.properties, name)
}

function schemaAt(root: KindSchema, path: DataPath): KindSchema | undefined {
  return path.reduce<KindSchema | undefined>((schema, key) => childSchema(schema, key), root)
}
