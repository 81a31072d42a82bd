import { formatPath, type Path } from '../merge/path.ts'
import type { Step, Workflow } from '../model/generated/kinds.ts'
import { type Problem, type ProblemCode, problem } from '../model/problems.ts'
import { newMap } from '../model/values.ts'
import { faultOfReference, type Visible } from './check-references.ts'
import { stepListsIn, stepListsOf } from '../model/step-lists.ts'
import { checkSchemas, checkTriggerInputs } from './check-schemas.ts'
import { everyStep } from './each-step.ts'
import { type Remark, remarksOnOutputs, remarksOnStep } from './step-remarks.ts'
import { remarksOnTrigger } from './trigger-remarks.ts'

type Spec = Workflow['spec']

/** What can be said of a workflow without a tenant and without data. Problems carry `path`; the caller knows the places. */
export function checkWorkflow(spec: Spec): Problem[] {
  const declared: string[] = []
  for (const step of stepListsIn(spec).flatMap(({ steps }) => steps)) declared.push(...remarksOnStep(step).ids)
  const inputs = Object.keys(spec.inputs?.properties ?? {})
  const start: Visible = { inputs, declared, each: [], steps: new Map() }
  const problems = [...checkTriggers(spec, inputs), ...checkIdentities(spec, declared)]
  const end = checkSteps(spec.steps, ['spec', 'steps'], start, problems)
  // Any of them may have been performed when the run is cancelled.
  checkSteps(spec.onCancelSteps ?? [], ['spec', 'onCancelSteps'], end, problems)
  if (spec.outputs !== undefined) settle(remarksOnOutputs(spec.outputs), ['spec', 'outputs'], end, problems)
  problems.push(...checkSchemas(spec))
  for (const name of spec.inputs?.required ?? []) {
    if (inputs.includes(name)) continue
    problems.push(at('unknown-input', `Input ${name} is required and not declared.`, ['spec', 'inputs', 'required']))
  }
  return problems
}

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

function checkIdentities(spec: Spec, declared: readonly string[]): Problem[] {
  const seen = new Set<string>(declared)
  const problems: Problem[] = []
  if (seen.size === declared.length) return problems
  seen.clear()
  for (const { step, path } of everyStep(spec)) {
    if (seen.has(step.id)) problems.push(at('duplicate-step', `A step ${step.id} stands further up already.`, path))
    seen.add(step.id)
  }
  return problems
}

/** What the steps after these may read: a step of a branch is seen after its block, never from another branch. */
function checkSteps(steps: readonly Step[], path: Path, visible: Visible, problems: Problem[]): Visible {
  const seen = new Map(visible.steps)
  const current = { ...visible, steps: seen }
  for (const step of steps) {
    const own = [...path, { id: step.id }]
    settle(remarksOnStep(step).remarks, own, current, problems)
    const after = new Map<string, Step>()
    for (const { steps: nested, path: within, role } of stepListsOf(step)) {
      const around =
        role === 'on-error' ? { ...current, steps: new Map([...seen, ...after, [step.id, step]]) } : current
      const start = role === 'item' ? { ...current, each: [...visible.each, ...namesOf(step)] } : around
      const { steps: found } = checkSteps(nested, [...own, ...within], start, problems)
      // The steps of a loop have an answer for each item, which its results hold.
      if (role !== 'item') for (const [id, each] of found) after.set(id, each)
    }
    seen.set(step.id, step)
    for (const [id, each] of after) seen.set(id, each)
  }
  return current
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
