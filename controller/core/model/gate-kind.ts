import { type KindName, kindNames } from './generated/kinds.ts'
import type { Finding } from './schema-finding.ts'
import { suggestName } from './suggest-name.ts'
import { type Json, get, isMap } from './values.ts'

type Looked =
  | { readonly kind: 'known'; readonly name: KindName }
  | { readonly kind: 'refused'; readonly finding: Finding }

export const apiVersion = 'headwater.dev/v1'

/** Which kind a document says it is; `allowed` are those that may stand at its place. */
export function kindOf(value: Json, allowed: readonly KindName[] = kindNames): Looked {
  if (!isMap(value))
    return refuse(
      'wrong-type',
      'the document is not a map',
      'begin with `apiVersion`, `kind`, `metadata` and `spec`',
      [],
    )
  const kind = get(value, 'kind')
  if (kind === undefined)
    return refuse('missing-field', 'missing field `kind`', `expected ${list(allowed)}`, ['kind'], 'parent')
  const name = kindNames.find((candidate) => candidate === kind)
  if (!name) {
    const meant = typeof kind === 'string' ? suggestName(kind, kindNames) : undefined
    return refuse(
      'unknown-kind',
      `unknown kind \`${shorten(kind)}\``,
      meant ? `did you mean \`${meant}\`?` : `the kinds are ${list(kindNames)}`,
      ['kind'],
    )
  }
  const version = get(value, 'apiVersion')
  if (version === undefined)
    return refuse(
      'missing-field',
      'missing field `apiVersion`',
      `write \`apiVersion: ${apiVersion}\``,
      ['apiVersion'],
      'parent',
    )
  if (version !== apiVersion)
    return refuse('unknown-kind', `\`apiVersion\` is \`${shorten(version)}\`, expected \`${apiVersion}\``, undefined, [
      'apiVersion',
    ])
  if (!allowed.includes(name))
    return refuse('misplaced-file', `a ${name} does not belong here, expected ${list(allowed)}`, undefined, ['kind'])
  return { kind: 'known', name }
}

function refuse(
  code: Finding['code'],
  message: string,
  hint: string | undefined,
  path: string[],
  mark: Finding['mark'] = 'value',
): Looked {
  return { kind: 'refused', finding: { code, message, hint, path, mark } }
}

function list(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`
}

function shorten(value: Json): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}
