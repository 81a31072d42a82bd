import { setImmediate as turn } from 'node:timers/promises'
import { canonicalText } from '../core/model/values.ts'
import {
  deliveryIdOf,
  nextOf,
  type Owed,
  owedBy,
  type Schedule,
  schedulesOf,
  type Timetable,
} from '../core/run/schedules.ts'
import { inputsAt } from '../core/run/triggers.ts'
import { UnderWay } from '../io/backend/under-way.ts'
import { WakeUps } from '../io/backend/wake-ups.ts'
import type { Store } from '../io/store/open-store.ts'
import type { ScheduleMark, ScheduleName } from '../io/store/schedule-marks.ts'
import type { AppliedTenants } from '../reconcile/applied-tenants.ts'
import type { LiveTenant } from '../reconcile/live-tenants.ts'
import type { StartRun } from './run-wanted.ts'

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

interface Entry {
  readonly name: ScheduleName
  /** Of its tenant, which may move. */
  path: string
  timetable: Timetable
  seen: number
  isBusy: boolean
}

/** A store that took no write, or a controller that is stopping: asked again then. */
const againMs = 60_000
/** Tenants that are read in one go; runs go on in between. */
const tenantsAtOnce = 25

/**
 * Starts the runs of schedules. Each instant is calculated once for all tenants that have the same expression and zone,
 * and one timer wakes for all of them; when it wakes, the clock is asked anew, so that one that was set does no harm.
 */
export class Scheduler {
  readonly #parts: SchedulerParts
  readonly #entries = new Map<string, Entry>()
  /** Keys of the entries of each tenant, by its path. */
  readonly #keysOf = new Map<string, readonly string[]>()
  readonly #wakeUps: WakeUps
  readonly #starting = new UnderWay()
  #updating: Promise<void> = Promise.resolve()
  #isClosed = false

  constructor(parts: SchedulerParts) {
    this.#parts = parts
    this.#wakeUps = new WakeUps(parts.now, (key) => this.#wake(key))
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
    const wanted = new Set(paths === 'all' ? [...this.#keysOf.keys(), ...applied.paths()] : paths)
    const gone = new Map<string, ScheduleName>()
    for (const path of wanted) {
      for (const key of this.#keysOf.get(path) ?? []) gone.set(key, (this.#entries.get(key) as Entry).name)
      this.#keysOf.delete(path)
    }
    const marks: ScheduleMark[] = []
    const fresh: string[] = []
    let read = 0
    for (const path of wanted) {
      if (!mayHave(path)) continue
      if (++read % tenantsAtOnce === 0) await turn()
      const tenant = this.#isClosed ? undefined : applied.get(path)
      const keys = tenant ? this.#schedulesOf(tenant) : []
      for (const [key, schedule] of keys) {
        const before = this.#entries.get(key)
        const entry = this.#entryOf(before, left.get(key), schedule)
        if (entry !== before) marks.push(markOf(entry))
        this.#entries.set(key, entry)
        gone.delete(key)
        left.delete(key)
        fresh.push(key)
      }
      if (tenant)
        this.#keysOf.set(
          path,
          [...keys].map(([key]) => key),
        )
    }
    if (this.#isClosed) return
    for (const [key, mark] of left) gone.set(key, mark)
    for (const key of gone.keys()) {
      this.#entries.delete(key)
      this.#wakeUps.delete(key)
    }
    // A schedule that forgets when it began would make up for what was before its time.
    if (marks.length + gone.size > 0) await store.recordSchedules(marks, [...gone.values()])
    for (const key of fresh) this.#wake(key)
  }

  /** One that says something else now counts from now on, as one that is new does. */
  #entryOf(
    before: Entry | undefined,
    left: ScheduleMark | undefined,
    { tenant, workflow, trigger, timetable }: Schedule,
  ) {
    const isSame = ({ cron, timezone }: { cron: string; timezone: string }): boolean =>
      cron === timetable.cron && timezone === timetable.timezone
    const { path } = tenant
    // The same object, because its runs may be starting.
    if (before && isSame(before.timetable)) return Object.assign(before, { path, timetable })
    const seen = !before && left && isSame(left) ? left.seen : this.#parts.now()
    return { name: nameOf({ tenant, workflow, trigger }), path, timetable, seen, isBusy: false }
  }

  #schedulesOf({ path, context, workflows }: LiveTenant): Map<string, Schedule> {
    const { schedules, unusable } = schedulesOf(context, workflows.values())
    for (const { workflow, trigger, fault } of unusable)
      this.#parts.onTrouble({ tenant: path, trigger: `${workflow.name}/${trigger.id}`, reason: fault.message })
    return new Map(schedules.map((schedule) => [keyOf(nameOf(schedule)), schedule]))
  }

  #wake(key: string): void {
    const entry = this.#entries.get(key)
    if (entry === undefined || entry.isBusy || this.#isClosed) return
    const owed = owedBy(entry.timetable, entry.seen, this.#parts.now())
    if (owed.start.length === 0 && owed.skipped === 0) {
      entry.seen = owed.seen
      const next = nextOf(entry.timetable, entry.seen)
      if (next !== undefined) this.#wakeUps.set(key, next.at)
      return
    }
    entry.isBusy = true
    const starting = this.#start(key, entry, owed)
      .then(() => this.#parts.now())
      .catch((error: unknown) => {
        this.#trouble(entry, error instanceof Error ? error.message : String(error))
        return this.#parts.now() + againMs
      })
      .then((at) => {
        entry.isBusy = false
        // One that was replaced meanwhile has a successor, which asks for itself.
        if (this.#entries.get(key) === entry && !this.#isClosed) this.#wakeUps.set(key, at)
      })
    this.#starting.add(starting)
  }

  async #start(key: string, entry: Entry, { start, seen }: Owed): Promise<void> {
    // As it is applied now; it may be about to go, and then it starts nothing.
    const live = this.#parts.applied.get(entry.path)
    const schedule = live && scheduleIn(live, entry)
    for (const instant of schedule ? start : []) {
      const { tenant, workflow, trigger } = schedule as Schedule
      const made = inputsAt(schedule as Schedule, instant)
      if (made.kind === 'failed') {
        this.#trouble(entry, made.message)
        continue
      }
      const { inputs } = made
      const origin = { kind: 'schedule', id: trigger.id, deliveryId: deliveryIdOf(instant) } as const
      const { contextDigest } = live as LiveTenant
      const started = await this.#parts.start({ tenant, contextDigest, workflow, trigger: origin, inputs })
      if (started.kind === 'refused') this.#trouble(entry, started.messages.join(' '))
    }
    if (this.#entries.get(key) !== entry) return
    await this.#parts.store.recordSchedules([markOf({ ...entry, seen })])
    entry.seen = seen
  }

  #trouble({ path, name }: Entry, reason: string): void {
    this.#parts.onTrouble({ tenant: path, trigger: `${name.workflow}/${name.trigger}`, reason })
  }
}

/** The schedule of an entry; looked up and not read anew with all others, because many may be due in one second. */
function scheduleIn({ context: tenant, workflows }: LiveTenant, { name, timetable }: Entry): Schedule | undefined {
  if (tenant.suspended) return undefined
  for (const workflow of workflows.values()) {
    if (`${workflow.owner}:${workflow.name}` !== name.workflow) continue
    const trigger = workflow.spec.triggers?.find(({ id, type }) => id === name.trigger && type === 'schedule')
    return trigger && { tenant, workflow, trigger, timetable }
  }
  return undefined
}

function nameOf({ tenant, workflow, trigger }: Pick<Schedule, 'tenant' | 'workflow' | 'trigger'>): ScheduleName {
  return { tenantUid: tenant.uid, workflow: `${workflow.owner}:${workflow.name}`, trigger: trigger.id }
}

function keyOf({ tenantUid, workflow, trigger }: ScheduleName): string {
  return canonicalText([tenantUid, workflow, trigger])
}

function markOf({ name, timetable, seen }: Pick<Entry, 'name' | 'timetable' | 'seen'>): ScheduleMark {
  return { ...name, cron: timetable.cron, timezone: timetable.timezone, seen }
}
