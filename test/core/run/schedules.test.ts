import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { caps } from '../../../controller/core/model/caps.ts'
import { nextOf, owedBy, type Schedule, schedulesOf, startOf } from '../../../controller/core/run/schedules.ts'
import { inputsAt } from '../../../controller/core/run/triggers.ts'
import { tenant, workflowOf } from './scenario.ts'

const hour = 3_600_000
const midnight = Date.UTC(2026, 0, 5)

function schedule(trigger: string, of = tenant): Schedule {
  const spec = workflowOf(`triggers: [{ id: t, type: schedule, ${trigger} }]\nsteps: [{ id: a, set: {} }]`)
  const { schedules } = schedulesOf(of, [{ name: 'w', owner: '', release: '1.0.0', digest: 'd', spec }])
  const [first] = schedules
  if (!first) throw new Error('no schedule')
  return first
}

const hourly = (rest = '') => schedule(`cron: 0 * * * *, timezone: UTC, spreadSeconds: 0${rest}`)

describe('what a schedule owes', () => {
  const hours = (instants: readonly number[]) => instants.map((instant) => (instant - midnight) / hour)
  // Dealt with until 0:00; the hours whose runs start at `now`, and how far it has come then.
  it.each([
    ['nothing before its time', '', 0.9, [], 0],
    ['one in time', '', 1, [1], 1],
    ['one that is a little late, whatever becomes of missed ones', ', missed: skip', 1.03, [1], 1],
    ['none that was missed', ', missed: skip', 3.5, [], 3],
    ['one for all that were missed', ', missed: one', 3.5, [3], 3],
    ['one is what is done where nothing is said', '', 3.5, [3], 3],
    ['all that were missed', ', missed: all', 3.5, [1, 2, 3], 3],
    ['the one in time alone, after missed ones', ', missed: one', 3, [3], 3],
    ['nothing when the clock was set back, and it counts from there', '', -5, [], -5],
  ])('%s', (_, rest, now, start, seen) => {
    const owed = owedBy(hourly(rest).timetable, midnight, midnight + now * hour)
    expect([hours(owed.start), (owed.seen - midnight) / hour]).toEqual([start, seen])
  })

  it('is at most so many, the latest', () => {
    const owed = owedBy(hourly(', missed: all').timetable, midnight, midnight + 1_000 * hour)
    expect(owed.start).toHaveLength(caps.missedInstants)
    expect(owed.start.at(-1)).toBe(midnight + 1_000 * hour)
  })

  it('is each instant once and in order, however the clock goes on', () => {
    const steps = fc.array(fc.integer({ min: 0, max: 15 * 60 }), { minLength: 1, maxLength: 6 })
    const triggers = [
      'cron: 0 * * * *',
      'cron: "*/10 * * * *", missed: all',
      'cron: 30 2 * * *, timezone: Europe/Stockholm',
    ]
    fc.assert(
      fc.property(fc.constantFrom(...triggers), steps, (trigger, minutes) => {
        const of = schedule(trigger).timetable
        const began = Date.UTC(2026, 9, 24)
        const started: number[] = []
        let [now, seen] = [began, began]
        for (const minute of minutes) {
          now += minute * 60_000
          const owed = owedBy(of, seen, now)
          started.push(...owed.start)
          expect(owed.start.every((instant) => startOf(of, instant) <= now)).toBe(true)
          seen = owed.seen
          expect(owedBy(of, seen, now).start).toEqual([])
        }
        expect(started).toEqual([...new Set(started)].sort((a, b) => a - b))
        if (trigger.includes('all')) expect(started).toEqual(of.rhythm.times.within(began, seen, 600))
      }),
    )
  })
})

describe('when a run starts', () => {
  const starts = (trigger: string, count = 2_000) =>
    Array.from({ length: count }, (_, index) => {
      const of = schedule(trigger, { ...tenant, uid: `t-${index}` }).timetable
      const next = nextOf(of, midnight)
      return (next?.at ?? 0) - (next?.instant ?? 0)
    })

  it.each([
    ['a day apart: within five minutes', 'cron: 0 2 * * *', 300_000],
    ['five minutes apart: within half a minute', 'cron: "*/5 * * * *"', 30_000],
    ['as the trigger says', 'cron: 0 2 * * *, spreadSeconds: 3600', 3_600_000],
    ['before the next one, whatever the trigger says', 'cron: "* * * * *", spreadSeconds: 3600', 60_000],
  ])('%s, evenly', (_, trigger, spread) => {
    const delays = starts(trigger)
    expect(Math.max(...delays)).toBeLessThan(spread)
    // A tenth of the tenants in each tenth of the spread, give or take half of that.
    for (let tenth = 0; tenth < 10; tenth += 1) {
      const share = delays.filter((delay) => Math.floor((delay / spread) * 10) === tenth).length / delays.length
      expect(share).toBeGreaterThan(0.05)
      expect(share).toBeLessThan(0.15)
    }
  })

  it('is always the same for the same tenant and trigger', () => {
    expect(starts('cron: 0 2 * * *', 20)).toEqual(starts('cron: 0 2 * * *', 20))
    expect(new Set(starts('cron: 0 2 * * *, spreadSeconds: 0'))).toEqual(new Set([0]))
  })
})

it('reads cron in the tenant’s own zone where the trigger names none', () => {
  const [own, named] = [
    schedule('cron: 0 2 * * *, spreadSeconds: 0').timetable,
    schedule('cron: 0 2 * * *, timezone: UTC, spreadSeconds: 0').timetable,
  ]
  expect([own.rhythm.timezone, nextOf(own, midnight)?.at]).toEqual(['Europe/Berlin', midnight + hour])
  expect(nextOf(named, midnight)?.at).toBe(midnight + 2 * hour)
})

it('makes inputs of the instant and the tenant', () => {
  const of = schedule('cron: 0 2 * * *, inputs: { at: "${{ trigger.scheduledAt }}", tier: "${{ tenant.tags.tier }}" }')
  const made = inputsAt(of, midnight)
  expect(made.kind === 'made' && { ...made.inputs }).toEqual({ at: '2026-01-05T00:00:00.000Z', tier: 'gold' })
})

it('has no schedules for a suspended tenant, and says which have no times', () => {
  const spec = workflowOf('triggers: [{ id: t, type: schedule, cron: 0 2 * * * }]\nsteps: [{ id: a, set: {} }]')
  const workflows = [{ name: 'w', owner: '', release: '1.0.0', digest: 'd', spec }]
  expect(schedulesOf({ ...tenant, suspended: true }, workflows).schedules).toEqual([])
  const { schedules, unusable } = schedulesOf({ ...tenant, timezone: 'Nowhere' }, workflows)
  expect([schedules, unusable.map(({ fault }) => fault.of)]).toEqual([[], ['timezone']])
})
