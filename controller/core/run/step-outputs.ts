import type { Action, Step, Workflow } from '../model/generated/kinds.ts'
import { actionOf } from '../model/step-action.ts'
import type { Json } from '../model/values.ts'
import { typeOfSchema } from './schema-type.ts'
import { any, either, listOf, mapWith, type Type, typeOf } from './value-type.ts'

/** What is declared of that which a step performs: an action, or another workflow. */
export interface Performed {
  readonly action: Action['spec'] | undefined
  readonly workflow: Workflow['spec'] | undefined
}

type Fields = Readonly<Record<string, Type>>

const string = typeOf('string')
const failure = mapWith({ code: string, message: string })

/** What expressions see of a step, as `steps.<id>`. */
function seen(outputs: Fields): Type {
  return mapWith({ outcome: string, outputs: mapWith(outputs), error: failure })
}

const nothingKnown = seen({})
const detached = seen({ run: string })
const inCase = seen({ case: string })
const answered = seen({ approved: typeOf('bool'), by: string, comment: string })

/** The type of a step that has ended, those of loops left aside; `set` is the type of what it sets. */
export function typeOfStep(step: Step, { action, workflow }: Performed, set: Type | undefined): Type {
  if (actionOf(step) !== undefined) return action === undefined ? nothingKnown : ofAction(action)
  if (step.workflow?.detached) return detached
  if (step.workflow !== undefined) return workflow?.outputSchema ? ofWorkflow(workflow.outputSchema) : nothingKnown
  if (step.case !== undefined) return inCase
  if (step.approval !== undefined) return answered
  return set?.fields === undefined ? nothingKnown : seen(set.fields)
}

const lane = mapWith({ connection: string, outcome: string, outputs: typeOf('map'), error: string })

/** Of several connections the first one's outputs count, and `results` has all. */
const ofAction = madeOnce(({ output }: Action['spec']) => {
  const { fields = {} } = typeOfSchema(output)
  return seen({ ...fields, results: fields['results'] ? any : listOf(lane) })
})

/** An output that is null passes for one that is absent, whatever its schema says. */
const ofWorkflow = madeOnce(({ properties }: NonNullable<Workflow['spec']['outputSchema']>) => {
  const entries = Object.entries(properties).map(([name, schema]) => [name, typeOfSchema(schema as Json)] as const)
  return seen(Object.fromEntries(entries.map(([name, type]) => [name, either(type, typeOf('null'))])))
})

/** The type of a loop, from what its steps give within each item. */
export function typeOfLoop(given: readonly (readonly [id: string, step: Type])[]): Type {
  const steps = mapWith(Object.fromEntries(given.map(([id, step]) => [id, step.fields?.['outputs'] ?? any])))
  return seen({ results: listOf(mapWith({ index: typeOf('int'), outcome: string, error: string, steps })) })
}

/** One object as long as nothing changed: what was found with it need not be found again. */
function madeOnce<Key extends object>(make: (key: Key) => Type): (key: Key) => Type {
  const known = new WeakMap<Key, Type>()
  return (key) => {
    let type = known.get(key)
    if (!type) known.set(key, (type = make(key)))
    return type
  }
}
