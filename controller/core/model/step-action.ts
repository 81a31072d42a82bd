import type { Step, Workflow } from './generated/kinds.ts'
import { stepListsIn, stepListsOf } from './step-lists.ts'
import { type JsonMap, newMap } from './values.ts'

/** `notify` is this action under a shorter name: bound, guarded, sent and journaled like any other. */
const notifyAction = 'notify_team'

/** The action that a step performs. */
export function actionOf({ action, notify }: Pick<Step, 'action' | 'notify'>): string | undefined {
  return action ?? (notify === undefined ? undefined : notifyAction)
}

/** What the action is given, with its expressions. */
export function actionInputOf({ with: input, notify }: Pick<Step, 'with' | 'notify'>): JsonMap {
  return notify === undefined ? (input ?? newMap()) : notify
}

const callers = new WeakMap<Step | Workflow['spec'], boolean>()

/** Whether some step performs another workflow: most do not. It is asked for each tenant, and tenants share workflows, as renderings share steps. */
export function performsOthers(spec: Workflow['spec']): boolean {
  let known = callers.get(spec)
  if (known === undefined) {
    known = stepListsIn(spec).some(({ steps }) => steps.some(isCaller))
    callers.set(spec, known)
  }
  return known
}

/** Whether a step or one within performs another workflow. */
export function isCaller(step: Step): boolean {
  let known = callers.get(step)
  if (known === undefined) {
    known = step.workflow !== undefined || stepListsOf(step).some(({ steps }) => steps.some(isCaller))
    callers.set(step, known)
  }
  return known
}
