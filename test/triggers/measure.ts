/**
 * What schedules cost: the next instant of an expression, and ten thousand tenants at one instant.
 *
 *   node scripts/run.mjs test/triggers/measure.ts
 */
import { cronTimes } from '../../controller/core/run/cron.ts'
import type { LiveTenant } from '../../controller/reconcile/live-tenants.ts'
import { Scheduler } from '../../controller/triggers/scheduler.ts'
import { tenant, workflowOf } from '../core/run/scenario.ts'

const minute = 60_000
const expressions = [
  ['0 2 * * *', 'Europe/Stockholm'],
  ['*/5 * * * *', 'UTC'],
  ['30 2 * * 1-5', 'America/New_York'],
  ['0 0 29 2 *', 'Europe/London'],
] as const

for (const [cron, zone] of expressions) {
  const times = cronTimes(cron, zone)
  if (times.kind === 'fault') throw new Error(times.message)
  const calls = 2_000
  const from = Date.UTC(2026, 0, 1)
  for (let call = 0; call < 500; call += 1) times.after(from - call * minute)
  const start = performance.now()
  for (let call = 0; call < calls; call += 1) times.after(from + call * minute)
  console.log(`${cron.padEnd(14)} ${zone.padEnd(18)} ${(((performance.now() - start) / calls) * 1_000).toFixed(1)} µs`)
}

const count = 10_000
const spec = workflowOf(
  'triggers: [{ id: t, type: schedule, cron: 0 2 * * *, timezone: UTC, spreadSeconds: 0 }]\nsteps: [{ id: a, set: {} }]',
)
const workflow = { name: 'w', owner: '', release: '1.0.0', digest: 'd', spec }
const tenants = new Map<string, LiveTenant>()
for (let number = 0; number < count; number += 1) {
  const [path, uid] = [`t${number}`, `uid-${number}`]
  const context = { ...tenant, path, uid }
  tenants.set(path, { path, uid, context, contextDigest: 'c', workflows: new Map([['w', workflow]]) })
}
let now = Date.UTC(2026, 0, 1, 1, 59)
let started = 0
const scheduler = new Scheduler({
  applied: { get: (path) => tenants.get(path), paths: () => [...tenants.keys()] },
  store: { readSchedules: () => [], recordSchedules: async () => {} },
  start: async () => {
    started += 1
    return { kind: 'accepted', runId: '' }
  },
  now: () => now,
  onTrouble: ({ reason }) => {
    throw new Error(reason)
  },
})
const since = async (what: string, work: () => Promise<void>): Promise<void> => {
  const start = performance.now()
  await work()
  console.log(`${count} tenants, ${what}: ${(performance.now() - start).toFixed(0)} ms`)
}
await since('learned at the start', () => scheduler.update('all'))
await since('all of them applied again', () => scheduler.update(tenants.keys()))
now += minute
await since('started at one instant', async () => {
  await scheduler.update(tenants.keys())
  await scheduler.settled()
})
console.log(`${started} started`)
await scheduler.close()
