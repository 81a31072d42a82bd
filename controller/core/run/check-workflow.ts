import { formatPath, type Path } from '../merge/path.ts'
import type { Step, Workflow } from '../model/generated/kinds.ts'
import { type Problem, type ProblemCode, problem } from '../model/problems.ts'
import { equal, newMap } from '../model/values.ts'
import { faultOfReference, type OutputNames, type Visible } from './check-references.ts'
import { stepListsIn, stepListsOf } from '../model/step-lists.ts'
import { checkSchemas, checkTriggerInputs } from './check-schemas.ts'
import { everyStep, stepsWithin } from './each-step.ts'
import { readsIn, type Remark, remarksOnOutputs, remarksOnStep } from './step-remarks.ts'
import { remarksOnTrigger } from './trigger-remarks.ts'

type Spec = Workflow['spec']

/** What is visible further down grows step by step. */
type Around = Visible & { readonly steps: Map<string, OutputNames> }

/** What can be said of a workflow without a tenant and without data. Problems carry `path`; the caller knows the places. */
export function checkWorkflow(spec: Spec): Problem[] {
  const declared = new Set<string>()
  let count = 0
  for (const { steps } of stepListsIn(spec)) {
    for (const step of steps) {
      const { ids } = remarksOnStep(step)
      for (const id of ids) declared.add(id)
      count += ids.length
    }
  }
  const visible = { inputs: inputsOf(spec), declared, each: [], steps: new Map<string, OutputNames>() }
  const frame = checkFrame(spec)
  const problems = [...frame.before, ...(declared.size < count ? duplicatesIn(spec) : [])]
  checkOuterSteps(spec.steps, ['spec', 'steps'], visible, problems)
  // Any of them may have been performed when the run is cancelled.
  if (spec.onCancelSteps) checkOuterSteps(spec.onCancelSteps, ['spec', 'onCancelSteps'], visible, problems)
  if (spec.outputs !== undefined) settle(remarksOnOutputs(spec.outputs), ['spec', 'outputs'], visible, problems)
  problems.push(...frame.after)
  return problems
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

/** A step, and what is read of it. */
interface Given {
  readonly id: string
  readonly outputs: OutputNames
}

/** A step in which nothing was wrong, and what it depended on: with the same around it nothing is wrong again. */
interface Standing {
  readonly inputs: readonly string[]
  /** What it reads of steps, those within it left out. */
  readonly reads: readonly Given[]
  /** What can be read of it further down. */
  readonly gives: readonly Given[]
}

const standings = new WeakMap<Step, Standing>()

/** The steps that stand outside of any other. Renderings share most of theirs, and each costs a look at what it reads. */
function checkOuterSteps(steps: readonly Step[], path: Path, visible: Around, problems: Problem[]): void {
  const seen = visible.steps
  for (const step of steps) {
    let known = standings.get(step)
    if (known?.inputs !== visible.inputs || !areAll(known.reads, seen)) {
      const count = problems.length
      const gives = checkStep(step, path, visible, problems)
      known = { inputs: visible.inputs, reads: readBy(step, seen), gives }
      if (problems.length === count) standings.set(step, known)
    }
    for (const { id, outputs } of known.gives) seen.set(id, outputs)
  }
}

function areAll(reads: readonly Given[], seen: Visible['steps']): boolean {
  for (const { id, outputs } of reads) if (!equal(seen.get(id), outputs)) return false
  return true
}

function readBy(top: Step, seen: Visible['steps']): readonly Given[] {
  const read = new Map<string, Given>()
  for (const step of stepsWithin(top)) {
    for (const [variable, id = ''] of readsIn(remarksOnStep(step).remarks)) {
      const outputs = variable === 'steps' ? seen.get(id) : undefined
      if (outputs) read.set(id, { id, outputs })
    }
  }
  return [...read.values()]
}

/** What the steps after these may read of them: a step of a branch is seen after its block, never from another branch. */
function checkSteps(steps: readonly Step[], path: Path, visible: Visible, problems: Problem[]): readonly Given[] {
  const seen = new Map(visible.steps)
  const given: Given[] = []
  for (const step of steps) {
    for (const one of checkStep(step, path, { ...visible, steps: seen }, problems)) {
      seen.set(one.id, one.outputs)
      given.push(one)
    }
  }
  return given
}

/** Itself, and the steps of its branches. */
function checkStep(step: Step, path: Path, visible: Visible, problems: Problem[]): readonly Given[] {
  const own = [...path, { id: step.id }]
  const { remarks, outputs } = remarksOnStep(step)
  settle(remarks, own, visible, problems)
  const after: Given[] = [{ id: step.id, outputs }]
  for (const { steps: nested, path: within, role } of stepListsOf(step)) {
    const around = role === 'on-error' ? { ...visible, steps: withSteps(visible.steps, after) } : visible
    const start = role === 'item' ? { ...visible, each: [...visible.each, ...namesOf(step)] } : around
    const found = checkSteps(nested, [...own, ...within], start, problems)
    // The steps of a loop have an answer for each item, which its results hold.
    if (role !== 'item') after.push(...found)
  }
  return after
}

function withSteps(seen: Visible['steps'], more: readonly Given[]): Map<string, OutputNames> {
  const all = new Map(seen)
  for (const { id, outputs } of more) all.set(id, outputs)
  return all
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
