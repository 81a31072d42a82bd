import type { Path } from '../merge/path.ts'
import type { Step, Workflow } from '../model/generated/kinds.ts'
import type { ProblemCode } from '../model/problems.ts'
import { actionOf } from '../model/step-action.ts'
import { stepListsOf } from '../model/step-lists.ts'
import type { Json, JsonMap } from '../model/values.ts'
import { stepRoots } from './bindings.ts'
import { type OutputNames, outputNamesOf } from './check-references.ts'
import { stepsWithin } from './each-step.ts'
import { isSeverity, severities } from './cases.ts'
import { hasExpression, piecesOf } from './expression-text.ts'
import type { Read } from './found-by-types.ts'
import { checkExpressions, referencesIn } from './expressions.ts'
import { faultOfCode } from './retry-codes.ts'

/** What a part of a workflow says by itself; `path` is of a field of that part, and `within` goes on inside its value. */
export type Remark = { readonly path: Path; readonly within: readonly (string | number)[] } & (
  | { readonly kind: 'fault'; readonly code: ProblemCode; readonly message: string }
  /** Sound or not, depending on what stands around it. */
  | { readonly kind: 'reference'; readonly reference: readonly string[] }
)

/** A step, and what is read of it. */
export type Given = { readonly id: string; readonly outputs: OutputNames }

interface StepRemarks {
  /** Its own id and those of all steps within. */
  readonly ids: readonly string[]
  /** Of the step itself, without the steps within. */
  readonly remarks: readonly Remark[]
  /** What the steps after it may read: itself, and the steps of its branches. A loop holds an answer for each item in its results. */
  readonly gives: readonly Given[]
}

// Renderings share the objects of every step that no overlay changed, so most steps were read before.
const ofStep = new WeakMap<Step, StepRemarks>()
const ofOutputs = new WeakMap<object, readonly Remark[]>()

export function remarksOnStep(step: Step): StepRemarks {
  let known = ofStep.get(step)
  if (!known) {
    const ids = stepsWithin(step).map(({ id }) => id)
    known = { ids, remarks: readStep(step), gives: givenBy(step) }
    ofStep.set(step, known)
  }
  return known
}

function givenBy(step: Step): readonly Given[] {
  const given = [{ id: step.id, outputs: outputNamesOf(step) }]
  for (const { steps, role } of stepListsOf(step))
    if (role !== 'item') for (const each of steps) given.push(...remarksOnStep(each).gives)
  return given
}

/** The fields of variables that a part of a workflow reads, such as `inputs.host`, each once. */
export function readsIn(remarks: readonly Remark[]): Read[] {
  const reads: Read[] = []
  for (const remark of remarks) {
    if (remark.kind !== 'reference') continue
    const { reference } = remark
    if (!reads.some(([variable, field]) => variable === reference[0] && field === reference[1])) reads.push(reference)
  }
  return reads
}

export function remarksOnOutputs(outputs: NonNullable<Workflow['spec']['outputs']>): readonly Remark[] {
  let known = ofOutputs.get(outputs)
  if (!known) {
    known = onValue(outputs, [], stepRoots)
    ofOutputs.set(outputs, known)
  }
  return known
}

const kindsOfStep = [
  'action',
  'workflow',
  'notify',
  'case',
  'set',
  'approval',
  'sleep',
  'switch',
  'parallel',
  'forEach',
] as const

function readStep(step: Step): Remark[] {
  const isBlock = step.then !== undefined || step.else !== undefined
  const kinds = kindsOfStep.filter((kind) => step[kind] !== undefined)
  const named = [...kinds, ...(isBlock ? [step.then === undefined ? 'else' : 'then'] : [])]
  const remarks: Remark[] = []
  if (named.length === 0)
    remarks.push(
      fault(
        'step-kind',
        `Step ${step.id} does nothing: add action, workflow, notify, case, set, approval, sleep, switch, parallel, forEach or then.`,
      ),
    )
  if (named.length > 1)
    remarks.push(fault('step-kind', `Step ${step.id} has ${named.join(' and ')}: keep one of them.`))
  if (isBlock && step.if === undefined)
    remarks.push(fault('step-kind', `Step ${step.id} has \`${named.at(-1)}\` without \`if\`.`))
  if (step.with !== undefined && step.action === undefined)
    remarks.push(fault('step-kind', `Step ${step.id} has \`with\` without \`action\`.`, ['with']))
  if (step.retry !== undefined && actionOf(step) === undefined)
    remarks.push(fault('step-kind', `Step ${step.id} has \`retry\`: only an action is tried again.`, ['retry']))
  for (const [index, code] of (step.retry?.codes ?? []).entries()) {
    const message = faultOfCode(code)
    if (message !== undefined) remarks.push(fault('wrong-value', message, ['retry', 'codes'], [index]))
  }
  if (step.if !== undefined) remarks.push(...onCondition(step.if, ['if'], stepRoots))
  if (step.with !== undefined) remarks.push(...onValue(step.with, ['with'], stepRoots))
  if (step.set !== undefined) remarks.push(...onValue(step.set, ['set'], stepRoots))
  if (step.notify !== undefined) remarks.push(...onValue(step.notify, ['notify'], stepRoots))
  if (step.case !== undefined) remarks.push(...onCase(step.id, step.case))
  if (step.workflow?.inputs !== undefined)
    remarks.push(...onValue(step.workflow.inputs, ['workflow', 'inputs'], stepRoots))
  const message = step.approval?.message
  if (message !== undefined) remarks.push(...onValue(message, ['approval', 'message'], stepRoots))
  remarks.push(...onBlock(step))
  return remarks
}

function onCase(id: string, { open, comment, close }: NonNullable<Step['case']>): Remark[] {
  const remarks: Remark[] = []
  const kinds = Object.entries({ open, comment, close }).filter(([, value]) => value !== undefined)
  if (kinds.length !== 1)
    remarks.push(
      fault('step-kind', `Step ${id} writes into a case: say open, comment or close, one of them.`, ['case']),
    )
  for (const [kind, value] of kinds) remarks.push(...onValue(value as JsonMap, ['case', kind], stepRoots))
  for (const [kind, value] of Object.entries({ comment, close }))
    if (value !== undefined && (value.case === undefined) === (value.key === undefined))
      remarks.push(fault('step-kind', `Step ${id} needs either \`case\` or \`key\`.`, ['case', kind]))
  const severity = open?.severity
  if (severity !== undefined && !hasExpression(severity) && !isSeverity(severity))
    remarks.push(
      fault('wrong-value', `There is no severity ${severity}: ${severities.join(', ')}.`, ['case', 'open', 'severity']),
    )
  return remarks
}

function onBlock({ id, switch: choice, forEach, sleep }: Step): Remark[] {
  const remarks: Remark[] = []
  if (choice?.value !== undefined) remarks.push(...onValue(choice.value, ['switch', 'value'], stepRoots))
  for (const { id: name, equals, when } of choice?.cases ?? []) {
    const path: Path = ['switch', 'cases', { id: name }]
    if (name === 'default')
      remarks.push(fault('step-kind', `A case of ${id} is called default: give it another id.`, path))
    if ((equals === undefined) === (when === undefined))
      remarks.push(fault('step-kind', `Case ${name} of ${id} needs either \`equals\` or \`when\`.`, path))
    if (equals !== undefined && choice?.value === undefined)
      remarks.push(fault('step-kind', `Case ${name} of ${id} has \`equals\`, and \`switch\` has no \`value\`.`, path))
    if (equals !== undefined) remarks.push(...onValue(equals, [...path, 'equals'], stepRoots))
    if (when !== undefined) remarks.push(...onCondition(when, [...path, 'when'], stepRoots))
  }
  if (forEach !== undefined) remarks.push(...onWhole(forEach.in, ['forEach', 'in'], stepRoots))
  if (sleep !== undefined && (sleep.seconds === undefined) === (sleep.until === undefined))
    remarks.push(fault('step-kind', `Step ${id} sleeps: say \`seconds\` or \`until\`, one of them.`, ['sleep']))
  if (sleep?.until !== undefined) remarks.push(...onValue(sleep.until, ['sleep', 'until'], stepRoots))
  return remarks
}

export function onCondition(text: string, path: Path, roots: readonly string[]): Remark[] {
  return onWhole(text, path, roots, 'A condition')
}

function onWhole(text: string, path: Path, roots: readonly string[], what = 'A list'): Remark[] {
  const cut = piecesOf(text.trim())
  const isOne = cut.kind === 'malformed' || (cut.pieces.length === 1 && cut.pieces[0]?.kind === 'expression')
  return isOne ? onValue(text, path, roots) : [fault('bad-expression', `${what} is exactly one \`\${{ … }}\`.`, path)]
}

export function onValue(value: Json, path: Path, roots: readonly string[]): Remark[] {
  return [
    ...checkExpressions(value, roots).map((found) => fault('bad-expression', found.message, path, found.path)),
    ...referencesIn(value).map(
      ({ path: within, reference }): Remark => ({ kind: 'reference', path, within, reference }),
    ),
  ]
}

export function fault(code: ProblemCode, message: string, path: Path = [], within: Remark['within'] = []): Remark {
  return { kind: 'fault', code, message, path, within }
}
