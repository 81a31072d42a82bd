import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Workflow } from '../../controller/core/model/generated/kinds.ts'
import type { LiveTenant } from '../../controller/reconcile/live-tenants.ts'
import { Scheduler } from '../../controller/triggers/scheduler.ts'
import { installPeer } from './install-peer.ts'
import { against, type Figure, median, type Report } from './harness.ts'
import { heapBytes } from './heap-bytes.ts'

const jobs = 10_000
/** As many expressions as a fleet has, and one that all of them share here: a whole minute comes for everybody. */
const cron = '* * * * *'
const zones = ['Europe/Stockholm', 'America/New_York', 'Asia/Tokyo', 'UTC']
const leadMs = 4_000
const peer = 'node-cron@4.6.0'
/** The latest of ours is at most a tenth as late as the latest of node-cron; a job keeps at most 512 bytes. */
const goals = { lateness: 1 / 10, bytes: 512 }

/**
 * So many schedules due in one second: how late each is handed on, and what each keeps, next to node-cron. Whoever is
 * called does nothing in both; ours have looked up their tenant and made what their run begins with.
 */
export async function benchSchedules(rounds: number): Promise<Report> {
  const folder = mkdtempSync(join(tmpdir(), 'headwater-cron-'))
  try {
    const nodeCron = installPeer(folder, [peer])
      ? (createRequire(join(folder, 'index.js'))('node-cron') as NodeCron)
      : undefined
    if (!nodeCron) console.log(`\nschedules: ${peer} cannot be installed from npm here and is left out`)
    const ours: Measured[] = []
    const theirs: Measured[] = []
    for (let round = 0; round < rounds; round += 1) {
      ours.push(await measureScheduler())
      if (nodeCron) theirs.push(await measureNodeCron(nodeCron))
    }
    const figures = figuresOf('', ours)
    const limits = theirs.length > 0 ? figuresOf(`${peer}: `, theirs) : undefined
    const isMet = [
      limits ? against(figures.latest, limits.latest, goals.lateness) : figures.latest,
      against(figures.bytes, { name: '1 byte', samples: ours.map(() => 1) }, goals.bytes),
    ]
    return {
      benchmark: 'schedules',
      parameters: { jobs, zones: zones.length, rounds },
      counts: {
        started: sum(ours.map(({ late }) => late.length)),
        ...(nodeCron && { [`left out by ${peer}`]: sum(theirs.map(({ missed }) => missed)) }),
      },
      figures: [figures.middle, ...isMet, ...Object.values(limits ?? {})],
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0)
}

function figuresOf(whose: string, found: readonly Measured[]) {
  const figure = (name: string, unit: Figure['unit'], pick: (one: Measured) => number): Figure => {
    return { name: `${whose}${name}`, unit, samples: found.map(pick) }
  }
  return {
    middle: figure('start, median', 'ms', ({ late }) => median(late)),
    latest: figure('latest start', 'ms', ({ late }) => Math.max(...late)),
    bytes: figure('bytes kept for one job', '', ({ bytes }) => bytes),
  }
}

interface Measured {
  /** Of each that was started. */
  readonly late: readonly number[]
  readonly bytes: number
  /** Those that come too late to node-cron are not started at all. */
  readonly missed: number
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
  // Until each of them waits for its time.
  await scheduler.settled()
  const bytes = (heapBytes() - before) / jobs
  await all.promise
  await scheduler.close()
  return { late, bytes, missed: 0 }
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
  schedule(
    expression: string,
    task: () => void,
    options: { readonly timezone: string; readonly suppressMissedWarning: boolean },
  ): { stop(): unknown; on(event: 'execution:missed', listener: () => void): unknown }
}

async function measureNodeCron(nodeCron: NodeCron): Promise<Measured> {
  const due = Math.ceil((Date.now() + 2 * leadMs) / 1_000) * 1_000
  const late: number[] = []
  const all = Promise.withResolvers<void>()
  let missed = 0
  const before = heapBytes()
  const tasks = Array.from({ length: jobs }, (_, at) =>
    nodeCron.schedule(
      `${new Date(due).getUTCSeconds()} * * * * *`,
      () => {
        late.push(Date.now() - due)
        if (late.length + missed === jobs) all.resolve()
      },
      { timezone: zones[at % zones.length] as string, suppressMissedWarning: true },
    ),
  )
  const bytes = (heapBytes() - before) / jobs
  for (const task of tasks)
    task.on('execution:missed', () => {
      missed += 1
      if (late.length + missed === jobs) all.resolve()
    })
  await all.promise
  for (const task of tasks) task.stop()
  return { late, bytes, missed }
}
