import { join } from 'node:path'
import { against, type Figure, median, type Report, timed } from '../harness.ts'
import { heapBytes } from '../heap-bytes.ts'
import { cpuTime } from './cpu-time.ts'
import { measureDisk, timeSyncs } from './disk-limits.ts'
import type { StartRequest } from '../../../controller/io/backend/backend.ts'
import { fiveActions, fiveSets, openRunLoad, type RunLoad, startsOf } from './run-load.ts'

const inFlight = 512
const tenants = 50
const runsEach = 3_000
const lone = 200

interface Round {
  readonly runsPerSecond: number
  readonly stepsPerCommit: number
  readonly recordsPerCommit: number
  readonly recordsPerSecond: number
  readonly ownCpu: number
  readonly hostsCpu: number
}

/** Five steps a run through real hosts: encrypted, each commit on the disk before anything follows from it. */
export async function benchThroughput(rounds: number): Promise<Report[]> {
  return [await measure('five actions', fiveActions, rounds), await measure('five computed steps', fiveSets, rounds)]
}

async function measure(name: string, workflow: string, rounds: number): Promise<Report> {
  await using load = openRunLoad()
  await load.all(startsOf(workflow, 1_000, tenants, 'warm'), 64)
  const found: Round[] = []
  const disks = []
  for (let round = 0; round < rounds; round++) {
    disks.push(measureDisk())
    found.push(await oneRound(load, startsOf(workflow, runsEach, tenants, `round-${round}`)))
  }
  const times: number[] = []
  // Of the same moments: a disk that others use is another one a second later.
  const besideLone: number[] = []
  for (const start of startsOf(workflow, lone, tenants, 'lone')) {
    if (times.length % 20 === 0) besideLone.push(...timeSyncs(join(load.folder, 'log'), 30))
    times.push((await timed(() => load.toEnd(start))).ms)
  }
  const of = (pick: (round: Round) => number): number[] => found.map(pick)
  const isActions = workflow === fiveActions
  const sync: Figure = {
    name: 'append and fdatasync of 4 KiB',
    unit: 'ms',
    samples: disks.flatMap(({ syncs }) => syncs),
  }
  const rows: Figure = { name: 'bare rows', unit: '/s', samples: disks.map(({ rowsPerSecond }) => rowsPerSecond) }
  const perSync: Figure = { name: 'fdatasync', unit: '/s', samples: disks.map(({ syncs }) => 1_000 / median(syncs)) }
  const figures: Figure[] = [
    sync,
    against(
      { name: 'runs', unit: '/s', samples: of((r) => r.runsPerSecond), ...(isActions && { goal: { least: 3_000 } }) },
      perSync,
    ),
    { name: 'steps', unit: '/s', samples: of((r) => 5 * r.runsPerSecond) },
    against({ name: 'records', unit: '/s', samples: of((r) => r.recordsPerSecond) }, rows),
    { name: 'steps per commit', unit: '', samples: of((r) => r.stepsPerCommit), goal: { least: 6 } },
    { name: 'records per commit', unit: '', samples: of((r) => r.recordsPerCommit), goal: { least: 100 } },
    { name: 'processor time a run, controller', unit: 'us', samples: of((r) => r.ownCpu) },
    { name: 'processor time a run, hosts', unit: 'us', samples: of((r) => r.hostsCpu) },
    against(
      { name: 'lone run, median', unit: 'ms', samples: [median(times)] },
      { ...sync, samples: [median(besideLone)] },
      15,
    ),
    { name: 'lone run, p99', unit: 'ms', samples: [percentile(times, 0.99)] },
    { name: 'memory of the controller', unit: 'MB', samples: [process.memoryUsage.rss() / 2 ** 20] },
  ]
  const parameters = { runs: runsEach, 'in flight': inFlight, tenants, rounds }
  return { benchmark: `runs, ${name}`, parameters, counts: {}, figures }
}

async function oneRound(load: RunLoad, starts: Iterable<StartRequest>): Promise<Round> {
  const before = { ...load.store.health().counts, cpu: cpuTime() }
  const { ms } = await timed(() => load.all(starts, inFlight))
  const after = { ...load.store.health().counts, cpu: cpuTime() }
  const commits = after.commits - before.commits
  const records = after.records - before.records
  return {
    runsPerSecond: (runsEach / ms) * 1_000,
    stepsPerCommit: (5 * runsEach) / commits,
    recordsPerCommit: records / commits,
    recordsPerSecond: (records / ms) * 1_000,
    ownCpu: ((after.cpu.own - before.cpu.own) / runsEach) * 1_000,
    hostsCpu: ((after.cpu.children - before.cpu.children) / runsEach) * 1_000,
  }
}

export function percentile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

/** One run of each of many tenants, asked for at once: until the last has ended. */
export async function benchBulk(count: number): Promise<Report> {
  await using load = openRunLoad()
  await load.all(startsOf(fiveActions, 200, tenants, 'warm'), 64)
  const starts = startsOf(fiveActions, count, count, 'bulk')
  const { ms } = await timed(() => load.all(starts, count))
  const failed = load.store.listRuns({ state: 'failed', limit: 1 }).runs.length
  if (failed > 0) throw new Error('A run of the bulk failed.')
  const figures: Figure[] = [
    { name: 'all have ended after', unit: 'ms', samples: [ms] },
    { name: 'runs', unit: '/s', samples: [(count / ms) * 1_000] },
    { name: 'memory of the controller', unit: 'MB', samples: [process.memoryUsage.rss() / 2 ** 20] },
  ]
  return { benchmark: 'runs, one bulk', parameters: { tenants: count }, counts: {}, figures }
}

/** Whether a run costs the same whatever is stored already. */
export async function benchStored(stages: readonly number[]): Promise<Report> {
  await using load = openRunLoad()
  const figures: Figure[] = []
  let stored = 0
  for (const stage of stages) {
    const { ms } = await timed(() => load.all(startsOf(fiveSets, stage - stored, tenants, `stored-${stage}`), inFlight))
    const probe = await timed(() => load.all(startsOf(fiveActions, 2_000, tenants, `probe-${stage}`), inFlight))
    // Finished runs that are still to be moved are a list in memory.
    await load.store.moveFinished()
    const heap = heapBytes() / 2 ** 20
    const words = stage.toLocaleString('en-US')
    figures.push(
      { name: `computed runs, up to ${words} stored`, unit: '/s', samples: [((stage - stored) / ms) * 1_000] },
      { name: `runs of five actions at ${words} stored`, unit: '/s', samples: [2_000_000 / probe.ms] },
      { name: `heap at ${words} stored`, unit: 'MB', samples: [heap] },
      { name: `memory at ${words} stored`, unit: 'MB', samples: [process.memoryUsage.rss() / 2 ** 20] },
    )
    stored = stage
  }
  return { benchmark: 'runs, many stored', parameters: { 'in flight': inFlight, tenants }, counts: {}, figures }
}
