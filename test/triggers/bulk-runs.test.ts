import { describe, expect, it, onTestFinished } from 'vitest'
import { type BulkRequest, runIdOfTarget } from '../../controller/core/run/bulk-run.ts'
import { newMap } from '../../controller/core/model/values.ts'
import type { BulkRecord } from '../../controller/io/store/bulk-records.ts'
import type { LiveTenant } from '../../controller/reconcile/live-tenants.ts'
import { BulkRuns, type BulkWanted } from '../../controller/triggers/bulk-runs.ts'
import type { RunWanted } from '../../controller/triggers/run-wanted.ts'
import { tenant, workflowOf } from '../core/run/scenario.ts'

const spec = workflowOf(
  'inputs: { required: [user], properties: { user: { type: string } } }\nsteps: [{ id: a, set: {} }]',
)

function liveTenant(path: string, { tier = 'gold', owner = '', suspended = false, receives = true } = {}): LiveTenant {
  const context = { ...tenant, path, uid: `uid-${path}`, tags: { tier }, suspended }
  const workflow = { name: 'w', owner, release: '1.0.0', digest: 'd', spec }
  return { path, uid: context.uid, context, contextDigest: 'c', workflows: new Map(receives ? [['w', workflow]] : []) }
}

type Line = NonNullable<ReturnType<ConstructorParameters<typeof BulkRuns>[0]['store']['findRun']>>

/** What outlives a process: records of bulk runs, and the list of runs. */
function disk() {
  return { bulks: new Map<string, BulkRecord>(), runs: new Map<string, Line>(), isFull: false }
}

function bulkRuns(tenants: readonly LiveTenant[], on = disk()) {
  const applied = new Map(tenants.map((each) => [each.path, each]))
  const started: string[] = []
  const troubles: unknown[] = []
  const bulk = new BulkRuns({
    applied: { get: (path) => applied.get(path), paths: () => [...applied.keys()] },
    store: {
      findRun: (id) => on.runs.get(id),
      readBulk: (id) => on.bulks.get(id),
      unfinishedBulks: () => [...on.bulks.values()].filter(({ finishedAt }) => finishedAt === null).map(({ id }) => id),
      listBulks: () => [...on.bulks.values()],
      beginBulk: async (request) => {
        const { id, workflow, to, requestedAt, targets } = request
        const line = {
          id,
          workflow,
          to,
          requestedAt,
          targets: targets.length,
          state: 'running' as const,
          finishedAt: null,
        }
        if (!on.bulks.has(id)) on.bulks.set(id, { ...line, request, summary: undefined })
        return true
      },
      stopBulk: async (id, state, summary) => {
        on.bulks.set(id, { ...(on.bulks.get(id) as BulkRecord), state, summary })
      },
      endBulk: async (id, { state, at, summary }) => {
        on.bulks.set(id, { ...(on.bulks.get(id) as BulkRecord), state, finishedAt: at, summary })
      },
    },
    start: async ({ tenant: { path, uid }, workflow, trigger, sandbox }: RunWanted) => {
      if (on.isFull) throw new Error('the disk is full')
      const request = { id: trigger.deliveryId, workflow: workflow.name, sandbox } as BulkRequest
      const runId = runIdOfTarget(request, { tenant: path, uid, owner: workflow.owner })
      if (on.runs.has(runId)) return { kind: 'already-accepted', runId }
      on.runs.set(runId, { id: runId, tenant: path, state: 'running', reason: '', finishedAt: null } as Line)
      started.push(path)
      return { kind: 'accepted', runId }
    },
    now: () => 1,
    onTrouble: (_, error) => void troubles.push(error),
  })
  onTestFinished(() => bulk.close())
  const turn = () => new Promise((done) => setImmediate(done))
  return {
    bulk,
    disk: on,
    started,
    troubles,
    begin: async (wanted: Partial<BulkWanted> = {}) => {
      const inputs = Object.assign(newMap(), { user: 'eve' })
      const begun = await bulk.begin({
        id: 'b',
        workflow: 'w',
        to: 'tier=gold',
        inputs,
        sandbox: false,
        by: 'ada',
        concurrency: 2,
        ...wanted,
      })
      await turn()
      return begun
    },
    resume: async () => {
      bulk.resume()
      await turn()
    },
    /** Ends the run of a tenant. */
    end: async (path: string, state: Line['state'] = 'succeeded', reason = '') => {
      const run = [...on.runs.values()].find((each) => each.tenant === path) as Line
      on.runs.set(run.id, { ...run, state, reason, finishedAt: 1 })
      bulk.onEvents(run.id)
      await turn()
    },
    shown: () => {
      const { state, summary } = bulk.progress('b') ?? {}
      return [state, { ...summary?.counts }]
    },
  }
}

const named = (count: number) => Array.from({ length: count }, (_, index) => liveTenant(`t${index}`))

describe('a bulk run', () => {
  it('starts so many at a time, the next when one has ended, and ends with the last', async () => {
    const { begin, end, started, shown } = bulkRuns(named(4))
    expect(await begin()).toEqual({ kind: 'accepted', id: 'b' })
    expect([started, shown()]).toEqual([
      ['t0', 't1'],
      ['running', { running: 2, pending: 2 }],
    ])
    await end('t1')
    expect(started).toEqual(['t0', 't1', 't2'])
    await end('t0')
    await end('t2')
    expect(shown()).toEqual(['running', { succeeded: 3, running: 1 }])
    await end('t3', 'failed', 'no route')
    expect(shown()).toEqual(['finished', { succeeded: 3, failed: 1 }])
  })

  it('chooses by tags, leaves out who does not receive the workflow or is suspended, and says so', async () => {
    const tenants = [
      liveTenant('a'),
      liveTenant('b', { tier: 'silver' }),
      liveTenant('c', { receives: false }),
      liveTenant('d', { suspended: true }),
    ]
    const { bulk, begin, started } = bulkRuns(tenants)
    await begin()
    expect(started).toEqual(['a'])
    expect(bulk.progress('b')).toMatchObject({
      targets: 1,
      skipped: [
        { tenant: 'c', reason: 'does not receive w' },
        { tenant: 'd', reason: 'is suspended' },
      ],
    })
  })

  it('chooses who has a repository of its own by the tags that were given to it from above', async () => {
    const mount = { path: 'own', tags: { tier: 'gold' } }
    const tenants = [
      { ...liveTenant('own/out', { tier: 'silver' }), mount },
      { ...liveTenant('own/in'), mount: { ...mount, tags: { tier: 'silver' } } },
    ].map(({ mount: from, ...each }) => ({ ...each, context: { ...each.context, mount: from } }))
    const { begin, started } = bulkRuns(tenants)
    await begin()
    expect(started).toEqual(['own/out'])
  })

  it.each<[string, Partial<BulkWanted>, string]>([
    ['selects nobody', { to: 'tier=bronze' }, '`tier=bronze` selects no tenant that receives w.'],
    ['has a selector that is none', { to: 'gold' }, '`gold` is not a tag expression'],
    ['has inputs that somebody refuses', { inputs: newMap() }, 't0: Input user is required.'],
    ['is of a workflow that nobody has', { workflow: 'v' }, 'selects no tenant that receives v.'],
  ])('that %s is refused, and starts nobody', async (_, wanted, message) => {
    const { begin, started, disk: on } = bulkRuns(named(3))
    expect(await begin(wanted)).toEqual({
      kind: 'refused',
      messages: expect.arrayContaining([expect.stringContaining(message)]),
    })
    expect([started, on.bulks.size]).toEqual([[], 0])
  })

  it('is the same one when it is asked for again, also after its end', async () => {
    const { begin, end, started } = bulkRuns(named(1))
    await begin()
    expect(await begin()).toEqual({ kind: 'already-accepted', id: 'b' })
    await end('t0')
    expect(await begin()).toEqual({ kind: 'already-accepted', id: 'b' })
    expect(started).toEqual(['t0'])
  })

  it('halts when too many fail, lets those on their way end, and says why', async () => {
    const { bulk, begin, end, started, shown } = bulkRuns(named(30))
    await begin({ concurrency: 5, haltOnFailureRate: 0.2 })
    for (const path of ['t0', 't1', 't2']) await end(path, 'failed', 'no route')
    expect(started).toHaveLength(7)
    expect(shown()).toEqual(['halted', { failed: 3, running: 4, pending: 23 }])
    for (const path of ['t3', 't4', 't5', 't6']) await end(path)
    expect(shown()).toEqual(['halted', { failed: 3, succeeded: 4, pending: 23 }])
    expect(bulk.progress('b')?.summary).toMatchObject({
      reason: '3 of 3 runs failed',
      failures: [{ reason: 'no route', count: 3 }],
    })
  })

  it('is cancelled: it starts no more, and cannot be cancelled after its end', async () => {
    const { bulk, begin, end, started, shown } = bulkRuns(named(3))
    await begin({ concurrency: 1 })
    expect([await bulk.cancel('b', 'ada', 'a mistake'), await bulk.cancel('x', 'ada', '')]).toEqual([true, undefined])
    await end('t0')
    expect([started, shown()]).toEqual([['t0'], ['cancelled', { succeeded: 1, pending: 2 }]])
    expect([await bulk.cancel('b', 'ada', ''), bulk.progress('b')?.summary.reason]).toEqual([false, 'ada: a mistake'])
  })
})

describe('after a crash', () => {
  it('a bulk run goes on where it was: nobody twice, nobody forgotten', async () => {
    const first = bulkRuns(named(5))
    await first.begin()
    await first.end('t0', 'failed', 'no route')
    await first.bulk.close()
    // One run ends before anybody looks.
    const on = first.disk
    const second = bulkRuns(named(5), on)
    const early = [...on.runs.values()].find(({ tenant: path }) => path === 't1') as Line
    on.runs.set(early.id, { ...early, state: 'succeeded', finishedAt: 1 })
    await second.resume()
    expect(second.started).toEqual(['t3'])
    for (const path of ['t2', 't3', 't4']) await second.end(path)
    expect([first.started, second.started]).toEqual([
      ['t0', 't1', 't2'],
      ['t3', 't4'],
    ])
    expect(second.shown()).toEqual(['finished', { failed: 1, succeeded: 4 }])
  })

  it('it is halted by the failures of before, too', async () => {
    const first = bulkRuns(named(20))
    await first.begin({ concurrency: 3, haltOnFailureRate: 0.2 })
    await first.bulk.close()
    const on = first.disk
    for (const [id, run] of on.runs) on.runs.set(id, { ...run, state: 'failed', reason: 'no route', finishedAt: 1 })
    const second = bulkRuns(named(20), on)
    await second.resume()
    expect([second.started, second.shown()]).toEqual([[], ['halted', { failed: 3, pending: 17 }]])
  })

  it('it stays halted although what was on its way has succeeded since, and it stays cancelled', async () => {
    const first = bulkRuns(named(60))
    await first.begin({ concurrency: 30, haltOnFailureRate: 0.2 })
    for (const path of ['t0', 't1', 't2']) await first.end(path, 'failed', 'no route')
    await first.bulk.close()
    const on = first.disk
    for (const [id, run] of on.runs)
      if (run.finishedAt === null) on.runs.set(id, { ...run, state: 'succeeded', finishedAt: 1 })
    const second = bulkRuns(named(60), on)
    await second.resume()
    expect([second.started, second.shown()[0]]).toEqual([[], 'halted'])
    expect(second.bulk.progress('b')?.summary.reason).toBe('3 of 3 runs failed')

    const third = bulkRuns(named(3))
    await third.begin({ concurrency: 1 })
    await third.bulk.cancel('b', 'ada', 'a mistake')
    await third.bulk.close()
    const fourth = bulkRuns(named(3), third.disk)
    await fourth.resume()
    await fourth.end('t0')
    expect([fourth.started, fourth.shown()]).toEqual([[], ['cancelled', { succeeded: 1, pending: 2 }]])
  })

  it('a target whose tenant is gone, or has another workflow of this name, is refused', async () => {
    const first = bulkRuns(named(3))
    await first.begin({ concurrency: 1 })
    await first.bulk.close()
    const second = bulkRuns([liveTenant('t0'), liveTenant('t1', { owner: 't1' })], first.disk)
    await second.resume()
    await second.end('t0')
    expect(second.shown()).toEqual(['finished', { succeeded: 1, refused: 2 }])
    expect(
      second.bulk
        .progress('b')
        ?.summary.failures.map(({ reason }) => reason)
        .sort(),
    ).toEqual(['The tenant does not receive this w any more.', 'The tenant is gone.'])
  })
})

it('a store that takes no write stops nothing for good', async () => {
  const first = bulkRuns(named(2))
  first.disk.isFull = true
  await first.begin()
  expect([first.troubles.length, first.shown()]).toEqual([2, ['running', { pending: 2 }]])
  await first.bulk.close()
  first.disk.isFull = false
  const second = bulkRuns(named(2), first.disk)
  await second.resume()
  expect(second.started).toEqual(['t0', 't1'])
})
