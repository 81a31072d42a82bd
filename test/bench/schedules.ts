import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Workflow } from '../../controller/core/model/generated/kinds.ts'
import type { LiveTenant } from '../../controller/reconcile/live-tenants.ts'
import { Scheduler } from '../../controller/triggers/scheduler.ts'
import { installPeer } from './install-peer.ts'
import { against, type Figure, type Report } from './harness.ts'

const jobs = 10_000
/** As many expressions as a fleet has, and one that all of them share here: a whole minute comes for everybody. */
const cron = '* * * * *'
const zones = ['Europe/Stockholm', 'America/New_York', 'Asia/Tokyo', 'UTC']
const leadMs = 4_000
const peer = 'node-cron@4.6.0'
/** The latest of ours is at most a tenth as late as the latest of node-cron; a job keeps at most 512 bytes. */
const goals = { lateness: 1 / 10, bytes: 512 }

/** So many schedules due in one second: how late each starts, and what each keeps, next to node-cron. */
export async function benchSchedules(): Promise<Report> {
  const ours = await measureScheduler()
  const theirs = await measureNodeCron()
  const latest: Figure = { name: 'latest start', unit: 'ms', samples: [Math.max(...ours.late)] }
  const kept: Figure = { name: 'kept for one job', unit: '', samples: [ours.bytes] }
  const figures: Figure[] = [
    { name: 'start, median', unit: 'ms', samples: [middle(ours.late)] },
    theirs ? against(latest, { name: peer, samples: [Math.max(...theirs.late)] }, goals.lateness) : latest,
    against(kept, { name: '1 byte', samples: [1] }, goals.bytes),
    ...(theirs
      ? [
          { name: `${peer}: start, median`, unit: 'ms' as const, samples: [middle(theirs.late)] },
          { name: `${peer}: latest start`, unit: 'ms' as const, samples: [Math.max(...theirs.late)] },
          { name: `${peer}: bytes kept for one job`, unit: '' as const, samples: [theirs.bytes] },
        ]
      : []),
  ]
  if (!theirs) console.log(`\nschedules: ${peer} cannot be installed from npm here and is left out`)
  return {
    benchmark: 'schedules',
    parameters: { jobs, zones: zones.length },
    counts: { started: ours.late.length },
    figures,
  }
}

interface Measured {
  readonly late: readonly number[]
  readonly bytes: number
}

async function measureScheduler(): Promise<Measured> {
  // A clock that shows a few seconds before the minute, so that nobody has to wait for one.
  const due = Math.ceil(Date.now() / 60_000) * 60_000
  const offset = due - leadMs - Date.now()
  const now = (): number => Date.now() + offset
  const tenants = new Map(Array.from({ length: jobs }, (_, at) => [`acme/t${at}`, tenantOf(`acme/t${at}`, at)]))
  const late: number[] = []
  const all = Promise.withResolvers<void>()
  const before = heapBytes()
  const scheduler = new Scheduler({
    applied: { get: (path) => tenants.get(path), paths: () => [...tenants.keys()] },
    store: { readSchedules: () => [], recordSchedules: () => Promise.resolve() },
    start: () => {
      late.push(now() - due)
      if (late.length === jobs) all.resolve()
      return Promise.resolve({ kind: 'accepted', runId: '' })
    },
    now,
    onTrouble: ({ reason }) => all.reject(new Error(reason)),
  })
  await scheduler.update('all')
  const bytes = (heapBytes() - before) / jobs
  await all.promise
  await scheduler.close()
  return { late, bytes }
}

function tenantOf(path: string, at: number): LiveTenant {
  const trigger = { id: 'nightly', type: 'schedule', cron, spreadSeconds: 0 } as const
  const spec = { version: '1.0.0', title: 'x', triggers: [trigger], steps: [] } as unknown as Workflow['spec']
  const workflow = { name: 'sweep', owner: '', release: '1.0.0', digest: 'd', spec }
  const timezone = zones[at % zones.length] as string
  const context = {
    path,
    uid: `uid-${at}`,
    displayName: path,
    tags: {},
    values: {},
    timezone,
    concurrentRuns: 5,
    suspended: false,
    bindings: {},
  }
  return { path, uid: context.uid, context, contextDigest: 'c', workflows: new Map([['sweep', workflow]]) }
}

interface NodeCron {
  schedule(expression: string, task: () => void, options: { readonly timezone: string }): { stop(): unknown }
}

async function measureNodeCron(): Promise<Measured | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'headwater-cron-'))
  try {
    if (!installPeer(folder, [peer])) return undefined
    const nodeCron = createRequire(join(folder, 'index.js'))('node-cron') as NodeCron
    const due = Math.ceil((Date.now() + 2 * leadMs) / 1_000) * 1_000
    const late: number[] = []
    const all = Promise.withResolvers<void>()
    const before = heapBytes()
    const tasks = Array.from({ length: jobs }, (_, at) =>
      nodeCron.schedule(
        `${new Date(due).getUTCSeconds()} * * * * *`,
        () => {
          late.push(Date.now() - due)
          if (late.length === jobs) all.resolve()
        },
        { timezone: zones[at % zones.length] as string },
      ),
    )
    const bytes = (heapBytes() - before) / jobs
    await Promise.race([all.promise, sleep(90_000)])
    for (const task of tasks) task.stop()
    return { late, bytes }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What is in use after a collection, so that garbage does not count. */
function heapBytes(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  return process.memoryUsage().heapUsed
}

function middle(samples: readonly number[]): number {
  return samples.toSorted((a, b) => a - b)[samples.length >> 1] ?? Number.NaN
}
