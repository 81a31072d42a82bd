import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type CronTimes, cronTimes } from '../../../controller/core/run/cron.ts'

const at = (text: string): number => Date.parse(`2026-${text}:00Z`)
const show = (instants: readonly number[]): string[] =>
  instants.map((instant) => new Date(instant).toISOString().slice(5, 16))

function times(expression: string, timezone: string): CronTimes {
  const made = cronTimes(expression, timezone)
  if (made.kind === 'fault') throw new Error(made.message)
  return made
}

function walk(of: CronTimes, since: number, until: number): number[] {
  const instants: number[] = []
  for (let next = of.after(since); next !== undefined && next <= until; next = of.after(next)) instants.push(next)
  return instants
}

describe('what comes after', () => {
  it.each([
    ['each day in summer', '0 2 * * *', 'Europe/Stockholm', '07-01T12:00', ['07-02T00:00', '07-03T00:00']],
    ['each day in winter', '0 2 * * *', 'Europe/Stockholm', '01-01T12:00', ['01-02T01:00', '01-03T01:00']],
    ['an instant itself is not later than itself', '0 * * * *', 'UTC', '01-01T12:00', ['01-01T13:00', '01-01T14:00']],
    ['weekdays only', '0 9 * * 1-5', 'UTC', '01-02T10:00', ['01-05T09:00', '01-06T09:00']],
    ['the last of the month', '0 0 L * *', 'UTC', '02-01T00:00', ['02-28T00:00', '03-31T00:00']],
    // The clock goes from 02:00 to 03:00 at 01:00 UTC.
    [
      'a time that a spring night lacks comes at the end of the gap',
      '30 2 * * *',
      'Europe/Stockholm',
      '03-28T12:00',
      ['03-29T01:00', '03-30T00:30'],
    ],
    [
      'an interval goes on over the gap',
      '*/30 * * * *',
      'Europe/Stockholm',
      '03-29T00:00',
      ['03-29T00:30', '03-29T01:00'],
    ],
    // The clock goes from 03:00 to 02:00 at 01:00 UTC.
    [
      'a time that an autumn night has twice comes once',
      '30 2 * * *',
      'Europe/Stockholm',
      '10-24T12:00',
      ['10-25T00:30', '10-26T01:30'],
    ],
    ['an interval counts both hours', '30 * * * *', 'Europe/Stockholm', '10-25T00:00', ['10-25T00:30', '10-25T01:30']],
    ['a zone with half an hour', '0 0 * * *', 'Asia/Kolkata', '01-01T00:00', ['01-01T18:30', '01-02T18:30']],
  ])('%s', (_, expression, timezone, since, expected) => {
    const of = times(expression, timezone)
    const first = of.after(at(since)) ?? 0
    expect(show([first, of.after(first) ?? 0])).toEqual(expected)
  })
})

describe('what was within', () => {
  it('is the latest, in order, with the end and without the beginning', () => {
    const hourly = times('0 * * * *', 'UTC')
    expect(show(hourly.within(at('01-01T10:00'), at('01-01T13:00'), 100))).toEqual([
      '01-01T11:00',
      '01-01T12:00',
      '01-01T13:00',
    ])
    expect(show(hourly.within(at('01-01T10:00'), at('01-01T13:00'), 2))).toEqual(['01-01T12:00', '01-01T13:00'])
    expect(hourly.within(at('01-01T13:00'), at('01-01T13:59'), 2)).toEqual([])
  })

  it('is what walking forward finds, in whatever order it is asked', () => {
    const zones = ['UTC', 'Europe/Stockholm', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu']
    const expressions = ['*/20 * * * *', '30 2 * * *', '0 0,12 * * *', '15 3 * * 0', '0 1 1,15 * *']
    const window = fc.tuple(fc.integer({ min: 0, max: 365 * 24 * 60 }), fc.integer({ min: 0, max: 3 * 24 * 60 }))
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.constantFrom(...expressions),
        fc.array(window, { maxLength: 4 }),
        (zone, expression, windows) => {
          const of = times(expression, zone)
          for (const [start, length] of windows) {
            const since = at('01-01T00:00') + start * 60_000
            const until = since + length * 60_000
            expect(of.within(since, until, 5)).toEqual(walk(of, since, until).slice(-5))
          }
        },
      ),
    )
  })
})

describe('an expression or a zone that is none', () => {
  it.each([
    [
      'an hour that no day has',
      '0 25 * * *',
      'UTC',
      'cron',
      '`0 25 * * *` is no schedule: Invalid value for hour: 25.',
    ],
    [
      'six parts',
      '0 0 0 * * *',
      'UTC',
      'cron',
      "`0 0 0 * * *` is no schedule: mode '5-part' requires exactly 5 parts, but pattern '0 0 0 * * *' has 6 parts.",
    ],
    ['a day that no month has', '0 0 30 2 *', 'UTC', 'cron', '`0 0 30 2 *` never comes.'],
    ['the time of its start', '? * * * *', 'UTC', 'cron', '`?` is not allowed: write `*`.'],
    [
      'an unknown zone',
      '0 0 * * *',
      'Europe/Stockholn',
      'timezone',
      'There is no time zone Europe/Stockholn; write one such as Europe/Stockholm.',
    ],
    [
      'a distance',
      '0 0 * * *',
      '+02:00',
      'timezone',
      'There is no time zone +02:00; write one such as Europe/Stockholm.',
    ],
  ])('%s', (_, expression, timezone, of, message) => {
    expect(cronTimes(expression, timezone)).toEqual({ kind: 'fault', of, message })
  })
})

describe('purity', () => {
  afterEach(() => void vi.useRealTimers())

  it('depends on no clock', () => {
    const expression = '7 4 * * 2'
    const answers = ['1999-01-01', '2044-06-01'].map((today) => {
      vi.useFakeTimers({ now: Date.parse(today) })
      // Another text of the same expression, so that nothing is remembered.
      const of = times(`${expression}${' '.repeat(today === '1999-01-01' ? 0 : 1)}`, 'Europe/Stockholm')
      return [of.after(at('05-01T00:00')), ...of.within(at('05-01T00:00'), at('06-01T00:00'), 3)]
    })
    expect(answers[0]).toEqual(answers[1])
    expect(vi.getTimerCount()).toBe(0)
  })
})
