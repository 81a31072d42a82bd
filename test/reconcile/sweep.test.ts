import { expect, it } from 'vitest'
import { createSweep } from '../../controller/reconcile/sweep.ts'
import type { LiveTenant } from '../../controller/reconcile/live-tenants.ts'
import { tenant } from '../core/run/scenario.ts'

const day = 86_400_000
const now = 1_000 * day

function sweeping(keeps: Readonly<Record<string, number | undefined>>, ended: Record<string, number[]>) {
  const forgotten: number[] = []
  const troubled: string[] = []
  const sweep = createSweep({
    applied: {
      paths: () => Object.keys(keeps),
      get: (path) => {
        const runDays = keeps[path]
        const context = { ...tenant, path, uid: path, ...(runDays !== undefined && { runDays }) }
        return { path, uid: path, context, contextDigest: 'c', workflows: new Map() } satisfies LiveTenant
      },
    },
    store: {
      forgetDeliveries: async (before) => void forgotten.push(before),
      forgetBulks: async (before) => void forgotten.push(before),
      collectObjects: async () => 5,
      forgetRuns: async ({ tenantUid, before, limit }) => {
        if (tenantUid === 'broken') throw new Error('the file is broken')
        const all = ended[tenantUid] ?? []
        const removed = all.filter((at) => at < before).slice(0, limit)
        ended[tenantUid] = all.filter((at) => !removed.includes(at))
        return removed.length
      },
    },
    now: () => now,
    onTrouble: (path) => void troubled.push(path),
  })
  return { sweep, forgotten, troubled }
}

it('removes what each tenant no longer keeps, in as many batches as it takes, and goes on after a broken file', async () => {
  const many = Array.from({ length: 450 }, (_, index) => now - 100 * day - index)
  const ended = { a: [...many, now - 89 * day], b: [now - 8 * day, now - 6 * day], forever: [0] }
  const { sweep, forgotten, troubled } = sweeping({ a: 90, broken: 7, b: 7, forever: undefined }, ended)
  expect(await sweep()).toEqual({
    tenants: [
      { tenant: 'a', runs: 450 },
      { tenant: 'b', runs: 1 },
    ],
    objects: 5,
  })
  expect(ended).toEqual({ a: [now - 89 * day], b: [now - 6 * day], forever: [0] })
  expect([troubled, forgotten]).toEqual([['broken'], [now - 3_600_000, now - 365 * day]])
  expect(await sweep()).toEqual({ tenants: [], objects: 5 })
})

it('is one sweep where two are asked for at once', async () => {
  const { sweep, forgotten } = sweeping({ a: 7 }, {})
  await Promise.all([sweep(), sweep()])
  expect(forgotten).toHaveLength(2)
})
