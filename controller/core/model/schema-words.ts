import { suggestName } from './suggest-name.ts'
import { type Json, isList } from './values.ts'

interface Words {
  readonly message: string
  readonly hint?: string | undefined
}

/** What a pattern of the kinds means, for people. */
const patterns: Record<string, string> = {
  '^[0-9]+\\.[0-9]+\\.[0-9]+$': 'a version such as `2.1.0`',
  '^https://': 'an address that begins with `https://`',
  '^[a-z][a-z0-9_]*$': 'lower case letters, digits and `_`, beginning with a letter',
  '^#[0-9a-fA-F]{6}$': 'a colour such as `#1f6feb`',
  '^/spec/': 'a path that begins with `/spec/`',
  '^/': 'a path that begins with `/`',
}

const expectations: Record<string, string> = {
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: '`true` or `false`',
  object: 'a map',
  array: 'a list',
}

/** For a value of a type that the schema does not allow. `name` says what it is called, `written` is the scalar as it stands in the file. */
export function wordsForType(
  name: string,
  expected: string,
  value: Json | undefined,
  written: string | undefined,
): Words {
  const wanted = expected
    .split(',')
    .map((type) => expectations[type] ?? type)
    .join(' or ')
  return {
    message: `${name} is ${describe(value)}, expected ${wanted}`,
    hint: hintForType(expected, value, written),
  }
}

function describe(value: Json | undefined): string {
  if (value === null || value === undefined) return 'empty'
  if (isList(value)) return 'a list'
  if (typeof value === 'object') return 'a map'
  if (typeof value === 'string') return value === '' ? 'empty text' : `the text ${show(value)}`
  return typeof value === 'number' ? `the number ${show(value)}` : show(value)
}

function hintForType(expected: string, value: Json | undefined, written: string | undefined): string | undefined {
  if (value === null) return 'leave the field out, or give it a value'
  if (expected === 'string' && (typeof value === 'number' || typeof value === 'boolean'))
    return `put it in quotes: "${written ?? String(value)}"`
  if (expected === 'array' && typeof value !== 'object') return `write a list: [${written ?? String(value)}]`
  if (typeof value !== 'string') return undefined
  if (expected === 'boolean') {
    if (/^(?:yes|on|true)$/i.test(value)) return 'write `true`'
    return /^(?:no|off|false)$/i.test(value) ? 'write `false`' : undefined
  }
  const isNumber = expected === 'number' || expected === 'integer'
  return isNumber && /^[-+]?[0-9]+(?:\.[0-9]+)?$/.test(value) ? 'remove the quotes' : undefined
}

export function wordsForEnum(name: string, allowed: readonly Json[], value: Json | undefined): Words {
  const names = allowed.map(String)
  const list = names.map((item) => `\`${item}\``).join(', ')
  const message = `${name} is ${show(value)}, expected ${names.length === 1 ? list : `one of ${list}`}`
  const meant = typeof value === 'string' ? suggestName(value, names) : undefined
  return { message, hint: meant && `did you mean \`${meant}\`?` }
}

export function wordsForPattern(name: string, pattern: string, value: Json | undefined): Words {
  const message = `${name} is ${show(value)}, expected ${patterns[pattern] ?? `text that matches \`${pattern}\``}`
  return { message, hint: typeof value === 'string' ? repair(pattern, value) : undefined }
}

/** The nearest text that the pattern takes, where one rule of thumb finds it. */
function repair(pattern: string, value: string): string | undefined {
  if (value.length > 200) return undefined
  let proposal = value
  if (pattern === '^[a-z][a-z0-9_]*$')
    proposal = value
      .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '_')
  else if (pattern === '^https://') proposal = value.replace(/^http:/, 'https:')
  else if (/^v?[0-9]+(?:\.[0-9]+){0,2}$/.test(value))
    proposal = [...value.replace('v', '').split('.'), '0', '0'].slice(0, 3).join('.')
  return proposal !== value && new RegExp(pattern).test(proposal) ? `did you mean \`${proposal}\`?` : undefined
}

export function wordsForRange(name: string, keyword: string, limit: number, value: Json | undefined): Words {
  const bound = `expected at ${keyword.startsWith('min') ? 'least' : 'most'} ${limit}`
  if (typeof value === 'string') return { message: `${name} has ${counted(value.length, 'character')}, ${bound}` }
  if (isList(value)) return { message: `${name} has ${counted(value.length, 'item')}, ${bound}` }
  return { message: `${name} is ${show(value)}, ${bound}` }
}

function counted(count: number, noun: string): string {
  return `${count === 0 ? 'no' : count} ${noun}${count === 1 ? '' : 's'}`
}

function show(value: Json | undefined): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return `\`${text.length > 60 ? `${text.slice(0, 60)}…` : text}\``
}
