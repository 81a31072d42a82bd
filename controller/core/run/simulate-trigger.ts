import type { EffectiveWorkflow, TenantContext } from '../model/effective.ts'
import type { WorkflowTest } from '../model/generated/kinds.ts'
import { type JsonMap, newMap } from '../model/values.ts'
import { didYouMean } from './check-inputs.ts'
import type { TriggerOfRun } from './events.ts'
import { deliveryIdOf, schedulesOf } from './schedules.ts'
import { inputsAt, type MadeInputs, matchAlert, takeWebhook } from './triggers.ts'

export type Beginning =
  | { readonly kind: 'begun'; readonly trigger: TriggerOfRun; readonly inputs: JsonMap }
  | { readonly kind: 'refused'; readonly messages: readonly string[] }

/** What starts the run of a test: an alert, a delivery, a time, or a person with inputs. */
export function beginningOf(
  { alert, webhook, schedule, inputs }: WorkflowTest['spec'],
  workflow: EffectiveWorkflow,
  tenant: TenantContext,
): Beginning {
  if (alert !== undefined) return byAlert(alert, workflow, tenant)
  if (webhook !== undefined) return byWebhook(webhook, workflow, tenant)
  if (schedule !== undefined) return bySchedule(schedule, workflow, tenant)
  return { kind: 'begun', trigger: { kind: 'manual', id: 'manual', deliveryId: 'test' }, inputs: inputs ?? newMap() }
}

function byAlert(alert: JsonMap, workflow: EffectiveWorkflow, tenant: TenantContext): Beginning {
  const { matches, problems } = matchAlert({ alert, workflows: [workflow], tenant })
  const [match] = matches
  if (match === undefined) {
    const messages = problems.map(({ path, message }) => `${path}: ${message}`)
    return refused('The alert starts no run: no trigger matches it.', ...messages)
  }
  return { kind: 'begun', trigger: { kind: 'alert', id: match.triggerId, deliveryId: 'test' }, inputs: match.inputs }
}

type Test = WorkflowTest['spec']

function byWebhook(
  { trigger: id, payload }: NonNullable<Test['webhook']>,
  workflow: EffectiveWorkflow,
  tenant: TenantContext,
): Beginning {
  const triggers = (workflow.spec.triggers ?? []).filter(({ type }) => type === 'webhook')
  const trigger = triggers.find((each) => each.id === id)
  if (trigger === undefined) return noTrigger('webhook', id, triggers)
  const taken = takeWebhook({ payload, trigger, tenant })
  if (taken.kind === 'failed') return refused(`The delivery is refused: ${taken.message}`)
  if (taken.kind === 'none') return refused(`The delivery starts no run: \`match\` of ${id} is not true.`)
  const deliveryId = taken.dedupe === undefined ? 'test' : `key:${taken.dedupe}`
  return { kind: 'begun', trigger: { kind: 'webhook', id, deliveryId }, inputs: taken.inputs }
}

function bySchedule(
  { trigger: id, at }: NonNullable<Test['schedule']>,
  workflow: EffectiveWorkflow,
  tenant: TenantContext,
): Beginning {
  const { schedules } = schedulesOf(tenant, [workflow])
  const schedule = schedules.find(({ trigger }) => trigger.id === id)
  if (schedule === undefined)
    return noTrigger(
      'schedule',
      id,
      schedules.map(({ trigger }) => trigger),
    )
  const instant = Date.parse(at)
  if (Number.isNaN(instant)) return refused(`\`${at}\` is no time, such as 2026-03-29T01:00:00Z.`)
  const next = schedule.timetable.rhythm.times.after(instant - 1)
  if (next !== instant) {
    const comes = next === undefined ? 'and none comes after it' : `the next one is ${deliveryIdOf(next)}`
    return refused(`${at} is no time of \`${schedule.timetable.rhythm.cron}\`: ${comes}.`)
  }
  const made: MadeInputs = inputsAt(schedule, instant)
  if (made.kind === 'failed') return refused(`inputs: ${made.message}`)
  return { kind: 'begun', trigger: { kind: 'schedule', id, deliveryId: deliveryIdOf(instant) }, inputs: made.inputs }
}

function noTrigger(type: string, id: string, known: readonly { readonly id: string }[]): Beginning {
  const names = known.map((each) => each.id)
  return refused(`There is no trigger ${id} of type ${type}${didYouMean(id, names)}.`)
}

function refused(...messages: readonly string[]): Beginning {
  return { kind: 'refused', messages }
}
