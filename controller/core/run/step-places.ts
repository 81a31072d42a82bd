import type { Step } from '../model/generated/kinds.ts'
import { actionInputOf, actionOf } from '../model/step-action.ts'
import { get, isMap, type Json, type JsonMap, toValue } from '../model/values.ts'
import { holdsExpression } from './expression-places.ts'
import type { Performed } from './step-outputs.ts'
import type { Place, Wanted } from './typed-place.ts'
import { kindsOf } from './value-type.ts'

const list: Wanted = { kind: 'kinds', kinds: kindsOf('list'), rule: 'A forEach goes through a list' }
const time: Wanted = { kind: 'kinds', kinds: kindsOf('string'), rule: 'A time is a text or a timestamp' }
const truth: Wanted = { kind: 'kinds', kinds: kindsOf('bool'), rule: 'A condition must be true or false' }

/** What is read of a case; everything else becomes a text. */
const fieldsOfCase = toValue({ properties: { severity: { type: 'string' }, case: { type: 'string' } } })

/** Where a step has expressions, and what they are to come to. */
export function placesOf(step: Step, { action: declared, workflow: callee }: Performed): Place[] {
  const { switch: choice, forEach, sleep, approval, workflow } = step
  const places: Place[] = []
  if (step.if !== undefined) places.push(condition(step.if, ['if']))
  const action = actionOf(step)
  if (action !== undefined) {
    const path = [step.notify === undefined ? 'with' : 'notify']
    places.push(...fieldPlaces(actionInputOf(step), path, declared?.input, `${action}: input`))
  }
  if (workflow?.inputs !== undefined) {
    const called = callee?.inputs as Json | undefined
    places.push(...fieldPlaces(workflow.inputs, ['workflow', 'inputs'], called, `${workflow.name}: input`))
  }
  if (step.set !== undefined) places.push({ path: ['set'], value: step.set })
  if (step.case !== undefined)
    for (const [kind, fields] of Object.entries(step.case))
      places.push(...fieldPlaces(fields, ['case', kind], fieldsOfCase, `case.${kind}:`))
  if (approval !== undefined) places.push({ path: ['approval', 'message'], value: approval.message })
  if (choice?.value !== undefined) places.push({ path: ['switch', 'value'], value: choice.value })
  for (const { id, equals, when } of choice?.cases ?? []) {
    if (equals !== undefined) places.push({ path: ['switch', 'cases', { id }, 'equals'], value: equals })
    if (when !== undefined) places.push(condition(when, ['switch', 'cases', { id }, 'when']))
  }
  if (forEach !== undefined) places.push({ path: ['forEach', 'in'], value: forEach.in, wants: list })
  if (sleep?.until !== undefined) places.push({ path: ['sleep', 'until'], value: sleep.until, wants: time })
  return places
}

export function condition(text: string, path: Place['path']): Place {
  return { path, value: text.trim(), wants: truth }
}

/** Values by name, each with what a schema of all says of it; those without expressions are held against it elsewhere. */
export function fieldPlaces(given: JsonMap, path: Place['path'], schema: Json | undefined, word: string): Place[] {
  const properties = isMap(schema) ? get(schema, 'properties') : undefined
  const places: Place[] = []
  for (const [name, value] of Object.entries(given)) {
    if (!holdsExpression(value)) continue
    const own = isMap(properties) ? get(properties, name) : undefined
    const wants: Wanted | undefined =
      own === undefined ? undefined : { kind: 'schema', schema: own, what: `${word} ${name}` }
    places.push({ path: [...path, name], value, ...(wants && { wants }) })
  }
  return places
}
