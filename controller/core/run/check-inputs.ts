import { closest, distance } from 'fastest-levenshtein'
import type { Workflow } from '../model/generated/kinds.ts'
import { equal, get, isList, isMap, type Json, type JsonMap, newMap } from '../model/values.ts'

export type CheckedInputs =
  | { readonly kind: 'accepted'; readonly inputs: JsonMap }
  | { readonly kind: 'refused'; readonly messages: readonly string[] }

/**
 * Names, required inputs, `type`, `enum` and `default`. What else a JSON Schema can say is not looked at:
 * the schemas come from tenants, and a `pattern` of theirs could hold up everybody's runs.
 */
export function checkInputs(schema: Workflow['spec']['inputs'], given: JsonMap): CheckedInputs {
  const properties: JsonMap = schema?.properties ?? newMap()
  const names = Object.keys(properties)
  const inputs = newMap()
  const messages: string[] = []
  for (const name of Object.keys(given))
    if (!names.includes(name)) messages.push(`There is no input ${name}${didYouMean(name, names)}.`)
  for (const name of names) {
    const property = get(properties, name)
    const rules = isMap(property) ? property : newMap()
    const value = get(given, name) ?? get(rules, 'default')
    if (value === undefined) {
      if (schema?.required?.includes(name)) messages.push(`Input ${name} is required.`)
      continue
    }
    const fault = faultOf(rules, value)
    if (fault === undefined) inputs[name] = value
    else messages.push(`Input ${name} ${fault}.`)
  }
  return messages.length === 0 ? { kind: 'accepted', inputs } : { kind: 'refused', messages }
}

/** `: did you mean x?` without the question mark, or nothing where no name is near. */
export function didYouMean(name: string, names: readonly string[]): string {
  if (names.length === 0) return ''
  const near = closest(name, [...names])
  return distance(name, near) <= Math.max(2, name.length / 3) ? `; did you mean ${near}` : ''
}

function faultOf(rules: JsonMap, value: Json): string | undefined {
  const type = get(rules, 'type')
  const types = isList(type) ? type : type === undefined ? [] : [type]
  if (types.length > 0 && !types.some((name) => fits(value, name)))
    return `must be of type ${types.map(String).join(' or ')}, and is ${nameOf(value)}`
  const choices = get(rules, 'enum')
  if (isList(choices) && !choices.some((choice) => equal(choice, value)))
    return `must be one of ${choices.map((choice) => JSON.stringify(choice)).join(', ')}`
  return undefined
}

function fits(value: Json, type: Json): boolean {
  const name = nameOf(value)
  return name === type || (type === 'number' && name === 'integer')
}

function nameOf(value: Json): string {
  if (value === null) return 'null'
  if (isList(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value
}
