import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { runIdOf } from '../../controller/core/run/run-id.ts'
import type { ScheduleMark } from '../../controller/io/store/schedule-marks.ts'
import type { LiveTenant } from '../../controller/reconcile/live-tenants.ts'
import type { RunWanted } from '../../controller/triggers/run-wanted.ts'
import { Scheduler } from '../../controller/triggers/scheduler.ts'
import { tenant, workflowOf } from '../core/run/scenario.ts'

const minute = 60_000
const hour = 60 * minute
const midnight = Date.UTC(2026, 0, 5)

beforeEach(() => void vi.useFakeTimers({ now: midnight, toFake: ['setTimeout', 'clearTimeout', 'Date'] }))
afterEach(() => void vi.useRealTimers())

const hourly = '[{ id: t, type: schedule, cron: 0 * * * *, timezone: UTC }]'

function liveTenant(path: string, triggers = hourly, isSuspended = false): LiveTenant {
  const spec = workflowOf(`triggers: ${triggers}\nsteps: [{ id: a, set: {} }]`)
  const context = { ...tenant, path, uid: `uid-${path}`, suspended: isSuspended }
  const workflow = { name: 'w', owner: '', release: '1.0.0', digest: 'd', spec }
  return { path, uid: context.uid, context, contextDigest: 'c', workflows: new Map([['w', workflow]]) }
}

/** What outlives a process: marks by schedule, and runs by id. */
function disk() {
  return { marks: new Map<string, ScheduleMark>(), runs: new Map<string, string>(), isFull: false, losesMarks: false }
}

function scheduling(on = disk()) {
  const troubles: string[] = []
  const starts: string[] = []
  const keyOf = (mark: { tenantUid: string; trigger: string }) => `${mark.tenantUid} ${mark.trigger}`
  let applied = new Map<string, LiveTenant>()
  const scheduler = new Scheduler({
    applied: { get: (path) => applied.get(path), paths: () => [...applied.keys()] },
    store: {
      readSchedules: () => [...on.marks.values()],
      recordSchedules: async (marks, gone = []) => {
        if (on.losesMarks) throw new Error('killed')
        for (const name of gone) on.marks.delete(keyOf(name))
        for (const mark of marks) on.marks.set(keyOf(mark), mark)
      },
    },
    start: async ({ tenant: { path, uid }, workflow, trigger }: RunWanted) => {
      if (on.isFull) throw new Error('the disk is full')
      const { id, deliveryId } = trigger
      const runId = runIdOf({ tenantUid: uid, workflow: `:${workflow.name}`, trigger: id, deliveryId })
      const kind = on.runs.has(runId) ? 'already-accepted' : 'accepted'
      const name = `${path} ${deliveryId.slice(8, 16)}`
      on.runs.set(runId, name)
      starts.push(`${name} ${kind}`)
      return { kind, runId }
    },
    now: Date.now,
    onTrouble: ({ reason }) => void troubles.push(reason),
  })
  onTestFinished(() => scheduler.close())
  const apply = async (tenants: readonly LiveTenant[], told?: readonly string[]): Promise<void> => {
    const before = applied
    applied = new Map(tenants.map((each) => [each.path, each]))
    await scheduler.update(before.size === 0 ? 'all' : (told ?? [...before.keys(), ...applied.keys()]))
    await scheduler.settled()
  }
  return {
    disk: on,
    troubles,
    starts,
    runs: () => [...on.runs.values()].sort(),
    apply,
    update: (...tenants: LiveTenant[]) => apply(tenants),
    /** Minute by minute, because what a wake-up starts is awaited before time goes on. */
    advance: async (ms: number) => {
      for (let left = ms; left > 0; left -= minute) {
        vi.advanceTimersByTime(Math.min(left, minute))
        await scheduler.settled()
      }
    },
    close: () => scheduler.close(),
  }
}

describe('each instant is one run', () => {
  it('of each tenant, soon after it', async () => {
    const { update, advance, runs } = scheduling()
    await update(liveTenant('a'), liveTenant('b'))
    await advance(2 * hour + 6 * minute)
    expect(runs()).toEqual(['a 05T01:00', 'a 05T02:00', 'b 05T01:00', 'b 05T02:00'])
  })

  it('over a restart, and one run stands for what was missed', async () => {
    const first = scheduling()
    await first.update(liveTenant('a'))
    await first.advance(hour + 6 * minute)
    await first.close()
    vi.setSystemTime(midnight + 4.5 * hour)
    const second = scheduling(first.disk)
    await second.update(liveTenant('a'))
    await second.advance(hour)
    expect(second.starts).toEqual(['a 05T04:00 accepted', 'a 05T05:00 accepted'])
  })

  it('where a crash comes between the run and its mark', async () => {
    const first = scheduling()
    await first.update(liveTenant('a'))
    first.disk.losesMarks = true
    await first.advance(hour + 6 * minute)
    await first.close()
    first.disk.losesMarks = false
    const second = scheduling(first.disk)
    await second.update(liveTenant('a'))
    expect(second.starts).toEqual(['a 05T01:00 already-accepted'])
    expect(second.runs()).toEqual(['a 05T01:00'])
  })

  it('when the clock is set back, and those that were not there yet come', async () => {
    const { update, advance, runs } = scheduling()
    await update(liveTenant('a'))
    await advance(hour + 6 * minute)
    vi.setSystemTime(midnight + 0.5 * hour)
    await advance(2 * hour)
    expect(runs()).toEqual(['a 05T01:00', 'a 05T02:00'])
  })

  it('when the clock jumps ahead by a day, and back again', async () => {
    const { update, advance, runs } = scheduling()
    await update(liveTenant('a'))
    vi.setSystemTime(midnight + 24.5 * hour)
    await advance(minute)
    expect(runs()).toEqual(['a 06T00:00'])
    vi.setSystemTime(midnight + 0.5 * hour)
    await advance(hour)
    expect(runs()).toEqual(['a 05T01:00', 'a 06T00:00'])
  })

  it('by whatever path its tenant is called', async () => {
    const first = scheduling()
    await first.update(liveTenant('a'))
    await first.advance(hour + 6 * minute)
    const moved = { ...liveTenant('b'), uid: 'uid-a', context: { ...liveTenant('b').context, uid: 'uid-a' } }
    await first.update(moved)
    await first.advance(hour)
    expect(first.runs()).toEqual(['a 05T01:00', 'b 05T02:00'])
  })

  it('of a tenant that is told to be where it went before it is told to be gone from where it was', async () => {
    const { disk: on, update, apply, advance, runs } = scheduling()
    await update(liveTenant('a'))
    const moved = { ...liveTenant('b'), uid: 'uid-a', context: { ...liveTenant('b').context, uid: 'uid-a' } }
    await apply([moved], ['b'])
    await apply([moved], ['a'])
    await advance(hour + 6 * minute)
    expect(runs()).toEqual(['b 05T01:00'])
    expect(on.marks.size).toBe(1)
  })
})

describe('a schedule counts from the time', () => {
  const late = '[{ id: t, type: schedule, cron: 30 * * * *, timezone: UTC, missed: all }]'

  it('at which it is first seen, also where that was in an earlier process', async () => {
    vi.setSystemTime(midnight + 2.25 * hour)
    const first = scheduling()
    await first.update(liveTenant('a', late))
    await first.close()
    vi.setSystemTime(midnight + 3.75 * hour)
    const second = scheduling(first.disk)
    await second.update(liveTenant('a', late))
    expect(second.runs()).toEqual(['a 05T02:30', 'a 05T03:30'])
  })

  it('at which its expression changes', async () => {
    const { update, advance, runs } = scheduling()
    await update(liveTenant('a', '[{ id: t, type: schedule, cron: 0 0 * * *, timezone: UTC }]'))
    await advance(5.75 * hour)
    await update(liveTenant('a', late))
    await advance(hour)
    expect(runs()).toEqual(['a 05T06:30'])
  })

  it.each([
    ['its tenant goes on after it was suspended', [liveTenant('a', late, true)]],
    ['it comes back after it was gone', [liveTenant('a', '[]')]],
  ])('at which %s', async (_, meanwhile) => {
    const first = scheduling()
    await first.update(liveTenant('a', late))
    await first.update(...meanwhile)
    await first.advance(3 * hour)
    await first.update(liveTenant('a', late))
    await first.advance(0.75 * hour)
    expect(first.runs()).toEqual(['a 05T03:30'])
  })

  it('at which it comes back after it was gone while nothing ran', async () => {
    const first = scheduling()
    await first.update(liveTenant('a', late))
    await first.close()
    const second = scheduling(first.disk)
    await second.update(liveTenant('a', '[]'))
    expect(second.disk.marks.size).toBe(0)
  })
})

describe('trouble', () => {
  it('of the store delays a run, and loses none', async () => {
    const { disk: on, update, advance, runs, troubles } = scheduling()
    await update(liveTenant('a'))
    on.isFull = true
    await advance(hour + 20 * minute)
    expect([runs(), new Set(troubles)]).toEqual([[], new Set(['the disk is full'])])
    on.isFull = false
    await advance(2 * minute)
    expect(runs()).toEqual(['a 05T01:00'])
  })

  it('of one tenant’s inputs is told, and the others run', async () => {
    const bad =
      '[{ id: t, type: schedule, cron: 0 * * * *, timezone: UTC, inputs: { x: "${{ tenant.values.nothing }}" } }]'
    const { update, advance, runs, troubles } = scheduling()
    await update(liveTenant('a', bad), liveTenant('b'))
    await advance(hour + 6 * minute)
    expect(runs()).toEqual(['b 05T01:00'])
    expect(troubles).toHaveLength(1)
  })
})

it('a thousand tenants share one timer and start spread over five minutes', async () => {
  const { update, advance, starts } = scheduling()
  const daily = '[{ id: t, type: schedule, cron: 0 2 * * *, timezone: UTC }]'
  await update(...Array.from({ length: 1_000 }, (_, index) => liveTenant(`t${index}`, daily)))
  expect(vi.getTimerCount()).toBe(1)
  await advance(2 * hour)
  const each: number[] = []
  for (let at = 1; at <= 5; at += 1) {
    const before = starts.length
    await advance(minute)
    each.push(starts.length - before)
  }
  expect(starts).toHaveLength(1_000)
  expect(Math.max(...each)).toBeLessThan(300)
})

it('other work goes on while many that are due at one instant are started', async () => {
  const order: string[] = []
  const tenants = ['a', 'b', 'c'].map((path) =>
    liveTenant(path, '[{ id: t, type: schedule, cron: 0 * * * *, timezone: UTC, spreadSeconds: 0 }]'),
  )
  const scheduler = new Scheduler({
    applied: { get: (path) => tenants.find((tenant) => tenant.path === path), paths: () => ['a', 'b', 'c'] },
    store: { readSchedules: () => [], recordSchedules: async () => {} },
    start: async ({ tenant: { path } }) => {
      order.push('start')
      setImmediate(() => order.push('other work'))
      // Longer than runs are started in one go.
      for (const end = performance.now() + 30; performance.now() < end; );
      return { kind: 'accepted', runId: path }
    },
    now: Date.now,
    onTrouble: ({ reason }) => expect.unreachable(reason),
  })
  onTestFinished(() => scheduler.close())
  await scheduler.update('all')
  await scheduler.settled()
  vi.advanceTimersByTime(hour)
  await scheduler.settled()
  expect(order.slice(0, 5)).toEqual(['start', 'other work', 'start', 'other work', 'start'])
})
