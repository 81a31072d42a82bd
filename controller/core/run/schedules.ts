import type { EffectiveWorkflow, TenantContext } from '../model/effective.ts'
import type { Workflow } from '../model/generated/kinds.ts'
import { caps } from '../model/caps.ts'
import { Recent } from '../model/recent.ts'
import { type CronFault, type CronTimes, cronTimes } from './cron.ts'
import { fractionOf } from './run-id.ts'

export type Trigger = NonNullable<Workflow['spec']['triggers']>[number]

/** When a schedule comes; one object for all tenants that say the same. */
export interface Rhythm {
  readonly cron: string
  readonly timezone: string
  readonly missed: 'skip' | 'one' | 'all'
  readonly spreadSeconds: number | undefined
  readonly times: CronTimes
}

/** When a schedule starts runs. */
export interface Timetable {
  readonly rhythm: Rhythm
  /** In [0, 1), from tenant and trigger: where in the spread it starts. */
  readonly fraction: number
}

/** One trigger of type schedule of one tenant. */
export interface Schedule {
  readonly tenant: TenantContext
  readonly workflow: EffectiveWorkflow
  readonly trigger: Trigger
  readonly timetable: Timetable
}

export interface UnusableSchedule {
  readonly workflow: EffectiveWorkflow
  readonly trigger: Trigger
  readonly fault: CronFault
}

const rhythms = new Recent<string, Rhythm>(10_000)

/** The schedules of a tenant; a suspended one has none. */
export function schedulesOf(
  tenant: TenantContext,
  workflows: Iterable<EffectiveWorkflow>,
): { readonly schedules: readonly Schedule[]; readonly unusable: readonly UnusableSchedule[] } {
  const schedules: Schedule[] = []
  const unusable: UnusableSchedule[] = []
  if (tenant.suspended) return { schedules, unusable }
  for (const workflow of workflows) {
    for (const trigger of workflow.spec.triggers ?? []) {
      if (trigger.type !== 'schedule' || trigger.cron === undefined) continue
      const { cron, timezone = tenant.timezone, missed = 'one', spreadSeconds } = trigger
      const times = cronTimes(cron, timezone)
      if (times.kind === 'fault') {
        unusable.push({ workflow, trigger, fault: times })
        continue
      }
      const rhythm = rhythms.of(`${missed} ${spreadSeconds} ${timezone} ${cron}`, () => {
        return { cron, timezone, missed, spreadSeconds, times }
      })
      const fraction = fractionOf(tenant.uid, workflow.owner, workflow.name, trigger.id)
      schedules.push({ tenant, workflow, trigger, timetable: { rhythm, fraction } })
    }
  }
  return { schedules, unusable }
}

/** A delivery of the schedule's own: the same instant is the same run, whatever restarts and clocks do. */
export function deliveryIdOf(instant: number): string {
  return deliveryIds.of(instant, () => new Date(instant).toISOString())
}

/** Many tenants start at one instant. */
const deliveryIds = new Recent<number, string>(100)

const longestSpreadMs = 300_000
/** Later than this an instant counts as missed. A controller that is replaced takes less. */
export const graceMs = 120_000

/** When the run of an instant starts: never as late as the next instant, so that the order of instants is that of runs. */
export function startOf({ rhythm: { times, spreadSeconds }, fraction }: Timetable, instant: number): number {
  const gap = (times.after(instant) ?? Number.POSITIVE_INFINITY) - instant
  const spread =
    spreadSeconds === undefined ? Math.min(longestSpreadMs, gap / 10) : Math.min(spreadSeconds * 1_000, gap)
  return instant + Math.floor(fraction * spread)
}

/** The next instant later than `seen` and when its run starts; undefined where none comes. */
export function nextOf(
  timetable: Timetable,
  seen: number,
): { readonly instant: number; readonly at: number } | undefined {
  const instant = timetable.rhythm.times.after(seen)
  return instant === undefined ? undefined : { instant, at: startOf(timetable, instant) }
}

export interface Owed {
  /** Instants whose run is to be started now, in order. */
  readonly start: readonly number[]
  /** The last instant that is dealt with after that. */
  readonly seen: number
  /** Instants for which no run starts. */
  readonly skipped: number
}

/**
 * What a schedule owes that has dealt with every instant until `seen`. A clock that was set back leaves `seen` in the
 * future: then it counts from now on, and an instant that comes twice is recognised by its run.
 */
export function owedBy(timetable: Timetable, seen: number, now: number): Owed {
  if (seen > now) return { start: [], seen: now, skipped: 0 }
  const isDue = (instant: number): boolean => startOf(timetable, instant) <= now
  const first = timetable.rhythm.times.after(seen)
  if (first === undefined || !isDue(first)) return { start: [], seen, skipped: 0 }
  const come = timetable.rhythm.times.within(seen, now, caps.missedInstants + 1)
  // The latest may have come without its run being due yet.
  const due = come.slice(0, isDue(come.at(-1) ?? first) ? come.length : -1).slice(-caps.missedInstants)
  const last = due.at(-1) ?? first
  const onTime = due.filter((instant) => now - startOf(timetable, instant) <= graceMs)
  const { missed } = timetable.rhythm
  const start = missed === 'all' ? due : onTime.length > 0 || missed === 'skip' ? onTime : due.slice(-1)
  return { start, seen: last, skipped: due.length - start.length }
}
