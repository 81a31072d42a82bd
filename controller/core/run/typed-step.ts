import type { Step, Workflow } from '../model/generated/kinds.ts'
import { actionOf, isCaller } from '../model/step-action.ts'
import { stepListsOf } from '../model/step-lists.ts'
import type { Around } from './check-uses.ts'
import { eachStep, stepsWithin } from './each-step.ts'
import { FoundByTypes, type Read } from './found-by-types.ts'
import type { FieldTypes } from './infer-type.ts'
import { typeOfLoop, typeOfStep } from './step-outputs.ts'
import { placesOf } from './step-places.ts'
import { readsIn, remarksOnStep } from './step-remarks.ts'
import { type TypeRemark, typePlace } from './typed-place.ts'
import { any, itemOf, type Type, typeOf } from './value-type.ts'
import { type StepTypes, type Types, variableTypes } from './variable-types.ts'

/** What a step stands among, outside of loops. */
export interface Among {
  readonly inputs: Workflow['spec']['inputs']
  /** Of those before it. */
  readonly steps: StepTypes
  /** The same, and all else that its expressions read. */
  readonly fields: FieldTypes
  readonly around: Around
}

/** A step that stands outside of any other, with all that it holds. */
interface TypedStep {
  /** What types have against it. */
  readonly remarks: readonly TypeRemark[]
  /** What expressions see as `steps.<id>`, of the step itself and of all within, in the order of their ids. */
  readonly seen: readonly Type[]
}

// Renderings share the objects of every step that no overlay changed, and mostly the types of what these read.
const ofStep = new FoundByTypes<Step, TypedStep>()
const none: readonly never[] = []

export function typedStep(step: Step, among: Among): TypedStep {
  const { fields, around } = among
  return ofStep.of(step, declaredOf(step, around), readsOf, fields, () => {
    const found: TypeRemark[] = []
    const own = new Map<string, Type>()
    typeStep(step, [], {}, among, own, found)
    const seen = remarksOnStep(step).ids.map((id) => own.get(id) ?? any)
    return { remarks: found.length === 0 ? none : found, seen }
  })
}

/** What its actions and workflows are declared by; never the same for a block with workflows, whose names are a tenant's own. */
function declaredOf(step: Step, { actionOf: declared, calleeOf }: Around): unknown {
  if (!isCaller(step)) return declared
  return step.workflow === undefined || stepListsOf(step).length > 0 ? {} : calleeOf(step.workflow.name)
}

/** What it reads of what stands before it. */
function readsOf(step: Step): readonly Read[] {
  const { ids, remarks } = remarksOnStep(step)
  const all = ids.length === 1 ? remarks : stepsWithin(step).flatMap((each) => remarksOnStep(each).remarks)
  const reads = readsIn(all).filter(
    ([variable, field = '']) => variable === 'inputs' || (variable === 'steps' && !ids.includes(field)),
  )
  return reads.length === 0 ? none : reads
}

/** `own` gets the types of the step and of those within. */
function typeStep(
  step: Step,
  at: TypeRemark['path'],
  each: Types,
  among: Among,
  own: Map<string, Type>,
  found: TypeRemark[],
): void {
  const { inputs, steps, around } = among
  const fields = variableTypes(inputs, { get: (id) => own.get(id) ?? steps.get(id) }, each)
  const action = actionOf(step)
  const performed = {
    action: action === undefined ? undefined : around.actionOf(action),
    workflow: step.workflow && around.calleeOf(step.workflow.name),
  }
  let [set, item]: [Type | undefined, Type] = [undefined, any]
  for (const place of placesOf(step, performed)) {
    const { type, remarks } = typePlace(place, fields)
    for (const remark of remarks) found.push({ ...remark, path: [...at, ...remark.path] })
    if (place.path[0] === 'set') set = type
    if (place.path[0] === 'forEach') item = itemOf(type)
  }
  own.set(step.id, typeOfStep(step, performed, set))
  for (const { steps: within, path, role } of stepListsOf(step)) {
    const inner = role === 'item' ? withItem(each, step, item) : each
    for (const nested of within) typeStep(nested, [...at, ...path, { id: nested.id }], inner, among, own, found)
    if (role === 'item') own.set(step.id, loopOf(within, own))
  }
}

const int = typeOf('int')

function withItem(each: Types, { forEach }: Step, item: Type): Types {
  return { ...each, [forEach?.as ?? 'item']: item, [forEach?.index ?? 'index']: int }
}

/** The results of a loop hold what its steps gave within each item; those of a loop within are with that one. */
function loopOf(within: readonly Step[], steps: ReadonlyMap<string, Type>): Type {
  const own = [...eachStep(within)].filter(({ loops }) => loops.length === 0)
  return typeOfLoop(own.map(({ step: { id } }) => [id, steps.get(id) ?? any]))
}
