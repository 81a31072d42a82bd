import { fieldOfTrigger, triggerRoots } from './bindings.ts'
import { didYouMean } from './check-inputs.ts'
import { cronTimes } from './cron.ts'
import type { Trigger } from './schedules.ts'
import { fault, onCondition, onValue, type Remark } from './step-remarks.ts'

const ofTrigger = new WeakMap<Trigger, readonly Remark[]>()

/** What a trigger says by itself; all of it is a fault, because nothing around it matters. */
export function remarksOnTrigger(trigger: Trigger): readonly Remark[] {
  let known = ofTrigger.get(trigger)
  if (!known) {
    known = read(trigger)
    ofTrigger.set(trigger, known)
  }
  return known
}

const typesOfField: Readonly<Record<string, readonly string[]>> = {
  match: ['alert', 'webhook'],
  dedupe: ['webhook'],
  cron: ['schedule'],
  timezone: ['schedule'],
  missed: ['schedule'],
  spreadSeconds: ['schedule'],
}

function read(trigger: Trigger): Remark[] {
  const { id, type, match, dedupe, cron, inputs } = trigger
  const remarks: Remark[] = []
  for (const [field, types] of Object.entries(typesOfField))
    if (!types.includes(type) && trigger[field as keyof Trigger] !== undefined) {
      const message = `Trigger ${id} is of type ${type}: \`${field}\` belongs to ${types.join(' and ')}.`
      remarks.push(fault('unknown-field', message, [field]))
    }
  if (type === 'alert' && match === undefined)
    remarks.push(fault('missing-field', `Trigger ${id} starts on no alert: say which ones under \`match\`.`))
  if (type === 'schedule' && cron === undefined)
    remarks.push(
      fault('missing-field', `Trigger ${id} never starts: say when under \`cron\`, such as \`0 6 * * 1-5\`.`),
    )
  if (cron !== undefined) {
    // Where the zone is the tenant's own, the tenant's file is asked for it.
    const times = cronTimes(cron, trigger.timezone ?? 'UTC')
    if (times.kind === 'fault') remarks.push(fault('bad-schedule', times.message, [times.of]))
  }
  if (match !== undefined) remarks.push(...onCondition(match, ['match'], triggerRoots))
  if (dedupe !== undefined) remarks.push(...onValue(dedupe, ['dedupe'], triggerRoots))
  if (inputs !== undefined) remarks.push(...onValue(inputs, ['inputs'], triggerRoots))
  return remarks.flatMap((remark) => (remark.kind === 'fault' ? [remark] : onReference(trigger, remark)))
}

function onReference({ id, type }: Trigger, remark: Remark & { kind: 'reference' }): Remark[] {
  const [root, name] = remark.reference
  if (root !== 'trigger' || name === undefined) return []
  const field = fieldOfTrigger[type]
  if (name === field) return []
  const known = field === undefined ? [] : [field]
  const message = `trigger has no field ${name} where it is of type ${type}, as ${id} is${didYouMean(name, known)}.`
  return [fault('bad-expression', message, remark.path, remark.within)]
}
