import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import type { ColdLoad } from './cold-load.ts'
import { createFleetRepository, type FleetRepository } from './fleet-repository.ts'
import { against, type Figure, median, type Report } from './harness.ts'
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

/** Goals as multiples of limits; they are set for fleets of this size. */
const goalTenants = 10_000
const goals = {
  coldToRead: 7,
  leafToSpawn: 1,
  promotionToCold: 0.2,
  regionToCold: 0.08,
  leafToCold: 1 / 50,
  kbPerTenant: 30,
}

interface Measured {
  readonly repository: Pick<FleetRepository, 'files' | 'bytes'>
  readonly cold: readonly ColdLoad[]
  readonly readMs: readonly number[]
  readonly processMs: readonly number[]
  readonly bareRssMb: number
  readonly warm: WarmLoads
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
  try {
    const { gitdir, base } = repository
    const cold: ColdLoad[] = []
    const [readMs, processMs]: [number[], number[]] = [[], []]
    let wanted = runs
    while (cold.length < wanted) {
      // Limit and figure in turn, each in a fresh process: a busy moment of the machine hits neither alone.
      readMs.push((inChild('read-blobs.ts', gitdir, base) as { ms: number }).ms)
      const start = performance.now()
      cold.push(inChild('cold-load.ts', gitdir, base) as ColdLoad)
      processMs.push(performance.now() - start)
      if ((processMs.at(-1) ?? 0) > longRunMs) wanted = Math.min(wanted, 3)
    }
    const bareRssMb = (inChild('peak-memory.ts') as { mb: number }).mb
    return { repository, cold, readMs, processMs, bareRssMb, warm: await measureWarmLoads(repository, wanted) }
  } finally {
    repository.remove()
  }
}

function inChild(script: string, ...args: string[]): unknown {
  const file = join(import.meta.dirname, script)
  return JSON.parse(execFileSync(process.execPath, [file, ...args], { encoding: 'utf8', maxBuffer: 2 ** 24 }))
}

function toReport({ tenants, runs, seed = 1 }: FleetBenchOptions, measured: Measured): Report {
  const goal = (name: keyof typeof goals): number | undefined => (tenants >= goalTenants ? goals[name] : undefined)
  const { cold, warm, bareRssMb, repository } = measured
  const of = (name: string, pick: (load: ColdLoad) => number): Figure => ({ name, unit: 'ms', samples: cold.map(pick) })
  const read: Figure = { name: 'L_read', unit: 'ms', samples: measured.readMs }
  const json = of('L_json', ({ jsonMs }) => jsonMs)
  const digest = of('L_hash', ({ hashMs }) => hashMs)
  const spawn: Figure = { name: 'L_spawn', unit: 'ms', samples: warm.spawnMs }
  const load = of('cold load', ({ loadMs }) => loadMs)
  const change = (name: Parameters<typeof warm.changes.get>[0], limit: Figure, goal?: number): Figure[] => {
    const found = warm.changes.get(name)
    if (!found) return []
    const figure: Figure = { name: `change: ${name}`, unit: 'ms', samples: found.ms }
    const medians = { ...figure, samples: [median(found.ms)] }
    return [{ ...figure, ratio: against(medians, { name: limit.name, samples: [median(limit.samples)] }, goal).ratio }]
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
      against({ name: 'cold process, start to end', unit: 'ms', samples: measured.processMs }, read),
      against(
        { name: 'nothing changed', unit: 'ms', samples: [median(warm.unchangedMs)] },
        { ...spawn, samples: [median(spawn.samples)] },
      ),
      ...change('leafOverlay', spawn, goal('leafToSpawn')),
      ...change('leafOverlay', load, goal('leafToCold')),
      ...change('tag', spawn),
      ...change('regionOverlay', load, goal('regionToCold')),
      ...change('promotion', load, goal('promotionToCold')),
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
      return [{ name, unit: '', samples: [growth / (sizeOf(report) / sizeOf(least))] }]
    }),
  )
  const parameters = { from: least ? sizeOf(least) : 0 }
  return { benchmark: 'growth for each tenant more (1 is linear)', parameters, counts: {}, figures }
}
