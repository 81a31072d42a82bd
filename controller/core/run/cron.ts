import { Cron } from 'croner'
import { Recent } from '../model/recent.ts'
import { isTimezone, unknownTimezone } from '../model/timezones.ts'

/** Instants of a cron expression in a time zone; times are milliseconds since 1970. */
export interface CronTimes {
  readonly kind: 'times'
  /** The first instant later than `instant`; undefined where there is none. */
  after(instant: number): number | undefined
  /** The latest instants that are later than `since` and not later than `until`, at most `count`, in order. */
  within(since: number, until: number, count: number): readonly number[]
}

export interface CronFault {
  readonly kind: 'fault'
  /** Which of the two is wrong. */
  readonly of: 'cron' | 'timezone'
  readonly message: string
}

const kept = 10_000
const gapsKept = 8
const known = new Recent<string, CronTimes | CronFault>(kept)

/**
 * Equal expressions in equal zones are one object, which remembers its last answers: ten thousand tenants at 02:00 ask
 * ten thousand times, and it is calculated once.
 */
export function cronTimes(expression: string, timezone: string): CronTimes | CronFault {
  return known.of(`${timezone}\n${expression}`, () => read(expression, timezone))
}

/** It is only asked whether the expression ever comes, and the answer must not depend on when it is asked. */
const anyInstant = Date.UTC(2026, 0, 1)

function read(expression: string, timezone: string): CronTimes | CronFault {
  if (!isTimezone(timezone)) return { kind: 'fault', of: 'timezone', message: unknownTimezone(timezone) }
  const fault = (message: string): CronFault => ({ kind: 'fault', of: 'cron', message })
  // To the library it stands for the present time, so that a schedule would differ from start to start.
  if (expression.includes('?')) return fault('`?` is not allowed: write `*`.')
  let cron: Cron
  try {
    // Without a function it sets no timer.
    cron = new Cron(expression, { timezone, mode: '5-part', paused: true })
  } catch (error) {
    return fault(`\`${expression}\` is no schedule: ${messageOf(error)}.`)
  }
  if (cron.nextRun(new Date(anyInstant)) === null) return fault(`\`${expression}\` never comes.`)
  return timesOf(cron)
}

interface Gap {
  from: number
  readonly until: number
}

function finite(instant: number): number | undefined {
  return instant === Number.POSITIVE_INFINITY ? undefined : instant
}

function timesOf(cron: Cron): CronTimes {
  // Every instant of a gap has the same answer, and tenants ask from wherever they are in it.
  const gaps: Gap[] = []
  const after = (instant: number): number | undefined => {
    for (const { from, until } of gaps) if (from <= instant && instant < until) return finite(until)
    const until = cron.nextRun(new Date(instant))?.getTime() ?? Number.POSITIVE_INFINITY
    const known = gaps.find((gap) => gap.until === until)
    if (known) known.from = instant
    else gaps.unshift({ from: instant, until })
    gaps.length = Math.min(gaps.length, gapsKept)
    return finite(until)
  }
  let last: { readonly count: number; readonly instants: readonly number[] } | undefined
  const latest = (until: number, count: number): readonly number[] => {
    const at = last?.instants.at(-1)
    if (last?.count === count && at !== undefined && at <= until && (after(at) ?? Number.POSITIVE_INFINITY) > until)
      return last.instants
    // The reference itself is left out, and may be an instant that is asked for.
    const found = cron.previousRuns(count, new Date(until + 1)).map((date) => date.getTime())
    last = { count, instants: found.toReversed() }
    return last.instants
  }
  return {
    kind: 'times',
    after,
    within: (since, until, count) => {
      const first = after(since)
      if (first === undefined || first > until) return []
      const second = after(first)
      // Most questions come with each instant, and looking back costs more than looking ahead.
      if (second === undefined || second > until) return [first]
      return latest(until, count).filter((instant) => instant > since)
    },
  }
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/^CronPattern: /, '').replace(/\.$/, '')
}
