import { get, isList, isMap, type Json, type JsonMap } from '../model/values.ts'
import {
  any,
  either,
  type Kind,
  kindsOf,
  listOf,
  mapWith,
  mapped,
  namesOf,
  never,
  ofKinds,
  interned,
  storedKinds,
  type Type,
  typeOf,
} from './value-type.ts'

const known = new WeakMap<object, Type>()

/** The type of what fits a schema. */
export function typeOfSchema(schema: Json): Type {
  if (!isMap(schema)) return any
  let type = known.get(schema)
  if (!type) known.set(schema, (type = read(schema)))
  return type
}

const kindsOfType: Readonly<Record<string, number>> = {
  null: kindsOf('null'),
  boolean: kindsOf('bool'),
  integer: kindsOf('int'),
  number: kindsOf('int', 'double'),
  string: kindsOf('string'),
  array: kindsOf('list'),
  object: kindsOf('map'),
}

function read(schema: JsonMap): Type {
  const named = get(schema, 'type')
  const choices = get(schema, 'enum')
  const only = get(schema, 'const')
  let { kinds } = any
  if (named !== undefined) kinds &= allOf(isList(named) ? named : [named], kindsOfName)
  if (isList(choices)) kinds &= allOf(choices, (choice) => typeOfWritten(choice).kinds)
  if (only !== undefined) kinds &= typeOfWritten(only).kinds
  // Nothing fits such a schema, or it is written for somebody else: what it says is not relied on.
  if (kinds === 0) return any
  const items = get(schema, 'items')
  const properties = get(schema, 'properties')
  const isClosed = isMap(properties) && get(schema, 'additionalProperties') === false
  if (!isMap(items) && !isMap(properties)) return ofKinds(kinds)
  return interned({
    kinds,
    ...(isMap(items) && { items: typeOfSchema(items) }),
    ...(isMap(properties) && { fields: mapped(properties, typeOfSchema) }),
    ...(isClosed && { others: never }),
  })
}

function kindsOfName(name: Json): number {
  return (typeof name === 'string' ? kindsOfType[name] : undefined) ?? 0
}

function allOf(values: readonly Json[], kindsOfOne: (value: Json) => number): number {
  return values.reduce((kinds: number, value) => kinds | kindsOfOne(value), 0)
}

const text = typeOf('string')

/** The type of a value that is there. */
export function typeOfWritten(value: Json): Type {
  if (typeof value === 'string') return text
  if (isList(value)) return listOf(value.reduce((type: Type, item) => either(type, typeOfWritten(item)), never))
  if (isMap(value)) return mapWith(mapped(value, typeOfWritten), never)
  if (value === null) return typeOf('null')
  if (typeof value === 'boolean') return typeOf('bool')
  return typeOf(Number.isSafeInteger(value) ? 'int' : 'double')
}

const typeOfKind: Partial<Record<Kind, string>> = {
  bool: 'boolean',
  int: 'integer',
  double: 'number',
  list: 'array',
  map: 'object',
}

const absent = kindsOf('null')

/** How no value of this type fits a schema. Null fits all of them: an input or output that is null counts as absent. */
export function misfitOfType(schema: Json, type: Type): string | undefined {
  const wanted = typeOfSchema(schema).kinds
  const given = storedKinds(type.kinds)
  if (given === 0 || (given & (wanted | absent)) !== 0) return undefined
  return `must be of type ${inJson(wanted)}, and is ${inJson(given)}`
}

function inJson(kinds: number): string {
  const names = namesOf(kinds).map((name) => typeOfKind[name] ?? name)
  return names.filter((name) => name !== 'integer' || !names.includes('number')).join(' or ')
}
