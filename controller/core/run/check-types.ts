import { formatPath, type Path } from '../merge/path.ts'
import type { Step, Workflow } from '../model/generated/kinds.ts'
import { type Problem, problem } from '../model/problems.ts'
import { performsOthers } from '../model/step-action.ts'
import { stepListsIn } from '../model/step-lists.ts'
import { newMap } from '../model/values.ts'
import type { Around } from './check-uses.ts'
import { FoundByTypes } from './found-by-types.ts'
import type { FieldTypes } from './infer-type.ts'
import { condition, fieldPlaces } from './step-places.ts'
import { readsIn, remarksOnOutputs, remarksOnStep } from './step-remarks.ts'
import type { Derived } from './steps-apart.ts'
import { type Place, type TypeRemark, typePlace } from './typed-place.ts'
import { typedStep } from './typed-step.ts'
import type { Type } from './value-type.ts'
import { variableTypes } from './variable-types.ts'

type Spec = Workflow['spec']
type Trigger = NonNullable<Spec['triggers']>[number]
type Outputs = NonNullable<Spec['outputs']>

/** Workflows in which types find nothing wrong, with the types of their steps; those that perform others are not kept. */
const typed = new WeakMap<Spec, { readonly of: Around['actionOf']; readonly steps: ReadonlyMap<string, Type> }>()
const none: readonly never[] = []

/**
 * Expressions that fail whatever the data are, and those whose value fits its place in no case. Of a sound workflow nothing
 * is said here: where a type is not known, or only some values are wrong, the run finds out.
 */
export function checkTypes(spec: Spec, around: Around, derived?: Derived): readonly Problem[] {
  if (derived && areTyped(derived, spec, around)) return none
  const { triggers = [], inputs, outputs } = spec
  const steps = new Map<string, Type>()
  const problems: Problem[] = []
  const report = (remarks: readonly TypeRemark[], at: Path) => {
    for (const remark of remarks) problems.push(problemOf(remark, at))
  }
  for (const trigger of triggers) report(onTrigger(trigger, spec), ['spec', 'triggers', { id: trigger.id }])
  const fields = variableTypes(inputs, steps)
  for (const { steps: list, path } of stepListsIn(spec))
    for (const step of list) {
      const { remarks, seen } = typedStep(step, { inputs, steps, fields, around })
      if (remarks.length > 0) report(remarks, ['spec', ...path, { id: step.id }])
      addTypes(steps, step, seen)
    }
  if (outputs) report(onOutputs(outputs, spec, fields), ['spec'])
  if (problems.length === 0 && !performsOthers(spec)) typed.set(spec, { of: around.actionOf, steps })
  return problems
}

function addTypes(steps: Map<string, Type>, step: Step, seen: readonly Type[]): void {
  const { ids } = remarksOnStep(step)
  for (let place = 0; place < ids.length; place++) steps.set(ids[place] as string, seen[place] as Type)
}

/**
 * Whether nothing is wrong with the steps that a typed workflow does not have, and the others see the types that they saw.
 * Types of later steps are seen too: that no step reads those is known by then.
 */
function areTyped({ from, apart }: Derived, spec: Spec, around: Around): boolean {
  const known = typed.get(from)
  if (known?.of !== around.actionOf || performsOthers(spec)) return false
  const { inputs } = spec
  const added = new Map<string, Type>()
  const steps = { get: (id: string) => added.get(id) ?? known.steps.get(id) }
  const fields = variableTypes(inputs, steps)
  for (const { step, instead } of apart) {
    const { remarks, seen } = typedStep(step, { inputs, steps, fields, around })
    if (remarks.length > 0) return false
    if (instead === undefined) addTypes(added, step, seen)
    else if (remarksOnStep(step).ids.some((id, place) => known.steps.get(id) !== seen[place])) return false
  }
  // Most put no step in, and have the types in common.
  typed.set(spec, added.size === 0 ? known : { of: known.of, steps: new Map([...known.steps, ...added]) })
  return true
}

const ofTrigger = new FoundByTypes<Trigger, readonly TypeRemark[]>()

function onTrigger(trigger: Trigger, { inputs: schema }: Spec): readonly TypeRemark[] {
  const fields = variableTypes(schema, new Map())
  return ofTrigger.of(
    trigger,
    schema,
    () => [],
    fields,
    () => {
      const { match, dedupe, inputs = newMap() } = trigger
      const places = fieldPlaces(inputs, ['inputs'], schema, 'Input')
      if (match !== undefined) places.push(condition(match, ['match']))
      if (dedupe !== undefined) places.push({ path: ['dedupe'], value: dedupe })
      return remarksOn(places, fields)
    },
  )
}

const ofOutputs = new FoundByTypes<Outputs, readonly TypeRemark[]>()

function onOutputs(outputs: Outputs, { outputSchema }: Spec, fields: FieldTypes): readonly TypeRemark[] {
  const readsOf = () => readsIn(remarksOnOutputs(outputs))
  return ofOutputs.of(outputs, outputSchema, readsOf, fields, () =>
    remarksOn(fieldPlaces(outputs, ['outputs'], outputSchema, 'Output'), fields),
  )
}

function remarksOn(places: readonly Place[], fields: FieldTypes): TypeRemark[] {
  return places.flatMap((place) => typePlace(place, fields).remarks)
}

function problemOf({ path, within, severity, message, mark }: TypeRemark, at: Path): Problem {
  const place = formatPath([...at, ...path, ...within.map(String)])
  return { ...problem('wrong-type', message, { path: place, ...(mark !== undefined && { mark }) }), severity }
}
