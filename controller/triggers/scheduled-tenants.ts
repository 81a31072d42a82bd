import { Recent } from '../core/model/recent.ts'
import type { Rhythm, Schedule, Timetable } from '../core/run/schedules.ts'
import type { ScheduleMark } from '../io/store/schedule-marks.ts'

/** One schedule of one tenant. There are as many as tenants and more, so what many have in common is one object. */
export interface Job extends Timetable {
  readonly tenant: ScheduledTenant
  /** `owner:name`. */
  readonly workflow: string
  readonly trigger: string
  rhythm: Rhythm
  /** Every instant until this one is dealt with. */
  seen: number
  phase: 'waiting' | 'starting' | 'gone'
}

export interface ScheduledTenant {
  readonly uid: string
  /** Which may change. */
  path: string
  jobs: readonly Job[]
}

export interface Replaced {
  readonly tenant: ScheduledTenant
  readonly fresh: readonly Job[]
  /** One of the same name may have come in its place. */
  readonly gone: readonly Job[]
}

const workflowNames = new Recent<string, string>(10_000)

/** The jobs of all tenants that have any. */
export class ScheduledTenants {
  readonly #byUid = new Map<string, ScheduledTenant>()
  readonly #byPath = new Map<string, ScheduledTenant>()

  paths(): Iterable<string> {
    return this.#byPath.keys()
  }

  at(path: string): ScheduledTenant | undefined {
    return this.#byPath.get(path)
  }

  /** What a tenant has from now on. A job that says the same as before stays, because its runs may be starting. */
  replace(path: string, uid: string, schedules: readonly Schedule[], seenOf: (mark: ScheduleMark) => number): Replaced {
    const tenant = this.#byUid.get(uid) ?? { uid, path, jobs: [] }
    this.#leavePath(tenant)
    tenant.path = path
    this.#byPath.set(path, tenant)
    this.#byUid.set(uid, tenant)
    const fresh: Job[] = []
    const before = new Set(tenant.jobs)
    tenant.jobs = schedules.map((schedule) => {
      const job = jobOf(tenant, schedule)
      const same = tenant.jobs.find((other) => isSame(other, job))
      if (same) {
        before.delete(same)
        same.rhythm = job.rhythm
        return same
      }
      job.seen = seenOf(markOf(job, 0))
      fresh.push(job)
      return job
    })
    return { tenant, fresh, gone: [...before] }
  }

  remove(tenant: ScheduledTenant): void {
    this.#byUid.delete(tenant.uid)
    this.#leavePath(tenant)
  }

  /** Another tenant may have come to where it was. */
  #leavePath(tenant: ScheduledTenant): void {
    if (this.#byPath.get(tenant.path) === tenant) this.#byPath.delete(tenant.path)
  }
}

function jobOf(tenant: ScheduledTenant, { workflow, trigger, timetable }: Schedule): Job {
  const { rhythm, fraction } = timetable
  const name = `${workflow.owner}:${workflow.name}`
  return {
    tenant,
    workflow: workflowNames.of(name, () => name),
    trigger: trigger.id,
    rhythm,
    fraction,
    seen: 0,
    phase: 'waiting',
  }
}

/** One that says something else counts from then on, as one that is new does. */
function isSame(one: Job, other: Job): boolean {
  return (
    one.workflow === other.workflow &&
    one.trigger === other.trigger &&
    one.rhythm.cron === other.rhythm.cron &&
    one.rhythm.timezone === other.rhythm.timezone
  )
}

export function markOf({ tenant, workflow, trigger, rhythm }: Job, seen: number): ScheduleMark {
  return { tenantUid: tenant.uid, workflow, trigger, cron: rhythm.cron, timezone: rhythm.timezone, seen }
}
