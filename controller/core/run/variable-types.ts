import type { Workflow } from '../model/generated/kinds.ts'
import type { FieldTypes } from './infer-type.ts'
import { typeOfSchema } from './schema-type.ts'
import { any, fieldOf, mapWith, type Type, typeOf } from './value-type.ts'

export type Types = Readonly<Record<string, Type>>

/** What expressions see as `steps.<id>`, by id. */
export type StepTypes = Pick<ReadonlyMap<string, Type>, 'get'>

const string = typeOf('string')

/** Variables that have the same fields in every run; a tenant's own values are not known here. */
const fixed: Readonly<Record<string, Types>> = {
  tenant: {
    path: string,
    uid: string,
    displayName: string,
    tags: mapWith({}, string),
    values: typeOf('map'),
    timezone: string,
  },
  run: {
    id: string,
    workflow: string,
    release: string,
    commit: string,
    trigger: mapWith({ kind: string, id: string, deliveryId: string }),
  },
  trigger: { alert: typeOf('map'), scheduledAt: string },
}

const nothing: Types = {}

/** The types of all that expressions read: `each` has those of the loops around. */
export function variableTypes(inputs: Workflow['spec']['inputs'], steps: StepTypes, each: Types = nothing): FieldTypes {
  const given = typeOfSchema(inputs ?? null)
  return (variable, field) => {
    if (variable === 'inputs') return fieldOf(given, field)
    if (variable === 'steps') return steps.get(field) ?? any
    const types = variable === 'each' ? each : Object.hasOwn(fixed, variable) ? fixed[variable] : undefined
    return (types && Object.hasOwn(types, field) ? types[field] : undefined) ?? any
  }
}
