import type { TenantContext } from '../model/effective.ts'
import type { Workflow } from '../model/generated/kinds.ts'
import { type Json, type JsonMap, newMap, toValue } from '../model/values.ts'
import { stepsOfRun } from './each-step.ts'
import type { Bindings } from './expressions.ts'
import type { RunRequested } from './events.ts'
import { outputsSoFar } from './loop-results.ts'
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
  for (const { step, loops } of stepsOfRun(workflow)) {
    const near = loops.length === 0 ? state.steps.get(step.id) : nearest(step.id, loops, state, scope)
    const isCutOff = near?.cancelled === true && step.forEach !== undefined
    steps[step.id] = viewOf(
      isCutOff ? { ...near, outputs: outputsSoFar(step, { loops: scope.loops.slice(0, loops.length) }, state) } : near,
    )
  }
  return {
    inputs: request.inputs,
    steps,
    each: scope.each,
    tenant: tenantView(tenant),
    run: runView(request),
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

/** Inside a loop its steps are those of the same item; from outside they have no single answer. */
function nearest(
  step: string,
  loops: readonly string[],
  state: RunState,
  { loops: around }: StepScope,
): StepState | undefined {
  const isNear = loops.every((id, depth) => around[depth]?.id === id)
  return isNear ? state.steps.get(instanceKey(step, { loops: around.slice(0, loops.length) })) : undefined
}

const skipped: JsonMap = Object.assign(newMap(), { outcome: 'skipped', outputs: newMap() })

function viewOf(step: StepState | undefined): JsonMap {
  return step === undefined ? skipped : stepView(step)
}

// A state is never changed, and so what expressions see of it is made once.
const stepView = madeOnce((step: StepState): JsonMap => {
  const view = newMap()
  view.outcome = outcomeOf(step)
  view.outputs = step.outputs
  if (step.failure !== undefined) view.error = toValue(step.failure)
  return view
})

const runView = madeOnce(
  ({ runId, workflow: { name, release }, commit, trigger }: RunRequested): Json =>
    toValue({ id: runId, workflow: name, release, commit, trigger }),
)

/** Only what undoes a cancelled run meets a step that has not ended: nobody knows whether it took effect. */
function outcomeOf({ phase, lanes }: StepState): string {
  return [...lanes.values()].some((lane) => lane.phase === 'unknown') ? 'unknown' : phase
}

const tenantView = madeOnce((tenant: TenantContext): JsonMap => {
  const view = newMap()
  view.path = tenant.path
  view.uid = tenant.uid
  view.displayName = tenant.displayName
  view.tags = tenant.tags
  view.values = tenant.values
  view.timezone = tenant.timezone
  return view
})

function madeOnce<Key extends object, Made>(make: (key: Key) => Made): (key: Key) => Made {
  const known = new WeakMap<Key, Made>()
  return (key) => {
    const found = known.get(key)
    if (found !== undefined) return found
    const made = make(key)
    known.set(key, made)
    return made
  }
}
