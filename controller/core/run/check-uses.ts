import { formatPath, type Path } from '../merge/path.ts'
import type { Action, Step, Workflow } from '../model/generated/kinds.ts'
import { type Problem, problem } from '../model/problems.ts'
import { actionInputOf, actionOf, performsOthers } from '../model/step-action.ts'
import { get, isList, isMap, type JsonMap, newMap } from '../model/values.ts'
import { allFit, areFit } from './action-fits.ts'
import { didYouMean } from './check-inputs.ts'
import { misfitOfWritten } from './check-schemas.ts'
import { everyStep, type PlacedStep } from './each-step.ts'
import { type Remark, remarksOnOutputs, remarksOnStep } from './step-remarks.ts'
import type { Derived } from './steps-apart.ts'

type Spec = Workflow['spec']

/** What names mean around a workflow; undefined where nobody can tell. */
export interface Around {
  readonly calleeOf: (name: string) => Spec | undefined
  readonly actionOf: (name: string) => Action['spec'] | undefined
}

/** What a workflow asks of those that it performs as steps: inputs that they take, and outputs that they hand back. */
export function checkCalls(spec: Spec, { calleeOf }: Pick<Around, 'calleeOf'>): Problem[] {
  if (!performsOthers(spec)) return []
  return checkUses(spec, ({ workflow }) => {
    const callee = workflow && calleeOf(workflow.name)
    if (workflow === undefined || callee === undefined) return undefined
    const { properties = newMap(), required = [] } = callee.inputs ?? {}
    const outputs = workflow.detached ? ['run'] : Object.keys(callee.outputs ?? newMap())
    const { name, inputs = newMap() } = workflow
    return { name, input: inputs, path: ['workflow', 'inputs'], properties, required, isClosed: true, outputs }
  })
}

/** The same of its actions. */
export function checkActions(
  spec: Spec,
  { actionOf: declared }: Pick<Around, 'actionOf'>,
  derived?: Derived,
): Problem[] {
  const taken = {
    of: declared,
    fits: (step: Step) => {
      const use = actionUse(step, declared)
      return use === undefined || inputProblems(use, []).length === 0
    },
    outputsOf: (step: Step) => actionUse(step, declared)?.outputs,
  }
  const isFine = derived ? areFit(derived, spec, taken) : allFit(spec, taken)
  return isFine ? [] : checkUses(spec, (step) => actionUse(step, declared))
}

function actionUse(step: Step, declared: Around['actionOf']): Use | undefined {
  const name = actionOf(step)
  const action = name === undefined ? undefined : declared(name)
  if (name === undefined || action === undefined) return undefined
  const { input, output } = action
  const required = get(input, 'required') ?? []
  const properties = get(output, 'properties')
  const isClosed = isMap(properties) && get(output, 'additionalProperties') !== true
  return {
    name,
    input: actionInputOf(step),
    path: [step.notify === undefined ? 'with' : 'notify'],
    properties: mapOf(get(input, 'properties')),
    required: isList(required) ? required.filter((field) => typeof field === 'string') : [],
    isClosed: get(input, 'additionalProperties') === false,
    // Where several connections perform it, each has its own.
    ...(isClosed && { outputs: [...Object.keys(mapOf(properties)), 'results'] }),
  }
}

/** What a step makes use of, as far as it says what it takes and gives. */
interface Use {
  readonly name: string
  readonly input: JsonMap
  /** Of the input, from the step on. */
  readonly path: Path
  readonly properties: JsonMap
  readonly required: readonly string[]
  /** It takes nothing else. */
  readonly isClosed: boolean
  readonly outputs?: readonly string[]
}

function checkUses(spec: Spec, useOf: (step: Step) => Use | undefined): Problem[] {
  const placed = placedSteps(spec)
  const given = new Map<string, readonly string[]>()
  const problems: Problem[] = []
  for (const { step, path } of placed) {
    const use = useOf(step)
    if (use === undefined) continue
    problems.push(...inputProblems(use, path))
    if (use.outputs !== undefined) given.set(step.id, use.outputs)
  }
  if (given.size === 0) return problems
  for (const { step, path } of placed) problems.push(...referenceProblems(remarksOnStep(step).remarks, path, given))
  if (spec.outputs !== undefined)
    problems.push(...referenceProblems(remarksOnOutputs(spec.outputs), ['spec', 'outputs'], given))
  return problems
}

const known = new WeakMap<Spec, readonly PlacedStep[]>()

function placedSteps(spec: Spec): readonly PlacedStep[] {
  let steps = known.get(spec)
  if (!steps) known.set(spec, (steps = [...everyStep(spec)]))
  return steps
}

function inputProblems({ name, input, path, properties, required, isClosed }: Use, step: Path): Problem[] {
  const problems: Problem[] = []
  const report = (code: 'unknown-input' | 'missing-field' | 'wrong-value', message: string, within: Path) =>
    problems.push(problem(code, message, { path: formatPath([...step, ...within]) }))
  for (const [field, value] of Object.entries(input)) {
    const rules = get(properties, field)
    if (rules === undefined) {
      const hint = didYouMean(field, Object.keys(properties))
      if (isClosed) report('unknown-input', `${name} has no input ${field}${hint}.`, [...path, field])
      continue
    }
    const misfit = misfitOfWritten(rules, value)
    if (misfit)
      report('wrong-value', `${name}: input ${field}${misfit.at && ` at ${misfit.at}`} ${misfit.what}.`, [
        ...path,
        field,
      ])
  }
  for (const field of required) {
    const rules = get(properties, field) ?? null
    const hasDefault = isMap(rules) && get(rules, 'default') !== undefined
    if (get(input, field) === undefined && !hasDefault)
      report('missing-field', `${name} requires the input ${field}.`, path.slice(0, 1))
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

function mapOf(value: unknown): JsonMap {
  return isMap(value) ? value : newMap()
}
