import type { Step } from '../model/generated/kinds.ts'
import type { ProblemCode } from '../model/problems.ts'
import { didYouMean } from './check-inputs.ts'

/** What an expression may refer to at its place. */
export interface Visible {
  readonly inputs: readonly string[]
  /** Ids of all steps of the workflow. */
  readonly declared: ReadonlySet<string>
  /** Names of the items and places of the loops around. */
  readonly each: readonly string[]
  /** What is read of the steps that have ended when the expression is read. */
  readonly steps: Seen
}

/** By id. */
export type Seen = Pick<ReadonlyMap<string, OutputNames>, 'get'>

/** Fields of a step's outputs. */
export type OutputNames = readonly string[] | 'not known before it is performed'

const resultsOnly: OutputNames = ['results']
const caseOnly: OutputNames = ['case']

export function outputNamesOf(step: Step): OutputNames {
  if (step.set) return Object.keys(step.set)
  if (step.forEach) return resultsOnly
  return step.case ? caseOnly : 'not known before it is performed'
}

interface Fault {
  readonly code: ProblemCode
  readonly message: string
}

const fieldsOf: Readonly<Record<string, readonly string[]>> = {
  tenant: ['path', 'uid', 'displayName', 'tags', 'values', 'timezone'],
  run: ['id', 'workflow', 'release', 'commit', 'trigger'],
}
const fieldsOfStep = ['outputs', 'outcome', 'error']

/** What is wrong with a reference at its place. */
export function faultOfReference([root, name, field, output]: readonly string[], visible: Visible): Fault | undefined {
  if (root === undefined || name === undefined) return undefined
  if (root === 'steps') return faultOfStep(name, field, output, visible)
  if (root === 'each') {
    if (visible.each.includes(name)) return undefined
    const message =
      visible.each.length === 0
        ? '`each` is read within a forEach only.'
        : `each has no field ${name}${didYouMean(name, visible.each)}.`
    return { code: 'bad-expression', message }
  }
  if (root === 'inputs') {
    if (visible.inputs.includes(name)) return undefined
    return { code: 'unknown-input', message: `There is no input ${name}${didYouMean(name, visible.inputs)}.` }
  }
  const fields = Object.hasOwn(fieldsOf, root) ? fieldsOf[root] : undefined
  return fields === undefined ? undefined : faultOfField(root, name, fields)
}

function faultOfStep(
  id: string,
  field: string | undefined,
  output: string | undefined,
  { declared, steps }: Visible,
): Fault | undefined {
  const known = steps.get(id)
  if (known === undefined) {
    const message = declared.has(id)
      ? `Step ${id} has not been performed when this is read.`
      : `There is no step ${id}${didYouMean(id, [...declared])}.`
    return { code: 'unknown-step', message }
  }
  if (field === undefined) return undefined
  const fault = faultOfField(`steps.${id}`, field, fieldsOfStep)
  if (fault !== undefined || field !== 'outputs' || output === undefined || typeof known === 'string') return fault
  return faultOfField(`steps.${id}.outputs`, output, known)
}

function faultOfField(of: string, name: string, fields: readonly string[]): Fault | undefined {
  if (fields.includes(name)) return undefined
  return { code: 'bad-expression', message: `${of} has no field ${name}${didYouMean(name, fields)}.` }
}
