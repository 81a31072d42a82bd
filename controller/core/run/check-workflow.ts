import { formatPath, type Path } from '../merge/path.ts'
import type { Step, Workflow } from '../model/generated/kinds.ts'
import { type Problem, type ProblemCode, problem } from '../model/problems.ts'
import { type Json, newMap } from '../model/values.ts'
import { stepRoots, triggerRoots } from './bindings.ts'
import { checkReferences, type Visible } from './check-references.ts'
import { eachStep } from './each-step.ts'
import { piecesOf } from './expression-text.ts'
import { checkExpressions } from './expressions.ts'

type Spec = Workflow['spec']

/** What can be said of a workflow without a tenant and without data. Problems carry `path`; the caller knows the places. */
export function checkWorkflow(spec: Spec): Problem[] {
  const declared = [...eachStep(spec.steps)].map(({ step }) => step.id)
  const inputs = Object.keys(spec.inputs?.properties ?? {})
  const start: Visible = { inputs, declared, steps: new Map() }
  const problems = [...checkTriggers(spec, inputs), ...checkIdentities(spec.steps)]
  const end = checkSteps(spec.steps, ['spec', 'steps'], start, problems)
  problems.push(...checkValue(spec.outputs ?? newMap(), ['spec', 'outputs'], stepRoots, end))
  for (const name of spec.inputs?.required ?? []) {
    if (inputs.includes(name)) continue
    problems.push(at('unknown-input', `Input ${name} is required and not declared.`, ['spec', 'inputs', 'required']))
  }
  return problems
}

function checkTriggers({ triggers = [] }: Spec, declared: readonly string[]): Problem[] {
  const problems: Problem[] = []
  for (const { id, type, match, inputs = newMap() } of triggers) {
    const path: Path = ['spec', 'triggers', { id }]
    if (type === 'alert' && match === undefined)
      problems.push(at('missing-field', `Trigger ${id} starts on no alert: say which ones under \`match\`.`, path))
    if (match !== undefined) problems.push(...checkCondition(match, [...path, 'match'], triggerRoots))
    problems.push(...checkValue(inputs, [...path, 'inputs'], triggerRoots))
    for (const name of Object.keys(inputs)) {
      const own = [...path, 'inputs', name]
      if (!declared.includes(name)) problems.push(at('unknown-input', `Input ${name} is not declared.`, own))
    }
  }
  return problems
}

function checkIdentities(steps: readonly Step[]): Problem[] {
  const seen = new Set<string>()
  const problems: Problem[] = []
  for (const { step, path } of eachStep(steps)) {
    if (seen.has(step.id)) problems.push(at('duplicate-step', `A step ${step.id} stands further up already.`, path))
    seen.add(step.id)
  }
  return problems
}

/** What the steps after these may read: a step of a branch is seen after its block, never from the other branch. */
function checkSteps(steps: readonly Step[], path: Path, visible: Visible, problems: Problem[]): Visible {
  const seen = new Map(visible.steps)
  const current = { ...visible, steps: seen }
  for (const step of steps) {
    const own = [...path, { id: step.id }]
    problems.push(...checkStep(step, own, current))
    const inner = (['then', 'else'] as const).flatMap((branch) => {
      const nested = step[branch]
      return nested ? [checkSteps(nested, [...own, branch], current, problems)] : []
    })
    seen.set(step.id, step)
    for (const { steps: found } of inner) for (const [id, each] of found) seen.set(id, each)
  }
  return current
}

function checkStep(step: Step, path: Path, visible: Visible): Problem[] {
  const isBlock = step.then !== undefined || step.else !== undefined
  const kinds = (['action', 'set', 'approval'] as const).filter((kind) => step[kind] !== undefined)
  const named = [...kinds, ...(isBlock ? [step.then === undefined ? 'else' : 'then'] : [])]
  const problems: Problem[] = []
  if (named.length === 0)
    problems.push(at('step-kind', `Step ${step.id} does nothing: add action, set, approval or then.`, path))
  if (named.length > 1)
    problems.push(at('step-kind', `Step ${step.id} has ${named.join(' and ')}: keep one of them.`, path))
  if (isBlock && step.if === undefined)
    problems.push(at('step-kind', `Step ${step.id} has \`${named.at(-1)}\` without \`if\`.`, path))
  if (step.with !== undefined && step.action === undefined)
    problems.push(at('step-kind', `Step ${step.id} has \`with\` without \`action\`.`, [...path, 'with']))
  if (step.if !== undefined) problems.push(...checkCondition(step.if, [...path, 'if'], stepRoots, visible))
  if (step.with !== undefined) problems.push(...checkValue(step.with, [...path, 'with'], stepRoots, visible))
  if (step.set !== undefined) problems.push(...checkValue(step.set, [...path, 'set'], stepRoots, visible))
  const message = step.approval?.message
  if (message !== undefined) problems.push(...checkValue(message, [...path, 'approval', 'message'], stepRoots, visible))
  return problems
}

function checkCondition(text: string, path: Path, roots: readonly string[], visible?: Visible): Problem[] {
  const cut = piecesOf(text.trim())
  const isOne = cut.kind === 'malformed' || (cut.pieces.length === 1 && cut.pieces[0]?.kind === 'expression')
  if (isOne) return checkValue(text, path, roots, visible)
  return [at('bad-expression', 'A condition is exactly one `${{ … }}`.', path)]
}

function checkValue(value: Json, path: Path, roots: readonly string[], visible?: Visible): Problem[] {
  const unreadable = checkExpressions(value, roots).map(({ path: within, message }) =>
    at('bad-expression', message, [...path, ...within.map(String)]),
  )
  return visible === undefined ? unreadable : [...unreadable, ...checkReferences(value, path, visible)]
}

function at(code: ProblemCode, message: string, path: Path): Problem {
  return problem(code, message, { path: formatPath(path) })
}
