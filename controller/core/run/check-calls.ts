import { formatPath, type Path } from '../merge/path.ts'
import type { Step, Workflow } from '../model/generated/kinds.ts'
import { type Problem, problem } from '../model/problems.ts'
import { get, isMap, type JsonMap, newMap } from '../model/values.ts'
import { checkInputs, didYouMean } from './check-inputs.ts'
import { everyStep } from './each-step.ts'
import { expressionTexts } from './expression-places.ts'
import { type Remark, remarksOnOutputs, remarksOnStep } from './step-remarks.ts'

type Spec = Workflow['spec']

/** The workflow that a name means here; undefined where nobody can tell. */
export type CalleeOf = (name: string) => Spec | undefined

/** What a workflow asks of those that it performs as steps: inputs that they take, and outputs that they hand back. */
export function checkCalls(spec: Spec, calleeOf: CalleeOf): Problem[] {
  const placed = [...everyStep(spec)]
  const given = new Map<string, readonly string[]>()
  const problems: Problem[] = []
  for (const { step, path } of placed) {
    const callee = step.workflow && calleeOf(step.workflow.name)
    if (step.workflow === undefined || callee === undefined) continue
    given.set(step.id, step.workflow.detached ? ['run'] : Object.keys(callee.outputs ?? newMap()))
    problems.push(...inputProblems(step.workflow, callee, [...path, 'workflow']))
  }
  if (given.size === 0) return problems
  for (const { step, path } of placed) problems.push(...referenceProblems(remarksOnStep(step).remarks, path, given))
  if (spec.outputs !== undefined)
    problems.push(...referenceProblems(remarksOnOutputs(spec.outputs), ['spec', 'outputs'], given))
  return problems
}

function inputProblems(
  { name, inputs = newMap() }: NonNullable<Step['workflow']>,
  callee: Spec,
  path: Path,
): Problem[] {
  const properties: JsonMap = callee.inputs?.properties ?? newMap()
  const problems: Problem[] = []
  const report = (code: 'unknown-input' | 'missing-field' | 'wrong-value', message: string, within: Path = []) =>
    problems.push(problem(code, message, { path: formatPath([...path, ...within]) }))
  for (const [input, value] of Object.entries(inputs)) {
    const rules = get(properties, input)
    if (rules === undefined) {
      const hint = didYouMean(input, Object.keys(properties))
      report('unknown-input', `${name} has no input ${input}${hint}.`, ['inputs', input])
      continue
    }
    // What an expression gives is known when the run gets there, and checked then.
    if (expressionTexts(value).length > 0 || !isMap(rules)) continue
    const one = newMap()
    one[input] = value
    const checked = checkInputs({ properties: { [input]: rules } }, one)
    if (checked.kind === 'refused') report('wrong-value', `${name}: ${checked.messages.join(' ')}`, ['inputs', input])
  }
  for (const input of callee.inputs?.required ?? []) {
    const rules = get(properties, input)
    const hasDefault = isMap(rules) && get(rules, 'default') !== undefined
    if (get(inputs, input) === undefined && !hasDefault) report('missing-field', `${name} requires the input ${input}.`)
  }
  return problems
}

function referenceProblems(
  remarks: readonly Remark[],
  path: Path,
  given: ReadonlyMap<string, readonly string[]>,
): Problem[] {
  return remarks.flatMap((remark) => {
    if (remark.kind !== 'reference') return []
    const [root, id = '', field, output] = remark.reference
    const outputs = root === 'steps' && field === 'outputs' ? given.get(id) : undefined
    if (outputs === undefined || output === undefined || outputs.includes(output)) return []
    const message = `steps.${id}.outputs has no field ${output}${didYouMean(output, outputs)}.`
    const place = formatPath([...path, ...remark.path, ...remark.within.map(String)])
    return [problem('bad-expression', message, { path: place, mark: `steps.${id}` })]
  })
}
