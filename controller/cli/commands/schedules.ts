import type { DesiredTenant } from '../../core/desired/index.ts'
import { problem } from '../../core/model/problems.ts'
import { nextOf, type Schedule, schedulesOf } from '../../core/run/schedules.ts'
import { type Call, type Command, CommandError, text } from '../command.ts'
import { offlineOptions, tenantOf, withFleet } from '../open-fleet.ts'
import { count } from '../output.ts'

const mostTimes = 100

interface Start {
  readonly schedule: Schedule
  readonly instant: number
  readonly at: number
}

export const schedules: Command = {
  name: 'schedules',
  summary: 'when the schedules of a tenant, or of all of them, start their next runs',
  args: [['[tenant]', 'path of a tenant (default: every tenant)']],
  options: [
    ['--from <time>', 'count from this time, such as 2026-03-28T12:00:00Z (default: now)'],
    ['--next <number>', 'show so many runs of each schedule (default: 1)'],
    ...offlineOptions,
  ],
  examples: [
    'headwater schedules acme/north/contoso',
    'headwater schedules acme/north/contoso --next 5 --from 2026-10-24T00:00:00Z',
    'headwater schedules -o json',
  ],
  run: (call) => {
    const from = timeOf(call)
    const times = numberOf(call)
    return withFleet(call, async (fleet) => {
      const [path] = call.args
      const tenants = path === undefined ? [...fleet.desired.tenants.values()] : [tenantOf(fleet, path)]
      const starts = tenants.flatMap((tenant) => startsOf(tenant, from, times)).toSorted((a, b) => a.at - b.at)
      if (call.out.isJson) call.out.json({ schedules: starts.map(shown) })
      else {
        call.out.table(
          ['starts', 'tenant', 'workflow', 'trigger', 'cron', 'zone', 'missed'],
          starts
            .map(shown)
            .map((start) => [
              start.startsAt,
              start.tenant,
              `${start.workflow} ${start.release}`,
              start.trigger,
              start.cron,
              start.timezone,
              start.missed,
            ]),
        )
        call.out.remark(count(new Set(starts.map(({ schedule }) => schedule)).size, 'schedule'))
      }
      return 0
    })
  },
}

function startsOf(tenant: DesiredTenant, from: number, times: number): Start[] {
  if (tenant.kind === 'frozen') return []
  return schedulesOf(tenant.context, tenant.workflows.values()).schedules.flatMap((schedule) => {
    const starts: Start[] = []
    for (let seen = from; starts.length < times; ) {
      const next = nextOf(schedule.timetable, seen)
      if (next === undefined) break
      starts.push({ schedule, ...next })
      seen = next.instant
    }
    return starts
  })
}

function shown({ schedule, instant, at }: Start) {
  const { tenant, workflow, trigger, timetable } = schedule
  const { cron, timezone, missed } = timetable.rhythm
  return {
    startsAt: new Date(at).toISOString(),
    scheduledAt: new Date(instant).toISOString(),
    tenant: tenant.path,
    workflow: workflow.name,
    release: workflow.release,
    trigger: trigger.id,
    cron,
    timezone,
    missed,
  }
}

function timeOf(call: Call): number {
  const given = text(call, 'from')
  const time = given === undefined ? Date.now() : Date.parse(given)
  if (Number.isNaN(time))
    throw new CommandError(problem('wrong-value', `\`${given}\` is no time, such as 2026-03-28T12:00:00Z`), 2)
  return time
}

function numberOf(call: Call): number {
  const given = Number(text(call, 'next') ?? 1)
  if (Number.isInteger(given) && given >= 1 && given <= mostTimes) return given
  throw new CommandError(problem('wrong-value', `--next is a number from 1 to ${mostTimes}`), 2)
}
