import { decodeText } from '../../core/model/decode-text.ts'
import { isList, isMap, type Json } from '../../core/model/values.ts'
import { readYaml } from '../../core/model/yaml-read.ts'
import { SecretError } from './secret-error.ts'

/** Name of the file at the root of a fleet that says for whom secrets are encrypted; it is SOPS' own. */
export const rulesFile = '.sops.yaml'

/** The age recipients of the first rule of a `.sops.yaml` that means the file; undefined where no rule does. */
export function recipientsFor(file: string, bytes: Uint8Array): readonly string[] | undefined {
  const refuse = (message: string): SecretError => new SecretError('secrets-unreadable', rulesFile, message)
  const decoded = decodeText(rulesFile, bytes)
  const read = decoded.kind === 'decoded' ? readYaml({ file: rulesFile, text: decoded.text }) : undefined
  if (read?.kind !== 'read' || !isMap(read.value)) throw refuse('it cannot be read as YAML')
  const rules = read.value['creation_rules']
  for (const rule of isList(rules) ? rules : []) {
    if (!isMap(rule) || !means(textOf(rule['path_regex']), file, refuse)) continue
    const { age } = rule
    const recipients = (isList(age) ? age : textOf(age).split(',')).map((item) => textOf(item).trim())
    if (recipients.some((recipient) => !/^age1[a-z0-9]+$/.test(recipient)))
      throw refuse(`the rule for ${file} names no age recipients, and no other kind of key is written`)
    return [...new Set(recipients)]
  }
  return undefined
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : ''
}

function means(pattern: string, file: string, refuse: (message: string) => SecretError): boolean {
  try {
    return new RegExp(pattern).test(file)
  } catch {
    throw refuse(`\`path_regex: ${pattern}\` cannot be read`)
  }
}
