/**
 * What the next instant of an expression costs.
 *
 *   node scripts/run.mjs test/triggers/measure.ts
 */
import { cronTimes } from '../../controller/core/run/cron.ts'

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
  // From one instant to the next, because what lies between two has been answered.
  let instant = from
  for (let call = 0; call < 500; call += 1) instant = times.after(instant) ?? from
  const start = performance.now()
  for (let call = 0; call < calls; call += 1) instant = times.after(instant) ?? from
  console.log(`${cron.padEnd(14)} ${zone.padEnd(18)} ${(((performance.now() - start) / calls) * 1_000).toFixed(1)} µs`)
}
