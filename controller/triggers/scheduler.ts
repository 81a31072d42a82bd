import { setImmediate as turn } from 'node:timers/promises'
import { canonicalText } from '../core/model/values.ts'
import { deliveryIdOf, nextOf, type Owed, owedBy, type Schedule, schedulesOf } from '../core/run/schedules.ts'
import { inputsAt } from '../core/run/triggers.ts'
import { UnderWay } from '../io/backend/under-way.ts'
import { WakeUps } from '../io/backend/wake-ups.ts'
import type { Store } from '../io/store/open-store.ts'
import type { ScheduleMark, ScheduleName } from '../io/store/schedule-marks.ts'
import type { AppliedTenants } from '../reconcile/applied-tenants.ts'
import type { LiveTenant } from '../reconcile/live-tenants.ts'
import type { StartRun } from './run-wanted.ts'
import { type Job, markOf, ScheduledTenants } from './scheduled-tenants.ts'

export interface SchedulerParts {
  readonly applied: AppliedTenants
  readonly store: Pick<Store, 'readSchedules' | 'recordSchedules'>
  readonly start: StartRun
  now(): number
  /** What kept a schedule from starting a run. */
  onTrouble(trouble: ScheduleTrouble): void
}

export interface ScheduleTrouble {
  readonly tenant: string
  readonly trigger: string
  readonly reason: string
}

interface Started {
  readonly job: Job
  /** The last instant that is dealt with after it. */
  readonly seen: number
}

/** A store that took no write, or a controller that is stopping: asked again then. */
const againMs = 60_000
/** Tenants that are read in one go; runs go on in between. */
const tenantsAtOnce = 25
/** Runs are started for so long in one go; alerts are taken in between. */
const startingMs = 10

/**
 * Starts the runs of schedules. Each instant is calculated once for all tenants that have the same expression and zone,
 * and one timer wakes for all of them; when it wakes, the clock is asked anew, so that one that was set does no harm.
 */
export class Scheduler {
  readonly #parts: SchedulerParts
  readonly #tenants = new ScheduledTenants()
  readonly #wakeUps: WakeUps<Job>
  /** Those that were woken, in order. */
  readonly #woken: Job[] = []
  #isStarting = false
  readonly #starting = new UnderWay()
  #updating: Promise<void> = Promise.resolve()
  #isClosed = false

  constructor(parts: SchedulerParts) {
    this.#parts = parts
    this.#wakeUps = new WakeUps(parts.now, (job) => this.#wake(job))
  }

  /**
   * After tenants were applied; all of them at the start. Schedules that are new count from now on, those that are gone
   * owe nothing any more. Only tenants that may have schedules are read.
   */
  update(paths: 'all' | Iterable<string>, mayHave: (path: string) => boolean = () => true): Promise<void> {
    this.#updating = this.#updating.then(() => this.#update(paths, mayHave))
    const updated = this.#updating
    this.#updating = updated.catch(() => {})
    return updated
  }

  /** Resolves when every run that was due has been started. */
  async settled(): Promise<void> {
    await this.#updating
    await this.#starting.settled()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#wakeUps.close()
    await this.settled()
  }

  async #update(paths: 'all' | Iterable<string>, mayHave: (path: string) => boolean): Promise<void> {
    const { applied, store } = this.#parts
    // As an earlier process left them.
    const left = new Map(paths === 'all' ? store.readSchedules().map((mark) => [keyOf(mark), mark]) : [])
    const wanted = new Set(paths === 'all' ? [...this.#tenants.paths(), ...applied.paths()] : paths)
    const leaving = new Set([...wanted].flatMap((path) => this.#tenants.at(path) ?? []))
    const seenOf = (mark: ScheduleMark): number => {
      const before = left.get(keyOf(mark))
      return before?.cron === mark.cron && before.timezone === mark.timezone ? before.seen : this.#parts.now()
    }
    const jobs: Job[] = []
    const fresh: Job[] = []
    const gone: Job[] = []
    let read = 0
    for (const path of wanted) {
      if (!mayHave(path)) continue
      if (++read % tenantsAtOnce === 0) await turn()
      const live = this.#isClosed ? undefined : applied.get(path)
      const schedules = live ? this.#schedulesOf(live) : []
      if (live === undefined || schedules.length === 0) continue
      const replaced = this.#tenants.replace(path, live.uid, schedules, seenOf)
      leaving.delete(replaced.tenant)
      jobs.push(...replaced.tenant.jobs)
      fresh.push(...replaced.fresh)
      gone.push(...this.#forget(replaced.gone))
    }
    if (this.#isClosed) return
    for (const tenant of leaving) {
      this.#tenants.remove(tenant)
      gone.push(...this.#forget(tenant.jobs))
    }
    for (const job of left.size > 0 ? jobs : []) left.delete(keyOf(markOf(job, job.seen)))
    const outdated = [...left.values(), ...gone.map((job) => markOf(job, job.seen))]
    const begun = fresh.map((job) => markOf(job, job.seen))
    // A schedule that forgets when it began would make up for what was before its time.
    if (begun.length + outdated.length > 0) await store.recordSchedules(begun, outdated)
    for (const job of jobs) this.#wake(job)
  }

  #forget(jobs: readonly Job[]): readonly Job[] {
    for (const job of jobs) {
      job.phase = 'gone'
      this.#wakeUps.delete(job)
    }
    return jobs
  }

  #schedulesOf({ path, context, workflows }: LiveTenant): readonly Schedule[] {
    const { schedules, unusable } = schedulesOf(context, workflows.values())
    for (const { workflow, trigger, fault } of unusable)
      this.#parts.onTrouble({ tenant: path, trigger: `${workflow.name}/${trigger.id}`, reason: fault.message })
    return schedules
  }

  #wake(job: Job): void {
    this.#woken.push(job)
    if (!this.#isStarting) this.#starting.add(this.#startAll())
  }

  async #startAll(): Promise<void> {
    this.#isStarting = true
    // Those that are woken together are started together.
    await Promise.resolve()
    while (this.#woken.length > 0) {
      this.#starting.add(this.#startSome())
      if (this.#woken.length > 0) await turn()
    }
    this.#isStarting = false
  }

  /** What is due of those that were woken first. */
  async #startSome(): Promise<void> {
    const until = performance.now() + startingMs
    const now = this.#parts.now()
    const starting: Promise<Started | undefined>[] = []
    let taken = 0
    for (const job of this.#woken) {
      taken += 1
      if (job.phase === 'waiting' && !this.#isClosed) {
        const owed = owedBy(job, job.seen, now)
        if (owed.start.length > 0 || owed.skipped > 0) starting.push(this.#start(job, owed))
        else this.#wait(job, owed.seen)
      }
      if (performance.now() >= until) break
    }
    this.#woken.splice(0, taken)
    const started = (await Promise.all(starting)).filter((mark) => mark !== undefined)
    if (started.length > 0) await this.#record(started)
  }

  #wait(job: Job, seen: number): void {
    job.seen = seen
    const next = nextOf(job, seen)
    if (next !== undefined) this.#wakeUps.set(job, next.at)
  }

  /** What it has dealt with then; undefined where it is asked again later. */
  async #start(job: Job, { start, seen }: Owed): Promise<Started | undefined> {
    job.phase = 'starting'
    try {
      // As it is applied now; it may be about to go, and then it starts nothing.
      const live = this.#parts.applied.get(job.tenant.path)
      const schedule = live && scheduleOf(live, job)
      for (const instant of schedule ? start : []) {
        const { tenant, workflow, trigger } = schedule as Schedule
        const made = inputsAt(schedule as Schedule, instant)
        if (made.kind === 'failed') {
          this.#trouble(job, made.message)
          continue
        }
        const { inputs } = made
        const origin = { kind: 'schedule', id: trigger.id, deliveryId: deliveryIdOf(instant) } as const
        const { contextDigest } = live as LiveTenant
        const started = await this.#parts.start({ tenant, contextDigest, workflow, trigger: origin, inputs })
        if (started.kind === 'refused') this.#trouble(job, started.messages.join(' '))
      }
      return { job, seen }
    } catch (error) {
      this.#askLater(job, error)
      return undefined
    }
  }

  async #record(started: readonly Started[]): Promise<void> {
    // One that has gone must not leave a mark, and may have a successor, which asks for itself.
    const there = started.filter(({ job }) => job.phase !== 'gone')
    try {
      await this.#parts.store.recordSchedules(there.map(({ job, seen }) => markOf(job, seen)))
      for (const { job, seen } of there) {
        if (job.phase === 'gone') continue
        job.phase = 'waiting'
        job.seen = seen
        this.#wake(job)
      }
    } catch (error) {
      for (const { job } of there) this.#askLater(job, error)
    }
  }

  #askLater(job: Job, error: unknown): void {
    this.#trouble(job, error instanceof Error ? error.message : String(error))
    if (job.phase === 'gone' || this.#isClosed) return
    job.phase = 'waiting'
    this.#wakeUps.set(job, this.#parts.now() + againMs)
  }

  #trouble({ tenant, workflow, trigger }: Job, reason: string): void {
    this.#parts.onTrouble({ tenant: tenant.path, trigger: `${workflow}/${trigger}`, reason })
  }
}

/** The schedule of a job; looked up and not read anew with all others, because many may be due in one second. */
function scheduleOf({ context: tenant, workflows }: LiveTenant, job: Job): Schedule | undefined {
  if (tenant.suspended) return undefined
  for (const workflow of workflows.values()) {
    if (`${workflow.owner}:${workflow.name}` !== job.workflow) continue
    const trigger = workflow.spec.triggers?.find(({ id, type }) => id === job.trigger && type === 'schedule')
    return trigger && { tenant, workflow, trigger, timetable: job }
  }
  return undefined
}

function keyOf({ tenantUid, workflow, trigger }: ScheduleName): string {
  return canonicalText([tenantUid, workflow, trigger])
}
