import type { Step } from './generated/kinds.ts'
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
