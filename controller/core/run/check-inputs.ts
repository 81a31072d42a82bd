import { closest, distance } from 'fastest-levenshtein'
import type { Workflow } from '../model/generated/kinds.ts'
import { get, isMap, type JsonMap, newMap } from '../model/values.ts'
import { misfitOf } from './value-schema.ts'

export type CheckedInputs =
  | { readonly kind: 'accepted'; readonly inputs: JsonMap }
  | { readonly kind: 'refused'; readonly messages: readonly string[] }

type Schema = Workflow['spec']['inputs']

/** What a run is given, with defaults, or what is wrong with it. */
export function checkInputs(schema: Schema, given: JsonMap): CheckedInputs {
  const inputs = newMap()
  const messages = check('input', schema, given, inputs)
  return messages.length === 0 ? { kind: 'accepted', inputs } : { kind: 'refused', messages }
}

/** What is wrong with what a run hands back; nothing where the workflow does not say what that is. */
export function checkOutputs(schema: Schema, outputs: JsonMap): string[] {
  return schema === undefined ? [] : check('output', schema, outputs, newMap())
}

function check(word: 'input' | 'output', schema: Schema, given: JsonMap, taken: Record<string, unknown>): string[] {
  const Word = word === 'input' ? 'Input' : 'Output'
  const properties: JsonMap = schema?.properties ?? newMap()
  const names = Object.keys(properties)
  const messages: string[] = []
  for (const name of Object.keys(given))
    if (!names.includes(name)) messages.push(`There is no ${word} ${name}${didYouMean(name, names)}.`)
  for (const name of names) {
    const property = get(properties, name)
    const rules = isMap(property) ? property : newMap()
    const value = get(given, name) ?? (word === 'input' ? get(rules, 'default') : undefined)
    if (value === undefined) {
      if (schema?.required?.includes(name)) messages.push(`${Word} ${name} is required.`)
      continue
    }
    const misfit = misfitOf(rules, value)
    if (misfit === undefined) taken[name] = value
    else messages.push(`${Word} ${name}${misfit.at === '' ? '' : ` at ${misfit.at}`} ${misfit.what}.`)
  }
  return messages
}

/** `: did you mean x?` without the question mark, or nothing where no name is near. */
export function didYouMean(name: string, names: readonly string[]): string {
  if (names.length === 0) return ''
  const near = closest(name, [...names])
  return distance(name, near) <= Math.max(2, name.length / 3) ? `; did you mean ${near}` : ''
}
