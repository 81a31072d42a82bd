import { caps } from '../model/caps.ts'
import type { Step } from '../model/generated/kinds.ts'
import { actionInputOf, actionOf } from '../model/step-action.ts'
import { equal, isList, isMap, type Json, type JsonMap, newMap, toValue } from '../model/values.ts'
import { stepBindings } from './bindings.ts'
import { beginCase } from './case-step.ts'
import { beginChild } from './child-step.ts'
import { append, type Decision, type DecisionContext, stepFailed } from './decision.ts'
import { type Bindings, evaluateCondition, interpolated, type Rendered, renderValue } from './expressions.ts'
import type { RunState, StepState } from './run-state.ts'
import { scheduleAttempt } from './schedule-attempt.ts'
import { instanceKey, type StepScope } from './step-scope.ts'

type Fault = Extract<Rendered, { kind: 'failed' }>

/** The first move of a step, with its expressions rendered: they are not read again. */
export function beginStep(step: Step, scope: StepScope, state: RunState, context: DecisionContext): Decision[] {
  const { workflow, tenant, now } = context
  const key = instanceKey(step.id, scope)
  const allowed = caps.stepsPerRun + (state.cancel === undefined ? 0 : caps.stepsOnCancel)
  if (state.steps.size >= allowed) {
    const message = `The run has performed ${allowed} steps, which is all it may.`
    return [append({ type: 'RunFailed', at: now, step: key, code: 'budget-steps-per-run', message })]
  }
  const bindings = stepBindings(state, workflow, tenant, scope)
  const unreadable = (fault: Fault) => [stepFailed(key, 'bad-expression', explain(fault), now)]
  const done = (fields: object = {}): Decision[] => [
    append({ type: 'AttemptSucceeded', at: now, step: key, outputs: newMap(), ...fields }),
  ]
  const guard = step.if === undefined ? true : evaluateCondition(step.if, bindings)
  if (guard !== true && guard.kind === 'failed') return unreadable(guard)
  const holds = guard === true || guard.value === true
  if (step.then !== undefined || step.else !== undefined) return done({ branch: holds ? 'then' : 'else' })
  if (!holds) return done({ skipped: true })
  if (step.parallel !== undefined) return done({ opens: true })
  if (step.switch !== undefined) {
    const branch = caseOf(step.switch, bindings)
    return typeof branch === 'string' ? done({ branch }) : unreadable(branch)
  }

  const rendered = renderValue(toRender(step), bindings)
  if (rendered.kind === 'failed') return unreadable(rendered)
  const action = actionOf(step)
  if (action !== undefined) return beginAction({ ...step, action, id: key }, mapOf(rendered.value), state, context)
  if (step.case !== undefined) return beginCase(key, mapOf(rendered.value), state, now)
  if (step.approval !== undefined) {
    const approvers = step.approval.approvers ?? []
    const message = interpolated(rendered.value)
    const expiry = step.timeoutSeconds !== undefined && { expiresAt: now + step.timeoutSeconds * 1_000 }
    return [append({ type: 'ApprovalRequested', at: now, step: key, message, approvers, ...expiry })]
  }
  if (step.workflow !== undefined) return beginChild(key, step.workflow, mapOf(rendered.value), state, context)
  if (step.forEach !== undefined) return beginItems(key, rendered.value, now)
  if (step.sleep !== undefined) return beginSleep(key, step.sleep, rendered.value, now)
  return done({ outputs: mapOf(rendered.value) })
}

function toRender(step: Step): Json {
  if (actionOf(step) !== undefined) return actionInputOf(step)
  if (step.case !== undefined) return step.case
  if (step.workflow !== undefined) return step.workflow.inputs ?? newMap()
  return step.approval?.message ?? step.forEach?.in ?? step.sleep?.until ?? step.set ?? newMap()
}

/** The id of the first case that fits, or `default`. */
function caseOf({ value, cases }: NonNullable<Step['switch']>, bindings: Bindings): string | Fault {
  const compared = renderValue(value ?? null, bindings)
  if (compared.kind === 'failed') return compared
  for (const { id, when, equals = null } of cases) {
    const fits = when === undefined ? renderValue(equals, bindings) : evaluateCondition(when, bindings)
    if (fits.kind === 'failed') return fits
    if (when === undefined ? equal(fits.value, compared.value) : fits.value === true) return id
  }
  return 'default'
}

function beginItems(step: string, items: Json, now: number): Decision[] {
  if (!isList(items)) return [stepFailed(step, 'bad-expression', 'forEach.in: this is not a list', now)]
  if (items.length > caps.itemsPerLoop) {
    const message = `${items.length} items are more than the ${caps.itemsPerLoop} that a forEach may have.`
    return [append({ type: 'RunFailed', at: now, step, code: 'budget-items-per-loop', message })]
  }
  return [append({ type: 'AttemptSucceeded', at: now, step, outputs: newMap(), opens: true, items })]
}

/** A time without a zone would mean another one on each machine. */
const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/

function beginSleep(step: string, sleep: NonNullable<Step['sleep']>, until: Json, now: number): Decision[] {
  const fireAt = sleep.until === undefined ? now + (sleep.seconds ?? 0) * 1_000 : instantOf(until)
  if (Number.isNaN(fireAt))
    return [stepFailed(step, 'bad-time', 'sleep.until: this is not a time such as 2026-05-01T06:00:00Z', now)]
  if (fireAt <= now) return [append({ type: 'AttemptSucceeded', at: now, step, outputs: newMap() })]
  if (fireAt - now > caps.sleepMs) {
    const message = `A step sleeps for at most ${caps.sleepMs / 86_400_000} days.`
    return [append({ type: 'RunFailed', at: now, step, code: 'budget-sleep', message })]
  }
  return [append({ type: 'TimerSet', at: now, step, fireAt })]
}

function instantOf(value: Json): number {
  return typeof value === 'string' && instant.test(value) ? Date.parse(value) : Number.NaN
}

type ActionStep = Step & { readonly action: string }

function beginAction(step: ActionStep, input: JsonMap, state: RunState, context: DecisionContext): Decision[] {
  const binding = bindingOf(step, context)
  if (binding === undefined) {
    const message = `No connection of the tenant performs ${step.action}.`
    return [stepFailed(step.id, 'missing-binding', message, context.now)]
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

export function onAnswer(step: Step, progress: StepState, state: RunState, context: DecisionContext): Decision[] {
  const { id, asked, answer } = progress
  const { now } = context
  if (answer === undefined) {
    const waiting: Decision = { kind: 'wait-approval', step: id }
    const at = asked?.expiresAt
    if (at === undefined) return [waiting]
    if (at > now) return [waiting, { kind: 'wait-until', at, step: id }]
    // Silence is never a yes.
    return [stepFailed(id, 'approval-timeout', 'Nobody answered in time.', now)]
  }
  if (!answer.approved) {
    const because = answer.comment === undefined ? '' : `: ${answer.comment}`
    return [stepFailed(id, 'rejected', `${answer.by} said no${because}`, now, answerView(answer))]
  }
  // What was shown is what is performed: the input is not rendered a second time.
  const action = actionOf(step)
  if (action !== undefined && asked?.action !== undefined)
    return scheduleAll({ ...step, action, id }, asked.action.input, state, context)
  return [append({ type: 'AttemptSucceeded', at: now, step: id, outputs: answerView(answer) })]
}

function answerView({ approved, by, comment }: NonNullable<StepState['answer']>): JsonMap {
  return mapOf(toValue({ approved, by, comment }))
}

function bindingOf({ action }: { readonly action: string }, { tenant }: DecisionContext) {
  return Object.hasOwn(tenant.bindings, action) ? tenant.bindings[action] : undefined
}

export function explain({ expression, message }: Fault): string {
  return `\${{ ${expression.trim()} }}: ${message}`
}

export function mapOf(value: Json): JsonMap {
  return isMap(value) ? value : newMap()
}
