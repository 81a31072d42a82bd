import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TenantQueue } from '../../../controller/io/backend/tenant-queue.ts'

/** What starts, in order; each run ends when `capacity` others have started. */
function startsOf(queue: TenantQueue<string>, capacity: number): string[] {
  const order: string[] = []
  const active: string[] = []
  for (;;) {
    let run = queue.take()
    while (run !== undefined) {
      order.push(run)
      active.push(run)
      run = queue.take()
    }
    const ended = active.shift()
    if (ended === undefined) return order
    expect(active.length + 1).toBeLessThanOrEqual(capacity)
    queue.release(tenantOf(ended))
  }
}

const tenantOf = (run: string): string => run.split(' ')[0] ?? ''

describe('a tenant with a hundred times the load of the others', () => {
  const quiet = Array.from({ length: 20 }, (_, index) => `quiet${index}`)

  it.each([
    ['that came first', true],
    ['that comes last', false],
  ])('%s moves another’s first run back by one place at most', (_, isFirst) => {
    const queue = new TenantQueue<string>(4, () => 0)
    const flood = () => {
      for (let run = 0; run < 1_000; run += 1) queue.add('noisy', 10, `noisy ${run}`)
    }
    if (isFirst) flood()
    for (const tenant of quiet) for (let run = 0; run < 10; run += 1) queue.add(tenant, 10, `${tenant} ${run}`)
    if (!isFirst) flood()
    const order = startsOf(queue, 4)
    expect(order).toHaveLength(1_200)
    // Round by round: each of the 21 tenants has one turn in a round, whatever the others have waiting.
    for (const tenant of quiet)
      for (let run = 0; run < 10; run += 1) {
        const place = order.indexOf(`${tenant} ${run}`)
        expect(place, `${tenant} ${run}`).toBeLessThan((run + 1) * 21 + 4)
      }
    expect(order.slice(-700).every((run) => run.startsWith('noisy'))).toBe(true)
  })
})

it('one tenant never has more than half of all places, and another’s run goes at once although none of its runs ends', () => {
  const queue = new TenantQueue<string>(4, () => 0)
  for (let run = 0; run < 10; run += 1) queue.add('noisy', 1_000, `noisy ${run}`)
  const taken = () => Array.from({ length: 5 }, () => queue.take()).filter((run) => run !== undefined)
  expect(taken()).toEqual(['noisy 0', 'noisy 1'])
  queue.add('quiet', 1_000, 'quiet 0')
  expect(taken()).toEqual(['quiet 0'])
  queue.release('noisy')
  expect(taken()).toEqual(['noisy 2'])
})

it('keeps the order of each tenant, its limit and the capacity, and loses nobody', () => {
  const load = fc.array(fc.record({ tenant: fc.constantFrom('a', 'b', 'c'), limit: fc.integer({ min: 1, max: 4 }) }), {
    maxLength: 60,
  })
  fc.assert(
    fc.property(load, fc.integer({ min: 1, max: 6 }), fc.array(fc.boolean()), (runs, capacity, releases) => {
      const queue = new TenantQueue<string>(capacity, () => 0)
      const limits = new Map(runs.map(({ tenant, limit }) => [tenant, limit]))
      for (const [index, { tenant }] of runs.entries()) queue.add(tenant, limits.get(tenant) ?? 1, `${tenant} ${index}`)
      const active: string[] = []
      const order: string[] = []
      for (let step = 0; order.length < runs.length || active.length > 0; step += 1) {
        const run = releases[step] === false ? undefined : queue.take()
        if (run !== undefined) {
          order.push(run)
          active.push(run)
        } else {
          const ended = active.shift()
          if (ended !== undefined) queue.release(tenantOf(ended))
        }
        expect(active.length).toBeLessThanOrEqual(capacity)
        for (const [tenant, limit] of limits)
          expect(active.filter((each) => tenantOf(each) === tenant).length).toBeLessThanOrEqual(limit)
      }
      for (const tenant of limits.keys()) {
        const own = order.filter((run) => tenantOf(run) === tenant)
        const asked = runs.flatMap((run, index) => (run.tenant === tenant ? [`${tenant} ${index}`] : []))
        expect(own).toEqual(asked)
      }
    }),
  )
})
