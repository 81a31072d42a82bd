import type { Step, Workflow } from './generated/kinds.ts'

export interface StepList {
  /** From the step on: `['parallel', { id: 'mail' }, 'steps']`. */
  readonly path: readonly (string | { readonly id: string })[]
  readonly steps: readonly Step[]
  /** How the list belongs to its step: it shares the step's turn, is done once per item, or follows its failure. */
  readonly role: 'branch' | 'item' | 'on-error'
}

/** Names of the keys under which a list of steps may stand. */
export const stepListKeys: readonly string[] = ['steps', 'then', 'else', 'default', 'onErrorSteps', 'onCancelSteps']

/** The lists of steps that a workflow has itself. */
export function stepListsIn({ steps, onCancelSteps }: Workflow['spec']): readonly Omit<StepList, 'role'>[] {
  const first = { path: ['steps'], steps }
  return onCancelSteps ? [first, { path: ['onCancelSteps'], steps: onCancelSteps }] : [first]
}

const none: readonly StepList[] = []

/** The lists of steps directly within a step, in the order in which they stand: the one place that knows them all. */
export function stepListsOf(step: Step): readonly StepList[] {
  const { then, else: otherwise, switch: choice, parallel, forEach, onErrorSteps } = step
  if (!then && !otherwise && !choice && !parallel && !forEach && !onErrorSteps) return none
  const lists: StepList[] = []
  if (then) lists.push({ path: ['then'], steps: then, role: 'branch' })
  if (otherwise) lists.push({ path: ['else'], steps: otherwise, role: 'branch' })
  for (const { id, steps } of choice?.cases ?? [])
    lists.push({ path: ['switch', 'cases', { id }, 'steps'], steps, role: 'branch' })
  if (choice?.default) lists.push({ path: ['switch', 'default'], steps: choice.default, role: 'branch' })
  for (const { id, steps } of parallel ?? []) lists.push({ path: ['parallel', { id }, 'steps'], steps, role: 'branch' })
  if (forEach) lists.push({ path: ['forEach', 'steps'], steps: forEach.steps, role: 'item' })
  if (onErrorSteps) lists.push({ path: ['onErrorSteps'], steps: onErrorSteps, role: 'on-error' })
  return lists
}
