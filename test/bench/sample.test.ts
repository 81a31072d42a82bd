import { expect, test } from 'vitest'
import { sampleFetch } from './fetch.ts'
import { sampleFleet } from './fleet.ts'
import { benchJsonnet, jsonnetVersion } from './jsonnet.ts'
import { names, patched, renderTenants, workflows } from './patched-tenants.ts'

test('the benchmark measures a sound fleet: whole, without problems, and equal by every road', async () => {
  const { cold, cached, loop, readMs, repository, warm } = await sampleFleet()
  const [load] = cold
  expect(load?.counts).toMatchObject({ tenants: 200, frozen: 0, problems: 0, held: 0, files: repository.files })
  expect(load?.counts.subscriptions).toBeGreaterThan(800)
  expect(load?.counts.followed).toBeGreaterThan(0)
  expect(load?.counts.renderings).toBeLessThanOrEqual(load?.counts.pairs ?? 0)
  expect(readMs).toHaveLength(1)
  expect([load?.parsed, cached[0]?.parsed]).toEqual([expect.any(Number), 0])
  expect(cached[0]?.counts).toEqual(load?.counts)

  // A fresh process and a long-lived loader agree, and a change that is taken back leaves nothing behind.
  expect(warm.before).toBe(load?.counts.state)
  expect(warm.after).toBe(warm.before)

  const changed = Object.fromEntries([...warm.changes].map(([name, { tenants }]) => [name, tenants]))
  expect(changed['leafOverlay']).toBe(1)
  expect(changed['tag']).toBeGreaterThanOrEqual(1)
  expect(changed['regionOverlay']).toBeGreaterThan(30)
  expect(changed['promotion']).toBeGreaterThan(180)

  const [delays] = loop
  expect(delays?.cold.tenants).toBe(200)
  expect(delays?.fanOut.tenants).toBeGreaterThan(150)
  expect(delays?.cold.ownMax).toBeGreaterThan(0)
  expect(delays?.cold.max).toBeGreaterThanOrEqual(delays?.cold.p99 ?? Number.POSITIVE_INFINITY)
}, 120_000)

test('a commit on a server is fetched with no more requests than git alone makes, and reaches one tenant', async () => {
  const { requests, bareRequests, changed, stateMs, bareMs } = await sampleFetch()
  expect(requests).toBe(bareRequests)
  expect([stateMs, bareMs]).toEqual([
    [expect.any(Number), expect.any(Number)],
    [expect.any(Number), expect.any(Number)],
  ])
  expect(changed).toHaveLength(2)
  expect(new Set(changed).size).toBe(1)
}, 120_000)

test('peers are measured against 200 tenants with five workflows each, of which every one has its own first', async () => {
  const { texts } = await renderTenants()
  const own = (name: string): string | undefined => texts.get(`acme/${name}/workflows/${patched.workflow}.yaml`)
  const all = names.flatMap((name) => workflows.map((workflow) => `acme/${name}/workflows/${workflow}.yaml`))
  expect(all.filter((path) => !texts.has(path))).toEqual([])
  expect(new Set(names.map(own)).size).toBe(200)
  expect(own('t7')).toContain('category: changed-for-t7\n')
})

test('jsonnet comes to the same thousand workflows; where it is not installed nothing is measured', async () => {
  const { counts, figures } = await benchJsonnet(1)
  const isThere = jsonnetVersion() !== undefined
  expect([counts, figures.length]).toEqual(isThere ? [{ documents: 1_000 }, 3] : [{}, 0])
}, 120_000)
