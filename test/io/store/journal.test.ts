import { describe, expect, it } from 'vitest'
import { openStore } from '../../../controller/io/store/open-store.ts'
import { folder, more, newRun, objectOf } from './sample-runs.ts'

describe('the journal', () => {
  it('keeps events in order, over a reopening', async () => {
    const place = folder()
    const first = openStore(place)
    const run = newRun('r1', 5)
    expect(await first.append(run)).toEqual({ kind: 'appended', version: 1 })
    const then = more(run.state, { type: 'RunStarted', at: 6 })
    expect(await first.append(then)).toEqual({ kind: 'appended', version: 2 })
    first.close()

    const second = openStore(place)
    expect(second.readRun('r1')).toEqual([...run.events, ...then.events])
    expect(second.unfinishedRuns()).toEqual(['r1'])
    await second.append(more(then.state, { type: 'RunSucceeded', at: 7, outputs: {} }))
    expect(second.unfinishedRuns()).toEqual([])
    second.close()
  })

  it('knows no run that was never requested', () => {
    const store = openStore(folder())
    expect(store.readRun('r1')).toBeUndefined()
    store.close()
  })

  it('refuses a second start, and says what is there', async () => {
    const store = openStore(folder())
    const answers = await Promise.all([store.append(newRun('r1', 1)), store.append(newRun('r1', 2))])
    expect(answers).toEqual([
      { kind: 'appended', version: 1 },
      { kind: 'conflict', version: 1 },
    ])
    expect(store.readRun('r1')).toMatchObject([{ at: 1 }])
    store.close()
  })

  it('refuses events that were decided on another version, and stores none of them', async () => {
    const store = openStore(folder())
    const { state } = newRun('r1')
    await store.append(newRun('r1'))
    const started = more(state, { type: 'RunStarted', at: 1 })
    const answers = await Promise.all([store.append(started), store.append(started)])
    expect(answers.map(({ kind }) => kind)).toEqual(['appended', 'conflict'])
    expect(store.readRun('r1')).toHaveLength(2)
    store.close()
  })

  it('commits what is queued in one turn together', async () => {
    const store = openStore(folder())
    await Promise.all(Array.from({ length: 500 }, (_, index) => store.append(newRun(`r${index}`))))
    expect(store.health()).toMatchObject({ state: 'green', counts: { commits: 1, records: 500 } })
    store.close()
  })

  it('resolves in the order in which records were queued', async () => {
    const store = openStore(folder())
    const order: number[] = []
    const all = Array.from({ length: 20 }, (_, index) =>
      store.append(newRun(`r${index}`)).then(() => order.push(index)),
    )
    await Promise.all(all)
    expect(order).toEqual(Array.from({ length: 20 }, (_, index) => index))
    store.close()
  })

  it('undoes one record that cannot be stored, and no other of its commit', async () => {
    const store = openStore(folder())
    const bad = { ...newRun('bad'), objects: [{ digest: 'wrong', json: '{}' }] }
    const answers = await Promise.allSettled([
      store.append(newRun('r1')),
      store.append(bad),
      store.append(newRun('r2')),
    ])
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(store.unfinishedRuns()).toEqual(['r1', 'r2'])
    expect(store.health().state).toBe('green')
    store.close()
  })

  it('knows the version of a run whose append was undone with its commit', async () => {
    const store = openStore(folder())
    const run = newRun('r1')
    await store.append(run)
    const started = more(run.state, { type: 'RunStarted', at: 1 })
    const bad = { ...newRun('bad'), objects: [{ digest: 'wrong', json: '{}' }] }
    const answers = await Promise.allSettled([store.append(started), store.append(started), store.append(bad)])
    expect(answers).toMatchObject([
      { value: { kind: 'appended', version: 2 } },
      { value: { kind: 'conflict', version: 2 } },
      { reason: { code: 'bad-value' } },
    ])
    expect(store.readRun('r1')).toEqual([...run.events, ...started.events])
    store.close()
  })

  it('knows the version of every run after it was opened again', async () => {
    const place = folder()
    const first = openStore(place)
    const run = newRun('r1')
    const ended = more(run.state, { type: 'RunStarted', at: 1 }, { type: 'RunSucceeded', at: 2, outputs: {} })
    for (const record of [run, newRun('r2'), ended]) await first.append(record)
    first.close()
    const second = openStore(place)
    expect(await second.append(run)).toEqual({ kind: 'conflict', version: 3 })
    expect(await second.append(newRun('r2'))).toEqual({ kind: 'conflict', version: 1 })
    expect(await second.append(more(newRun('r3').state, { type: 'RunStarted', at: 1 }))).toEqual({
      kind: 'conflict',
      version: 0,
    })
    second.close()
  })

  it('keeps the objects that a run pins', async () => {
    const store = openStore(folder())
    const pinned = objectOf({ version: '1.0.0' })
    await store.append({ ...newRun('r1'), objects: [pinned] })
    await store.append({ ...newRun('r2'), objects: [pinned] })
    expect(store.readObject(pinned.digest)).toBe(pinned.json)
    store.close()
  })

  it('commits what is queued when it is closed, and refuses what comes later', async () => {
    const place = folder()
    const store = openStore(place)
    const queued = store.append(newRun('r1'))
    store.close()
    await expect(queued).resolves.toMatchObject({ kind: 'appended' })
    await expect(store.append(newRun('r2'))).rejects.toMatchObject({ code: 'closed' })
    const again = openStore(place)
    expect(again.unfinishedRuns()).toEqual(['r1'])
    again.close()
  })
})

describe('the list of runs', () => {
  it('goes page by page, latest first, and misses none', async () => {
    const store = openStore(folder())
    for (let index = 0; index < 7; index++) await store.append(newRun(`r${index}`, index))
    const seen: string[] = []
    let before: number | undefined
    for (;;) {
      const page = store.listRuns(before === undefined ? { limit: 3 } : { limit: 3, before })
      seen.push(...page.runs.map(({ id }) => id))
      if (page.next === null) break
      before = page.next
    }
    expect(seen).toEqual(['r6', 'r5', 'r4', 'r3', 'r2', 'r1', 'r0'])
    store.close()
  })

  it('is filtered by tenant, subtree, workflow and state', async () => {
    const store = openStore(folder())
    const runs: [id: string, tenant: string, workflow: string][] = [
      ['a', 'acme', 'w'],
      ['b', 'acme/north', 'w'],
      ['c', 'acme-2', 'w'],
      ['d', 'acme/north', 'v'],
    ]
    for (const [id, tenant, workflow] of runs) await store.append(newRun(id, 0, tenant, workflow))
    await store.append(
      more(newRun('b', 0, 'acme/north', 'w').state, { type: 'RunCancelled', at: 1, by: 'ada', reason: 'x' }),
    )
    const ids = (filter: Parameters<typeof store.listRuns>[0]) => store.listRuns(filter).runs.map(({ id }) => id)
    expect(ids({ tenant: 'acme' })).toEqual(['a'])
    expect(ids({ tenant: 'acme', below: true })).toEqual(['d', 'b', 'a'])
    expect(ids({ tenant: '', below: true })).toEqual(['d', 'c', 'b', 'a'])
    expect(ids({ workflow: 'v' })).toEqual(['d'])
    expect(ids({ state: 'cancelled' })).toEqual(['b'])
    expect(store.listRuns({ state: 'cancelled' }).runs).toMatchObject([{ reason: 'ada: x', finishedAt: 1 }])
    store.close()
  })
})

describe('deliveries', () => {
  it('are recognised, each its tenant’s, until they are forgotten', async () => {
    const store = openStore(folder())
    expect(store.isDelivered('u', 'x')).toBe(false)
    await store.recordDelivery({ tenantUid: 'u', id: 'x', at: 1 })
    await store.recordDelivery({ tenantUid: 'u', id: 'x', at: 2 })
    expect([store.isDelivered('u', 'x'), store.isDelivered('other', 'x')]).toEqual([true, false])
    await store.forgetDeliveries(2)
    expect(store.isDelivered('u', 'x')).toBe(false)
    store.close()
  })
})

describe('marks of schedules', () => {
  it('say how far each has come, over a restart, until it is gone', async () => {
    const path = folder()
    const store = openStore(path)
    const [one, two] = ['a', 'b'].map((trigger) => ({ tenantUid: 'u', workflow: ':w', trigger }))
    if (!one || !two) throw new Error('two names')
    const rest = { cron: '0 6 * * *', timezone: 'UTC' }
    await store.recordSchedules([
      { ...one, ...rest, seen: 1 },
      { ...two, ...rest, seen: 2 },
    ])
    await store.recordSchedules([{ ...one, ...rest, seen: 3 }], [two])
    store.close()
    const again = openStore(path)
    expect(again.readSchedules()).toEqual([{ ...one, ...rest, seen: 3 }])
    await again.forgetTenant('u')
    expect(again.readSchedules()).toEqual([])
    again.close()
  })
})
