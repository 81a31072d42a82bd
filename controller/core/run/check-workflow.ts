import { formatPath, type Path } from '../merge/path.ts'
import type { Step, Workflow } from '../model/generated/kinds.ts'
import { type Problem, type ProblemCode, problem } from '../model/problems.ts'
import { newMap } from '../model/values.ts'
import { faultOfReference, type OutputNames, outputNamesOf, type Seen, type Visible } from './check-references.ts'
import { stepListsIn, stepListsOf } from '../model/step-lists.ts'
import { checkSchemas, checkTriggerInputs } from './check-schemas.ts'
import { everyStep } from './each-step.ts'
import { type Remark, remarksOnOutputs, remarksOnStep } from './step-remarks.ts'
import type { Derived } from './steps-apart.ts'
import { remarksOnTrigger } from './trigger-remarks.ts'

type Spec = Workflow['spec']

/**
 * What can be said of a workflow without a tenant and without data. Problems carry `path`; the caller knows the places.
 * Of one that is derived from another the steps that this one does not have are looked at, and no others.
 */
export function checkWorkflow(spec: Spec, derived?: Derived): Problem[] {
  if (derived && areSeen(derived, spec)) return []
  const declared = new Set<string>()
  let count = 0
  for (const { steps } of stepListsIn(spec)) {
    for (const step of steps) {
      const { ids } = remarksOnStep(step)
      for (const id of ids) declared.add(id)
      count += ids.length
    }
  }
  const seen = new Map<string, OutputNames>()
  const visible = { inputs: inputsOf(spec), declared, each: [], steps: seen }
  const frame = checkFrame(spec)
  const problems = [...frame.before, ...(declared.size < count ? duplicatesIn(spec) : [])]
  // Any step may have been performed when the run is cancelled.
  for (const { steps, path } of stepListsIn(spec)) {
    for (const step of steps) {
      checkStep(step, ['spec', ...path], visible, problems)
      give(step, seen)
    }
  }
  if (spec.outputs !== undefined) settle(remarksOnOutputs(spec.outputs), ['spec', 'outputs'], visible, problems)
  problems.push(...frame.after)
  return problems
}

const nobody: ReadonlySet<string> = new Set()

function areSeen({ apart }: Derived, spec: Spec): boolean {
  const problems: Problem[] = []
  for (const { step } of apart) {
    // It reads one or two of those before it, so these are looked for when it does.
    const steps = { get: (id: string) => outputsBefore(step, id, spec) }
    checkStep(step, [], { inputs: inputsOf(spec), declared: nobody, each: [], steps }, problems)
    if (problems.length > 0) return false
  }
  return true
}

function outputsBefore(step: Step, id: string, { steps }: Spec): OutputNames | undefined {
  for (const before of steps) {
    if (before === step) return undefined
    for (const given of remarksOnStep(before).gives) if (given.id === id) return given.outputs
  }
  return undefined
}

interface Frame {
  readonly of: Spec
  /** Problems that stand further up in the file than those of steps, and further down. */
  readonly before: readonly Problem[]
  readonly after: readonly Problem[]
}

const inputNames = new WeakMap<object, readonly string[]>()
const noInputs: readonly string[] = []

/** The same list for the same inputs: what was said of a step holds as long as it stands among the same. */
function inputsOf({ inputs }: Spec): readonly string[] {
  if (inputs === undefined) return noInputs
  let names = inputNames.get(inputs)
  if (!names) inputNames.set(inputs, (names = Object.keys(inputs.properties ?? {})))
  return names
}

const frames = new WeakMap<object, Frame>()

/** What is said of all but the steps. Most overlays change steps only, so most renderings have this in common. */
function checkFrame(spec: Spec): Frame {
  const key = spec.triggers ?? spec.inputs ?? spec
  const known = frames.get(key)
  if (known && fieldsOfFrame.every((field) => known.of[field] === spec[field])) return known
  const inputs = inputsOf(spec)
  const after = checkSchemas(spec)
  for (const name of spec.inputs?.required ?? []) {
    if (inputs.includes(name)) continue
    after.push(at('unknown-input', `Input ${name} is required and not declared.`, ['spec', 'inputs', 'required']))
  }
  const frame = { of: spec, before: checkTriggers(spec, inputs), after }
  frames.set(key, frame)
  return frame
}

const fieldsOfFrame = ['triggers', 'inputs', 'outputs', 'outputSchema'] as const

function checkTriggers(spec: Spec, declared: readonly string[]): Problem[] {
  const problems: Problem[] = []
  for (const trigger of spec.triggers ?? []) {
    const path: Path = ['spec', 'triggers', { id: trigger.id }]
    settle(remarksOnTrigger(trigger), path, undefined, problems)
    problems.push(...checkTriggerInputs(spec, trigger))
    for (const name of Object.keys(trigger.inputs ?? newMap())) {
      const own = [...path, 'inputs', name]
      if (!declared.includes(name)) problems.push(at('unknown-input', `Input ${name} is not declared.`, own))
    }
  }
  return problems
}

function duplicatesIn(spec: Spec): Problem[] {
  const seen = new Set<string>()
  const problems: Problem[] = []
  for (const { step, path } of everyStep(spec)) {
    if (seen.has(step.id)) problems.push(at('duplicate-step', `A step ${step.id} stands further up already.`, path))
    seen.add(step.id)
  }
  return problems
}

/** A step of a branch is seen after its block, never from another branch. */
function checkSteps(steps: readonly Step[], path: Path, visible: Visible, problems: Problem[]): void {
  const before = new Map<string, OutputNames>()
  const around = { ...visible, steps: seenIn(before, visible.steps) }
  for (const step of steps) {
    checkStep(step, path, around, problems)
    give(step, before)
  }
}

function checkStep(step: Step, path: Path, visible: Visible, problems: Problem[]): void {
  const own = [...path, { id: step.id }]
  const { remarks } = remarksOnStep(step)
  settle(remarks, own, visible, problems)
  const tried = new Map([[step.id, outputNamesOf(step)]])
  for (const { steps: nested, path: within, role } of stepListsOf(step)) {
    const around = role === 'on-error' ? { ...visible, steps: seenIn(tried, visible.steps) } : visible
    const start = role === 'item' ? { ...visible, each: [...visible.each, ...namesOf(step)] } : around
    checkSteps(nested, [...own, ...within], start, problems)
    if (role !== 'item') for (const each of nested) give(each, tried)
  }
}

function give(step: Step, seen: Map<string, OutputNames>): void {
  for (const { id, outputs } of remarksOnStep(step).gives) seen.set(id, outputs)
}

function seenIn(inner: Seen, outer: Seen): Seen {
  return { get: (id) => inner.get(id) ?? outer.get(id) }
}

function namesOf({ forEach }: Step): string[] {
  return [forEach?.as ?? 'item', forEach?.index ?? 'index']
}

/** Turns what a part says into problems at its place; a reference is one where its place does not see what it names. */
function settle(remarks: readonly Remark[], path: Path, visible: Visible | undefined, problems: Problem[]): void {
  for (const remark of remarks) {
    const fault = remark.kind === 'fault' ? remark : visible && faultOfReference(remark.reference, visible)
    if (!fault) continue
    const found = at(fault.code, fault.message, [...path, ...remark.path, ...remark.within.map(String)])
    problems.push(remark.kind === 'fault' ? found : { ...found, mark: remark.reference.slice(0, 2).join('.') })
  }
}

function at(code: ProblemCode, message: string, path: Path): Problem {
  return problem(code, message, { path: formatPath(path) })
}
