import { caps } from '../model/caps.ts'
import type { Step } from '../model/generated/kinds.ts'
import { isMap, type Json, type JsonMap, newMap, toValue } from '../model/values.ts'
import { stepBindings } from './bindings.ts'
import { append, type Decision, type DecisionContext } from './decision.ts'
import type { AttemptFailed } from './events.ts'
import { evaluateCondition, interpolated, type Rendered, renderValue } from './expressions.ts'
import { isFinished, isSettled, type Lane, type RunState, type StepState } from './run-state.ts'
import { announce, scheduleAttempt } from './schedule-attempt.ts'

/**
 * The next move of a run, and no more than one: a function of what the journal says, what the run pinned, and the time.
 * Whoever gets events appends them, folds them and asks again; whatever else comes back is done or waited for.
 * An intent without an outcome is awaited here; after a crash `recover` decides about it.
 */
export function decide(state: RunState, context: DecisionContext): Decision[] {
  if (isFinished(state)) return [{ kind: 'done' }]
  if (state.phase === 'requested') return [append({ type: 'RunStarted', at: context.now })]
  const next = nextIn(context.workflow.steps, state)
  if (next.kind === 'all-settled') return [finish(state, context)]
  if (next.kind === 'failed') return [fail(next.step, context)]
  const { step, progress } = next
  if (progress === undefined) return begin(step, state, context)
  return progress.phase === 'asked' ? onAnswer(step, progress, state, context) : onLanes(progress, state, context)
}

type Next =
  | { readonly kind: 'all-settled' }
  | { readonly kind: 'failed'; readonly step: StepState }
  | { readonly kind: 'step'; readonly step: Step; readonly progress: StepState | undefined }

/** The first step in document order that is not behind us. */
function nextIn(steps: readonly Step[], state: RunState): Next {
  for (const step of steps) {
    const progress = state.steps.get(step.id)
    if (progress === undefined || !isSettled(progress)) return { kind: 'step', step, progress }
    if (progress.phase === 'failed' && step.onError !== 'continue') return { kind: 'failed', step: progress }
    if (progress.branch === undefined) continue
    const within = nextIn(step[progress.branch] ?? [], state)
    if (within.kind !== 'all-settled') return within
  }
  return { kind: 'all-settled' }
}

function finish(state: RunState, context: DecisionContext): Decision {
  const { workflow, tenant, now } = context
  const rendered = renderValue(workflow.outputs ?? newMap(), stepBindings(state, workflow, tenant))
  if (rendered.kind === 'rendered') return append({ type: 'RunSucceeded', at: now, outputs: mapOf(rendered.value) })
  const message = `outputs: ${explain(rendered)}`
  return append({ type: 'RunFailed', at: now, code: 'bad-expression', message })
}

function fail({ id, failure }: StepState, { now }: DecisionContext): Decision {
  const { code, message } = failure ?? { code: 'failed', message: 'The step failed.' }
  return append({ type: 'RunFailed', at: now, step: id, code, message })
}

function begin(step: Step, state: RunState, context: DecisionContext): Decision[] {
  const { workflow, tenant, now } = context
  if (state.steps.size >= caps.stepsPerRun) {
    const message = `The run has performed ${caps.stepsPerRun} steps, which is all it may.`
    return [append({ type: 'RunFailed', at: now, step: step.id, code: 'budget-steps-per-run', message })]
  }
  const bindings = stepBindings(state, workflow, tenant)
  const guard = step.if === undefined ? true : evaluateCondition(step.if, bindings)
  if (guard !== true && guard.kind === 'failed') return [stepFailed(step, 'bad-expression', explain(guard), now)]
  const holds = guard === true || guard.value === true
  const isBlock = step.then !== undefined || step.else !== undefined
  const empty = newMap()
  if (isBlock) {
    const branch = holds ? 'then' : 'else'
    return [append({ type: 'AttemptSucceeded', at: now, step: step.id, outputs: empty, branch })]
  }
  if (!holds) return [append({ type: 'AttemptSucceeded', at: now, step: step.id, outputs: empty, skipped: true })]

  const rendered = renderValue(toRender(step), bindings)
  if (rendered.kind === 'failed') return [stepFailed(step, 'bad-expression', explain(rendered), now)]
  if (step.action !== undefined)
    return beginAction({ ...step, action: step.action }, mapOf(rendered.value), state, context)
  if (step.approval !== undefined) {
    const approvers = step.approval.approvers ?? []
    const message = interpolated(rendered.value)
    return [append({ type: 'ApprovalRequested', at: now, step: step.id, message, approvers })]
  }
  return [append({ type: 'AttemptSucceeded', at: now, step: step.id, outputs: mapOf(rendered.value) })]
}

function toRender(step: Step): Json {
  if (step.action !== undefined) return step.with ?? newMap()
  return step.approval?.message ?? step.set ?? newMap()
}

type ActionStep = Step & { readonly action: string }

function beginAction(step: ActionStep, input: JsonMap, state: RunState, context: DecisionContext): Decision[] {
  const binding = bindingOf(step, context)
  if (binding === undefined) {
    const message = `No connection of the tenant performs ${step.action}.`
    return [stepFailed(step, 'missing-binding', message, context.now)]
  }
  if (binding.approval === undefined) return scheduleAll(step, input, state, context)
  const action = { name: step.action, input }
  const message = binding.approval
  return [append({ type: 'ApprovalRequested', at: context.now, step: step.id, message, approvers: [], action })]
}

function scheduleAll(step: ActionStep, input: JsonMap, state: RunState, context: DecisionContext): Decision[] {
  const bound = bindingOf(step, context)?.connections ?? []
  const connections = bound.map(({ name }) => name)
  const { runId } = state.request
  return bound.flatMap((connection) =>
    scheduleAttempt({ runId, step, input, connection, connections, attempt: 1 }, context),
  )
}

function onAnswer(step: Step, { asked, answer }: StepState, state: RunState, context: DecisionContext): Decision[] {
  if (answer === undefined) return [{ kind: 'wait-approval', step: step.id }]
  if (!answer.approved) {
    const because = answer.comment === undefined ? '' : `: ${answer.comment}`
    return [stepFailed(step, 'rejected', `${answer.by} said no${because}`, context.now, answerView(answer))]
  }
  // What was shown is what is performed: the input is not rendered a second time.
  if (step.action !== undefined && asked?.action !== undefined)
    return scheduleAll({ ...step, action: step.action }, asked.action.input, state, context)
  return [append({ type: 'AttemptSucceeded', at: context.now, step: step.id, outputs: answerView(answer) })]
}

function answerView({ approved, by, comment }: NonNullable<StepState['answer']>): JsonMap {
  return mapOf(toValue({ approved, by, comment }))
}

function onLanes(progress: StepState, state: RunState, context: DecisionContext): Decision[] {
  return [...progress.lanes.values()].flatMap((lane) => onLane(lane, state, context))
}

function onLane({ scheduled, phase, fireAt }: Lane, { request }: RunState, { now }: DecisionContext): Decision[] {
  const place = { step: scheduled.step, connection: scheduled.connection }
  const again = () => announce(request.runId, { ...scheduled, at: now, attempt: scheduled.attempt + 1 })
  switch (phase) {
    case 'scheduled':
      return [{ kind: 'await-outcome', ...place }]
    case 'unknown':
      return [{ kind: 'wait-resolution', ...place }]
    case 'retrying': {
      const at = fireAt ?? now
      if (at > now) return [{ kind: 'wait-until', at, ...place }]
      return [append({ type: 'TimerFired', at: now, ...place }), ...again()]
    }
    case 'due':
      return again()
    default:
      return []
  }
}

function bindingOf({ action }: { readonly action: string }, { tenant }: DecisionContext) {
  return Object.hasOwn(tenant.bindings, action) ? tenant.bindings[action] : undefined
}

function stepFailed(step: Step, code: string, message: string, now: number, outputs?: JsonMap): Decision {
  const event: AttemptFailed = { type: 'AttemptFailed', at: now, step: step.id, code, message, final: true }
  return append(outputs === undefined ? event : { ...event, outputs })
}

function explain({ expression, message }: Extract<Rendered, { kind: 'failed' }>): string {
  return `\${{ ${expression.trim()} }}: ${message}`
}

function mapOf(value: Json): JsonMap {
  return isMap(value) ? value : newMap()
}
