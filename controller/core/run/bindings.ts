import type { TenantContext } from '../model/effective.ts'
import type { Workflow } from '../model/generated/kinds.ts'
import { type Json, type JsonMap, newMap, toValue } from '../model/values.ts'
import { everyStep } from './each-step.ts'
import type { Bindings } from './expressions.ts'
import type { RunState, StepState } from './run-state.ts'
import { instanceKey, outermost, type StepScope } from './step-scope.ts'

/** Variables that the expressions of steps and outputs may read. */
export const stepRoots = ['inputs', 'steps', 'tenant', 'run', 'each'] as const
/** Variables that the expressions of triggers may read. */
export const triggerRoots = ['trigger', 'tenant'] as const

export function stepBindings(
  state: RunState,
  workflow: Workflow['spec'],
  tenant: TenantContext,
  scope: StepScope = outermost,
): Bindings {
  const { request } = state
  const steps = newMap()
  // Steps of the branch that was not taken count as skipped, so that `has()` can ask for their outputs.
  for (const { step, loops } of everyStep(workflow)) {
    const around = scope.loops.slice(0, loops.length)
    // Inside a loop its steps are those of the same item; from outside they have no single answer.
    const isNear = loops.every((id, depth) => around[depth]?.id === id)
    steps[step.id] = stepView(isNear ? state.steps.get(instanceKey(step.id, { loops: around })) : undefined)
  }
  return {
    inputs: request.inputs,
    steps,
    each: scope.each,
    tenant: tenantView(tenant),
    run: toValue({
      id: request.runId,
      workflow: request.workflow.name,
      release: request.workflow.release,
      commit: request.commit,
      trigger: request.trigger,
    }),
  }
}

/** What a trigger of each type reads of what started it, as `trigger.<name>`. */
export const fieldOfTrigger = {
  alert: 'alert',
  webhook: 'payload',
  schedule: 'scheduledAt',
  manual: undefined,
} as const

export function triggerBindings(
  field: 'alert' | 'payload' | 'scheduledAt',
  value: Json,
  tenant: TenantContext,
): Bindings {
  const trigger = newMap()
  trigger[field] = value
  return { trigger, tenant: tenantView(tenant) }
}

function stepView(step: StepState | undefined): Json {
  const view = newMap()
  view.outcome = step === undefined ? 'skipped' : outcomeOf(step)
  view.outputs = step?.outputs ?? newMap()
  if (step?.failure !== undefined) view.error = toValue(step.failure)
  return view
}

/** Only what undoes a cancelled run meets a step that has not ended: nobody knows whether it took effect. */
function outcomeOf({ phase, lanes }: StepState): string {
  return [...lanes.values()].some((lane) => lane.phase === 'unknown') ? 'unknown' : phase
}

function tenantView(tenant: TenantContext): JsonMap {
  const view = newMap()
  view.path = tenant.path
  view.uid = tenant.uid
  view.displayName = tenant.displayName
  view.tags = tenant.tags
  view.values = tenant.values
  view.timezone = tenant.timezone
  return view
}
