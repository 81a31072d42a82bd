import { isList, isMap, type Json, type JsonMap, newMap } from '../core/model/values.ts'

const formats: Readonly<Record<string, string>> = {
  email: 'ada@example.com',
  uri: 'https://example.com/x',
  'date-time': '2026-11-20T09:40:12Z',
  date: '2026-11-20',
  ipv4: '203.0.113.7',
  hostname: 'cnt-ws-0142',
}

/** Texts that most patterns accept one of. */
const texts = [
  'CNT-WS-0142',
  'ada@example.com',
  '203.0.113.7',
  '2026-11-20T09:40:12Z',
  'a'.repeat(64),
  'https://example.com/x',
  '42',
  'PT1H',
  'x',
]

/** A value that fits a JSON Schema: required fields only, or all of them. */
export function sampleOf(schema: Json | undefined, which: 'required' | 'all'): Json {
  if (!isMap(schema)) return 'x'
  const { const: constant, enum: choices, examples, default: usual } = schema
  if (constant !== undefined) return constant
  if (isList(choices)) return choices[0] ?? null
  if (isList(examples)) return examples[0] ?? null
  if (usual !== undefined) return usual
  const branch = [schema['oneOf'], schema['anyOf']].find(isList)
  switch (typeOf(schema)) {
    case 'object':
      return {
        ...objectOf(schema, which),
        ...(branch === undefined ? {} : asMap(sampleOf(merged(schema, branch[0]), which))),
      }
    case 'array':
      return [sampleOf(schema['items'], which)]
    case 'integer':
    case 'number':
      return Number(schema['minimum'] ?? 1)
    case 'boolean':
      return true
    default:
      return branch === undefined ? textOf(schema) : sampleOf(branch[0], which)
  }
}

function merged(schema: JsonMap, branch: Json | undefined): JsonMap {
  const { oneOf: _, anyOf: __, ...rest } = schema
  return { ...rest, ...(isMap(branch) ? branch : {}) }
}

function objectOf(schema: JsonMap, which: 'required' | 'all'): JsonMap {
  const object = newMap()
  const properties = isMap(schema['properties']) ? schema['properties'] : {}
  const required = isList(schema['required']) ? schema['required'] : []
  for (const [name, property] of Object.entries(properties)) {
    if (which === 'all' || required.includes(name)) object[name] = sampleOf(property, which)
  }
  return object
}

function typeOf(schema: JsonMap): Json {
  const { type } = schema
  if (isList(type)) return type[0] ?? 'string'
  return type ?? (schema['properties'] === undefined ? 'string' : 'object')
}

function textOf({ format, pattern, minLength }: JsonMap): string {
  if (typeof format === 'string' && formats[format] !== undefined) return formats[format]
  const fits = (text: string) =>
    (typeof pattern !== 'string' || new RegExp(pattern, 'u').test(text)) && text.length >= Number(minLength ?? 0)
  return texts.find(fits) ?? 'x'
}

function asMap(value: Json): JsonMap {
  return isMap(value) ? value : {}
}
