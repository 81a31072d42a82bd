import { newMap } from '../model/values.ts'
import { stepBindings } from './bindings.ts'
import { explain, mapOf } from './begin-step.ts'
import { unwind } from './cancel-run.ts'
import { checkOutputs } from './check-inputs.ts'
import { append, type Decision, type DecisionContext } from './decision.ts'
import { renderValue } from './expressions.ts'
import { isPerforming, overBudget } from './run-budgets.ts'
import { isFinished, type RunState, type StepState } from './run-state.ts'
import { outermost } from './step-scope.ts'
import { walkSteps } from './walk-steps.ts'

/**
 * The next move of a run, and no more than one in each branch: a function of what the journal says, what the run pinned,
 * and the time. Whoever gets events appends them, folds them and asks again; whatever else comes back is done or waited for.
 * An intent without an outcome is awaited here; after a crash `recover` decides about it.
 */
export function decide(state: RunState, context: DecisionContext): Decision[] {
  if (isFinished(state)) return [{ kind: 'done' }]
  if (state.phase === 'requested') return [append({ type: 'RunStarted', at: context.now })]
  const end = overBudget(state, context.workflow, context.now)
  if (end !== undefined) return [end]
  if (state.cancel !== undefined) return endOnBudget(unwind(state, context), state)
  const walked = walkSteps(context.workflow.steps, outermost, { state, context })
  if (walked.kind === 'settled') return [finish(state, context)]
  if (walked.kind === 'failed') return [fail(walked.step, context)]
  return endOnBudget(walked.decisions, state)
}

/** Over a budget the run ends, whatever its other branches were about to begin, and after what they are performing. */
function endOnBudget(decisions: Decision[], state: RunState): Decision[] {
  const end = decisions.find((decision) => decision.kind === 'append' && decision.event.type === 'RunFailed')
  if (end === undefined) return decisions
  return isPerforming(state) ? decisions.filter(({ kind }) => kind === 'await-outcome') : [end]
}

function finish(state: RunState, context: DecisionContext): Decision {
  const { workflow, tenant, now } = context
  const rendered = renderValue(workflow.outputs ?? newMap(), stepBindings(state, workflow, tenant))
  if (rendered.kind === 'rendered') {
    const outputs = mapOf(rendered.value)
    const misfits = checkOutputs(workflow.outputSchema, outputs)
    if (misfits.length === 0) return append({ type: 'RunSucceeded', at: now, outputs })
    return append({ type: 'RunFailed', at: now, code: 'bad-outputs', message: misfits.join(' ') })
  }
  const message = `outputs: ${explain(rendered)}`
  return append({ type: 'RunFailed', at: now, code: 'bad-expression', message })
}

function fail({ id, failure }: StepState, { now }: DecisionContext): Decision {
  const { code, message } = failure ?? { code: 'failed', message: 'The step failed.' }
  return append({ type: 'RunFailed', at: now, step: id, code, message })
}
