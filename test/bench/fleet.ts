import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ColdLoad } from './cold-load.ts'
import { createFleetRepository, type FleetRepository } from './fleet-repository.ts'
import { against, type Figure, median, type Report } from './harness.ts'
import type { LoopDelay, LoopDelays } from './loop-delay.ts'
import { measureAppliedChanges } from './applied-changes.ts'
import { measureWarmLoads, type WarmLoads } from './warm-loads.ts'

export interface FleetBenchOptions {
  readonly tenants: number
  readonly runs: number
  readonly seed?: number
  /** False leaves out what only matters for timing. */
  readonly isPacked?: boolean
}

/** Where one cold run takes longer than this, three runs have to do. */
const longRunMs = 20_000

/** Whole controllers are started so often at most. */
const loopRuns = 3

/** Goals as multiples of limits; they are set for fleets of this size. */
const goalTenants = 10_000
const goals = {
  coldToRead: 7,
  cachedToRead: 4,
  planToCold: 0.7,
  leafToSpawn: 1,
  leafAppliedToSpawn: 5,
  promotionAppliedToCold: 1.5,
  promotionToCold: 0.2,
  regionToCold: 0.08,
  leafToCold: 1 / 50,
  kbPerTenant: 30,
  loopDelayMs: 50,
}

/** A cold load of five times the tenants takes six times as long at most. */
const coldGrowth = 6 / 5

interface Measured {
  readonly repository: Pick<FleetRepository, 'files' | 'bytes'>
  readonly cold: readonly ColdLoad[]
  /** The same in a process that finds the caches of an earlier one. */
  readonly cached: readonly ColdLoad[]
  readonly readMs: readonly number[]
  readonly processMs: readonly number[]
  readonly bareRssMb: number
  readonly warm: WarmLoads
  readonly applied: Awaited<ReturnType<typeof measureAppliedChanges>>
  readonly loop: readonly LoopDelays[]
}

export async function benchFleet(options: FleetBenchOptions): Promise<Report> {
  return toReport(options, await measure(options))
}

/** A short run over a small fleet: what it counts, for a test. */
export async function sampleFleet(): Promise<Measured> {
  return measure({ tenants: 200, runs: 1, isPacked: false })
}

async function measure({ tenants, runs, seed = 1, isPacked = true }: FleetBenchOptions): Promise<Measured> {
  const repository = await createFleetRepository({ tenants, seed, isPacked })
  const cache = mkdtempSync(join(tmpdir(), 'headwater-bench-cache-'))
  try {
    const { gitdir, base } = repository
    const [cold, cached]: [ColdLoad[], ColdLoad[]] = [[], []]
    inChild('cold-load.ts', gitdir, base, cache)
    const [readMs, processMs]: [number[], number[]] = [[], []]
    let wanted = runs
    while (cold.length < wanted) {
      // Limit and figure in turn, each in a fresh process: a busy moment of the machine hits neither alone.
      readMs.push((inChild('read-blobs.ts', gitdir, base) as { ms: number }).ms)
      const start = performance.now()
      cold.push(inChild('cold-load.ts', gitdir, base) as ColdLoad)
      processMs.push(performance.now() - start)
      cached.push(inChild('cold-load.ts', gitdir, base, cache) as ColdLoad)
      assertSound(cold, cached)
      if ((processMs.at(-1) ?? 0) > longRunMs) wanted = Math.min(wanted, 3)
    }
    const bareRssMb = (inChild('peak-memory.ts') as { mb: number }).mb
    const warm = await measureWarmLoads(repository, wanted)
    const applied = await measureAppliedChanges(repository, wanted)
    const fanOut = repository.changed.get('promotion') ?? base
    const loop = Array.from(
      { length: Math.min(wanted, loopRuns) },
      () => inChild('loop-delay.ts', gitdir, base, fanOut) as LoopDelays,
    )
    return { repository, cold, cached, readMs, processMs, bareRssMb, warm, applied, loop }
  } finally {
    rmSync(cache, { recursive: true, force: true })
    repository.remove()
  }
}

/** A figure of a load that came to something else, or rendered a pair of release and chain twice, would mean nothing. */
function assertSound(cold: readonly ColdLoad[], cached: readonly ColdLoad[]): void {
  for (const { counts } of [...cold, ...cached]) {
    if (counts.state !== cold[0]?.counts.state) throw new Error('two cold loads of one commit came to two states')
    if (counts.renderings > counts.pairs) throw new Error('a pair of release and chain was rendered more than once')
  }
  if (cached.some(({ parsed }) => parsed > 0)) throw new Error('files were parsed although the cache had them')
}

function inChild(script: string, ...args: string[]): unknown {
  const file = join(import.meta.dirname, script)
  return JSON.parse(
    execFileSync(process.execPath, [...process.execArgv, file, ...args], { encoding: 'utf8', maxBuffer: 2 ** 24 }),
  )
}

function toReport({ tenants, runs, seed = 1 }: FleetBenchOptions, measured: Measured): Report {
  const goal = (name: keyof typeof goals): number | undefined => (tenants >= goalTenants ? goals[name] : undefined)
  const { cold, cached, warm, bareRssMb, repository } = measured
  const of = (name: string, pick: (load: ColdLoad) => number): Figure => ({ name, unit: 'ms', samples: cold.map(pick) })
  const read: Figure = { name: 'L_read', unit: 'ms', samples: measured.readMs }
  const json = of('L_json', ({ jsonMs }) => jsonMs)
  const digest = of('L_hash', ({ hashMs }) => hashMs)
  const spawn: Figure = { name: 'L_spawn', unit: 'ms', samples: warm.spawnMs }
  const load = of('cold load', ({ loadMs }) => loadMs)
  const restart = { ...load, name: 'cold load with the caches', samples: cached.map(({ loadMs }) => loadMs) }
  const plan: Figure = { name: 'plan of the promotion, as Markdown', unit: 'ms', samples: warm.planMs }
  const medianAgainst = (
    what: string,
    samples: readonly number[] | undefined,
    limit: Figure,
    goal?: number,
  ): Figure[] => {
    if (!samples) return []
    const figure: Figure = { name: what, unit: 'ms', samples }
    const medians = { ...figure, samples: [median(samples)] }
    return [{ ...figure, ratio: against(medians, { name: limit.name, samples: [median(limit.samples)] }, goal).ratio }]
  }
  type Name = Parameters<typeof warm.changes.get>[0]
  const change = (name: Name, limit: Figure, goal?: number): Figure[] =>
    medianAgainst(`change: ${name}`, warm.changes.get(name)?.ms, limit, goal)
  const applied = (name: Name, limit: Figure, goal?: number): Figure[] =>
    medianAgainst(`  applied, recorded: ${name}`, measured.applied.get(name), limit, goal)
  const delays = (what: string, pick: (delays: LoopDelays) => LoopDelay): Figure[] => {
    const figure = (name: string, of: (delay: LoopDelay) => number): Figure => {
      return { name, unit: 'ms', samples: measured.loop.map((each) => of(pick(each))) }
    }
    const p99 = figure(`  loop delayed by it, p99: ${what}`, (delay) => delay.p99)
    return [
      figure(`controller: ${what}`, (delay) => delay.ms),
      figure(`  loop delayed by it, p50: ${what}`, (delay) => delay.p50),
      against(p99, { name: '1 ms', samples: p99.samples.map(() => 1) }, goal('loopDelayMs')),
      figure(`  loop delayed by it, longest: ${what}`, (delay) => delay.max),
      figure(`  longest turn of its own: ${what}`, (delay) => delay.ownMax),
    ]
  }
  const overBare = cold.map(({ peakRssMb }) => peakRssMb - bareRssMb)
  const kb: Figure = { name: 'memory of one tenant', unit: 'KB', samples: overBare.map((mb) => (mb * 1024) / tenants) }
  const [
    {
      counts: { state: _, ...counts },
    },
  ] = cold as [ColdLoad]
  const changed = Object.fromEntries([...warm.changes].map(([name, found]) => [`${name} tenants`, found.tenants]))
  return {
    benchmark: 'fleet',
    parameters: { tenants, seed, runs: cold.length, asked: runs },
    counts: { ...counts, bytes: repository.bytes, ...changed },
    figures: [
      read,
      json,
      digest,
      spawn,
      against(load, read, goal('coldToRead')),
      of('  processor time', ({ cpuMs }) => cpuMs),
      of('  snapshot', ({ snapshotMs }) => snapshotMs),
      against(
        of('  parse and check', ({ parseMs }) => parseMs),
        json,
      ),
      against(
        of('  resolve and digest', ({ resolveMs }) => resolveMs),
        digest,
      ),
      against(restart, read, goal('cachedToRead')),
      against({ name: 'cold process, start to end', unit: 'ms', samples: measured.processMs }, read),
      against(
        { name: 'nothing changed', unit: 'ms', samples: [median(warm.unchangedMs)] },
        { ...spawn, samples: [median(spawn.samples)] },
      ),
      against(
        { name: 'first change after a start', unit: 'ms', samples: [median(warm.firstMs)] },
        { ...spawn, samples: [median(spawn.samples)] },
      ),
      ...change('leafOverlay', spawn, goal('leafToSpawn')),
      ...change('leafOverlay', load, goal('leafToCold')),
      ...applied('leafOverlay', spawn, goal('leafAppliedToSpawn')),
      ...change('tag', spawn),
      ...change('regionOverlay', load, goal('regionToCold')),
      ...change('promotion', load, goal('promotionToCold')),
      ...applied('promotion', load, goal('promotionAppliedToCold')),
      ...(plan.samples.length > 0 ? [against(plan, load, goal('planToCold'))] : []),
      ...delays('cold reconcile', ({ cold: delay }) => delay),
      ...delays('promotion', ({ fanOut }) => fanOut),
      { name: 'peak memory over bare node', unit: 'MB', samples: overBare },
      against(kb, { name: '1 KB', samples: kb.samples.map(() => 1) }, goal('kbPerTenant')),
    ],
  }
}

/** How figures grow from the smallest fleet to each larger one: 1 is growth with the number of tenants. */
export function scaling(reports: readonly Report[]): Report {
  const sizeOf = (report: Report): number => Number(report.parameters['tenants'])
  const [least, ...larger] = reports.toSorted((a, b) => sizeOf(a) - sizeOf(b))
  const figures = larger.flatMap((report) =>
    report.figures.flatMap((figure): Figure[] => {
      const small = least?.figures.find(({ name, ratio }) => name === figure.name && ratio?.to === figure.ratio?.to)
      if (!least || !small || figure.unit !== 'ms') return []
      const growth = median(figure.samples) / median(small.samples)
      const name = `${figure.name.trim()} at ${sizeOf(report).toLocaleString('en-US')}`
      const linear = growth / (sizeOf(report) / sizeOf(least))
      const goal = figure.name === 'cold load' && sizeOf(least) >= goalTenants ? coldGrowth : undefined
      const ratio = goal === undefined ? {} : { ratio: { to: 'linear', value: linear, goal } }
      return [{ name, unit: '', samples: [linear], ...ratio }]
    }),
  )
  const parameters = { from: least ? sizeOf(least) : 0 }
  return { benchmark: 'growth for each tenant more (1 is linear)', parameters, counts: {}, figures }
}
