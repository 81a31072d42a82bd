import { formatPath } from '../merge/path.ts'
import type { EffectiveWorkflow, TenantContext } from '../model/effective.ts'
import { type Problem, warning } from '../model/problems.ts'
import { isMap, type JsonMap, newMap } from '../model/values.ts'
import { triggerBindings } from './bindings.ts'
import { type Bindings, evaluateCondition, renderValue } from './expressions.ts'
import { deliveryIdOf, type Schedule, type Trigger } from './schedules.ts'

export interface Arrival {
  readonly alert: JsonMap
  readonly workflows: readonly EffectiveWorkflow[]
  readonly tenant: TenantContext
}

export interface Match {
  readonly workflow: EffectiveWorkflow
  readonly triggerId: string
  readonly inputs: JsonMap
}

/**
 * The workflows that an alert starts, each at most once: its first matching trigger counts.
 * An expression that fails is no match and a warning, because alerts of other vendors lack the fields it reads.
 */
export function matchAlert({ alert, workflows, tenant }: Arrival): { matches: Match[]; problems: Problem[] } {
  const matches: Match[] = []
  const problems: Problem[] = []
  if (tenant.suspended) return { matches, problems }
  const bindings = triggerBindings('alert', alert, tenant)
  for (const workflow of workflows) {
    for (const trigger of workflow.spec.triggers ?? []) {
      const { id, type, match } = trigger
      if (type !== 'alert' || match === undefined) continue
      const failed = (field: string, message: string) => {
        const path = formatPath(['spec', 'triggers', { id }, field])
        problems.push(warning('bad-expression', `${workflow.name}: ${message}`, { path, tenant: tenant.path }))
      }
      const holds = evaluateCondition(match, bindings)
      if (holds.kind === 'failed') failed('match', holds.message)
      if (holds.kind === 'failed' || holds.value !== true) continue
      const made = inputsOf(trigger, bindings)
      if (made.kind === 'failed') {
        failed('inputs', made.message)
        continue
      }
      matches.push({ workflow, triggerId: id, inputs: made.inputs })
      break
    }
  }
  return { matches, problems }
}

export type MadeInputs =
  | { readonly kind: 'made'; readonly inputs: JsonMap }
  | { readonly kind: 'failed'; readonly message: string }

/** What an instant of a schedule gives its run. */
export function inputsAt({ trigger, tenant }: Schedule, instant: number): MadeInputs {
  return inputsOf(trigger, triggerBindings('scheduledAt', deliveryIdOf(instant), tenant))
}

function inputsOf({ inputs }: Trigger, bindings: Bindings): MadeInputs {
  const rendered = renderValue(inputs ?? newMap(), bindings)
  if (rendered.kind === 'failed') return { kind: 'failed', message: rendered.message }
  return { kind: 'made', inputs: isMap(rendered.value) ? rendered.value : newMap() }
}
