import { equal, get, isList, isMap, type Json, type JsonMap } from '../model/values.ts'

/** Where in a value it does not fit its schema, and how. */
export interface Misfit {
  /** `/hosts/0`; empty for the value itself. */
  readonly at: string
  readonly what: string
}

/**
 * The part of JSON Schema that is looked at. The schemas come from tenants: a `pattern` of theirs could hold up everybody's
 * runs, and a `$ref` lead anywhere.
 */
const keywords = new Set(
  [
    'type enum const minLength maxLength minimum maximum minItems maxItems items properties required',
    'additionalProperties default title description examples',
  ].flatMap((names) => names.split(' ')),
)

/** Keywords of a schema that nobody looks at. */
export function idleKeywords(schema: Json): string[] {
  if (!isMap(schema)) return []
  const properties = get(schema, 'properties')
  const within = [
    get(schema, 'items') ?? null,
    ...(isMap(properties ?? null) ? Object.values(properties as JsonMap) : []),
  ]
  return [...Object.keys(schema).filter((name) => !keywords.has(name)), ...within.flatMap(idleKeywords)]
}

export function misfitOf(schema: Json, value: Json, at = ''): Misfit | undefined {
  if (!isMap(schema)) return undefined
  const what = misfitHere(schema, value)
  if (what !== undefined) return { at, what }
  if (isList(value)) return misfitOfItems(get(schema, 'items') ?? null, value, at)
  return isMap(value) ? misfitOfFields(schema, value, at) : undefined
}

function misfitHere(schema: JsonMap, value: Json): string | undefined {
  const type = get(schema, 'type')
  const types = isList(type) ? type : type === undefined ? [] : [type]
  if (types.length > 0 && !types.some((name) => fits(value, name)))
    return `must be of type ${types.map(String).join(' or ')}, and is ${nameOf(value)}`
  const choices = get(schema, 'enum')
  if (isList(choices) && !choices.some((choice) => equal(choice, value)))
    return `must be one of ${choices.map((choice) => JSON.stringify(choice)).join(', ')}`
  const only = get(schema, 'const')
  if (only !== undefined && !equal(only, value)) return `must be ${JSON.stringify(only)}`
  if (typeof value === 'number') return outOfRange(schema, 'minimum', 'maximum', value, '')
  if (typeof value === 'string')
    return outOfRange(schema, 'minLength', 'maxLength', Array.from(value).length, ' characters')
  return isList(value) ? outOfRange(schema, 'minItems', 'maxItems', value.length, ' items') : undefined
}

function outOfRange(schema: JsonMap, least: string, most: string, size: number, unit: string): string | undefined {
  const [low, high] = [get(schema, least), get(schema, most)]
  if (typeof low === 'number' && size < low) return `must be at least ${low}${unit}, and is ${size}`
  if (typeof high === 'number' && size > high) return `must be at most ${high}${unit}, and is ${size}`
  return undefined
}

function misfitOfItems(schema: Json, items: readonly Json[], at: string): Misfit | undefined {
  for (const [index, item] of items.entries()) {
    const misfit = misfitOf(schema, item, `${at}/${index}`)
    if (misfit) return misfit
  }
  return undefined
}

function misfitOfFields(schema: JsonMap, value: JsonMap, at: string): Misfit | undefined {
  const properties = get(schema, 'properties') ?? null
  const required = get(schema, 'required')
  for (const name of isList(required) ? required : [])
    if (typeof name === 'string' && get(value, name) === undefined) return { at, what: `must have ${name}` }
  for (const [name, item] of Object.entries(value)) {
    const rules = isMap(properties) ? get(properties, name) : undefined
    if (rules === undefined && get(schema, 'additionalProperties') === false)
      return { at, what: `must not have ${name}` }
    const misfit = misfitOf(rules ?? null, item, `${at}/${name}`)
    if (misfit) return misfit
  }
  return undefined
}

function fits(value: Json, type: Json): boolean {
  const name = nameOf(value)
  return name === type || (type === 'number' && name === 'integer')
}

function nameOf(value: Json): string {
  if (value === null) return 'null'
  if (isList(value)) return 'array'
  // Beyond these an expression sees a double, and `+ 1` would fail on what was declared to be whole.
  if (typeof value === 'number') return Number.isSafeInteger(value) ? 'integer' : 'number'
  return typeof value
}
