import { caps } from '../model/caps.ts'
import type { Step } from '../model/generated/kinds.ts'
import type { JsonMap } from '../model/values.ts'
import { checkInputs } from './check-inputs.ts'
import { append, type Decision, type DecisionContext, stepFailed } from './decision.ts'
import { originOfChild } from './child-run.ts'
import { runIdOf } from './run-id.ts'
import type { RunState, StepState } from './run-state.ts'

/** Asks for the run of another workflow, as this run has pinned it; its inputs are checked before it is asked for. */
export function beginChild(
  step: string,
  { name, detached }: NonNullable<Step['workflow']>,
  inputs: JsonMap,
  { request }: RunState,
  { tenant, now }: DecisionContext,
): Decision[] {
  const { children = {} } = tenant
  const child = Object.hasOwn(children, name) ? children[name] : undefined
  if (child === undefined)
    return [stepFailed(step, 'missing-workflow', `The tenant does not receive a workflow ${name}.`, now)]
  if ((request.parent?.depth ?? 0) >= caps.childDepth) {
    const message = `Workflows perform one another ${caps.childDepth} levels deep, which is all they may.`
    return [append({ type: 'RunFailed', at: now, step, code: 'budget-child-depth', message })]
  }
  const checked =
    child.inputs === undefined ? ({ kind: 'accepted', inputs } as const) : checkInputs(child.inputs, inputs)
  if (checked.kind === 'refused') return [stepFailed(step, 'bad-input', `${name}: ${checked.messages.join(' ')}`, now)]
  const { owner, release, digest } = child
  const workflow = { name, owner, release, digest }
  const runId = runIdOf(originOfChild(request, step, workflow))
  return [
    append({
      type: 'ChildRequested',
      at: now,
      step,
      runId,
      workflow,
      inputs: checked.inputs,
      ...(detached && { detached }),
    }),
  ]
}

export function onChild({ timeoutSeconds }: Step, { id, child, ended, startedAt }: StepState, now: number): Decision[] {
  if (ended === undefined) {
    const awaited: Decision = { kind: 'await-child', step: id }
    if (timeoutSeconds === undefined) return [awaited]
    const at = startedAt + timeoutSeconds * 1_000
    if (at > now) return [awaited, { kind: 'wait-until', at, step: id }]
    return [stepFailed(id, 'timeout', `It was not done within ${timeoutSeconds} seconds.`, now)]
  }
  const { outcome, outputs, message } = ended
  if (outcome === 'succeeded' || outcome === 'detached')
    return [append({ type: 'AttemptSucceeded', at: now, step: id, outputs })]
  const why = message === undefined ? '' : `: ${message}`
  return [stepFailed(id, `child-${outcome}`, `${child?.workflow.name} has ${wordOf[outcome]}${why}`, now, outputs)]
}

const wordOf = { failed: 'failed', cancelled: 'been cancelled', quarantined: 'been quarantined' } as const
