import type { Step } from '../model/generated/kinds.ts'
import { type Json, type JsonMap, newMap, toValue } from '../model/values.ts'
import { eachStep } from './each-step.ts'
import type { RunState } from './run-state.ts'
import { instanceKey, type StepScope } from './step-scope.ts'

type Loops = Pick<StepScope, 'loops'>

/** What the steps of an item gave, by their ids; loops within keep their own results. */
export function outputsOfItem(steps: readonly Step[], scope: Loops, state: RunState): JsonMap {
  const outputs = newMap()
  for (const { step, loops } of eachStep(steps)) {
    if (loops.length > 0 || !state.steps.has(instanceKey(step.id, scope))) continue
    outputs[step.id] = outputsSoFar(step, scope, state)
  }
  return outputs
}

/** The outputs of a step. A loop that was going on when the run was cancelled has the results of what it had come to. */
export function outputsSoFar(step: Step, scope: Loops, state: RunState): JsonMap {
  const progress = state.steps.get(instanceKey(step.id, scope))
  return progress?.cancelled && step.forEach && progress.items
    ? resultsSoFar(step, step.forEach, progress.items, scope, state)
    : (progress?.outputs ?? newMap())
}

/** The results of a loop that is cut off: items that were not begun have them too. */
export function resultsSoFar(
  step: Step,
  loop: NonNullable<Step['forEach']>,
  items: readonly Json[],
  scope: Loops,
  state: RunState,
): JsonMap {
  const outputs = newMap()
  outputs.results = items.map((_, index): Json => {
    const own = { loops: [...scope.loops, { id: step.id, index }] }
    return toValue({ index, outcome: outcomeOf(loop.steps, own, state), steps: outputsOfItem(loop.steps, own, state) })
  })
  return outputs
}

/** Of an item whose loop was cut off. */
function outcomeOf(steps: readonly Step[], scope: Loops, state: RunState): 'succeeded' | 'failed' | 'cancelled' {
  const phases = steps.map(({ id }) => state.steps.get(instanceKey(id, scope)))
  if (phases.some((step) => step?.phase === 'failed' && step.cancelled === undefined)) return 'failed'
  const isDone = phases.every((step) => step?.phase === 'succeeded' || step?.phase === 'skipped')
  return isDone ? 'succeeded' : 'cancelled'
}
