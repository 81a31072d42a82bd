import { formatPath } from '../merge/path.ts'
import type { EffectiveWorkflow, TenantContext } from '../model/effective.ts'
import { type Problem, warning } from '../model/problems.ts'
import { isMap, type Json, type JsonMap, newMap } from '../model/values.ts'
import { triggerBindings } from './bindings.ts'
import { type Bindings, evaluateCondition, interpolated, renderPieces, renderValue } from './expressions.ts'
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

export interface WebhookArrival {
  readonly payload: Json
  readonly trigger: Trigger
  readonly tenant: TenantContext
}

export type TakenWebhook =
  | { readonly kind: 'run'; readonly inputs: JsonMap; readonly dedupe: string | undefined }
  /** Its `match` is not true, or the tenant is suspended. */
  | { readonly kind: 'none' }
  | { readonly kind: 'failed'; readonly message: string }

const longestDedupe = 256

/** What a delivery to the URL of a trigger asks for. Here an expression that fails is a fault: the URL has one sender. */
export function takeWebhook({ payload, trigger, tenant }: WebhookArrival): TakenWebhook {
  if (tenant.suspended) return { kind: 'none' }
  const bindings = triggerBindings('payload', payload, tenant)
  const failed = (field: string, message: string) => ({ kind: 'failed', message: `${field}: ${message}` }) as const
  const { match, dedupe } = trigger
  const holds = match === undefined ? undefined : evaluateCondition(match, bindings)
  if (holds?.kind === 'failed') return failed('match', holds.message)
  if (holds?.value === false) return { kind: 'none' }
  const key = dedupe === undefined ? undefined : renderPieces(dedupe, bindings, interpolated)
  if (key?.kind === 'failed') return failed('dedupe', key.message)
  const text = key?.value as string | undefined
  // Deliveries that say nothing of themselves would all be one run.
  if (text?.trim() === '') return failed('dedupe', 'it is empty')
  if (text !== undefined && text.length > longestDedupe)
    return failed('dedupe', `it is longer than ${longestDedupe} characters`)
  const made = inputsOf(trigger, bindings)
  if (made.kind === 'failed') return failed('inputs', made.message)
  return { kind: 'run', inputs: made.inputs, dedupe: text }
}

export type MadeInputs =
  | { readonly kind: 'made'; readonly inputs: JsonMap }
  | { readonly kind: 'failed'; readonly message: string }

/** What an instant of a schedule gives its run. */
export function inputsAt({ trigger, tenant }: Schedule, instant: number): MadeInputs {
  // Ten thousand may start at one instant, and most of them say nothing.
  if (trigger.inputs === undefined) return { kind: 'made', inputs: newMap() }
  return inputsOf(trigger, triggerBindings('scheduledAt', deliveryIdOf(instant), tenant))
}

function inputsOf({ inputs }: Trigger, bindings: Bindings): MadeInputs {
  const rendered = renderValue(inputs ?? newMap(), bindings)
  if (rendered.kind === 'failed') return { kind: 'failed', message: rendered.message }
  return { kind: 'made', inputs: isMap(rendered.value) ? rendered.value : newMap() }
}
