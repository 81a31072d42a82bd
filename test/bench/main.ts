import { parseArgs } from 'node:util'
import { benchFleet, scaling } from './fleet.ts'
import { commit, isDirty, machine, printReport, type Report, writeReports } from './harness.ts'
import { writeScale } from './write-scale.ts'

const usage = `npm run bench -- fleet [--tenants 10000[,1000…]] [--runs 5] [--seed 1] [--json FILE] [--chart]
npm run bench -- fetch [--tenants 10000] [--runs 5] [--seed 1] [--json FILE]
npm run bench -- merge [--json FILE]
npm run bench -- kustomize [--runs 5] [--json FILE]
npm run bench -- jsonnet [--runs 5] [--json FILE]
npm run bench -- runs [--runs 5] [--stored 100000] [--peers] [--json FILE]
npm run bench -- schedules [--runs 5] [--json FILE]`

interface Wanted {
  readonly tenants: readonly number[]
  readonly runs: number
  readonly seed: number
  /** Runs that are stored, for measuring whether that costs anything. */
  readonly stored: number
  /** Also what other engines do with the same workflow. */
  readonly peers: boolean
}

const benchmarks: Readonly<Record<string, (wanted: Wanted) => Promise<readonly Report[]>>> = {
  fleet: async ({ tenants, runs, seed }) => {
    const reports: Report[] = []
    for (const count of tenants) reports.push(await benchFleet({ tenants: count, runs, seed }))
    return reports.length > 1 ? [...reports, scaling(reports)] : reports
  },
  fetch: async ({ tenants, runs, seed }) => {
    const { benchFetch } = await import('./fetch.ts')
    const reports: Report[] = []
    for (const count of tenants) reports.push(await benchFetch({ tenants: count, runs, seed }))
    return reports
  },
  kustomize: async ({ runs }) => {
    const { benchKustomize } = await import('./kustomize.ts')
    return [await benchKustomize(runs)]
  },
  jsonnet: async ({ runs }) => {
    const { benchJsonnet } = await import('./jsonnet.ts')
    return [await benchJsonnet(runs)]
  },
  runs: async ({ runs, stored, peers }) => {
    const { benchBulk, benchStored, benchThroughput } = await import('./runs/main.ts')
    const { benchEndToEnd } = await import('./runs/end-to-end.ts')
    const { benchNoisyTenant } = await import('./runs/noisy-tenant.ts')
    const { benchRestate } = await import('./restate-peer.ts')
    const stages = [1_000, 10_000, 100_000, 1_000_000].filter((stage) => stage <= stored)
    const throughput = await benchThroughput(runs)
    return [
      ...throughput,
      ...(peers ? [await benchRestate(throughput)] : []),
      await benchNoisyTenant(runs),
      await benchEndToEnd(runs),
      await benchBulk(10_000),
      ...(stages.length > 0 ? [await benchStored(stages)] : []),
    ]
  },
  schedules: async ({ runs }) => {
    const { benchSchedules } = await import('./schedules.ts')
    return [await benchSchedules(runs)]
  },
  merge: async () => {
    const { measureMerge } = await import('./merge.ts')
    const units = { Micros: 'us', Millis: 'ms' } as const
    const figures = Object.entries(measureMerge()).map(([name, value]) => {
      const unit = Object.entries(units).find(([ending]) => name.endsWith(ending))?.[1] ?? ''
      return { name, unit, samples: [value] } as const
    })
    return [{ benchmark: 'merge', parameters: {}, counts: {}, figures }]
  },
}

const { values, positionals } = readArguments()
if (values.help) {
  console.log(usage)
  process.exit(0)
}
const names = positionals.length === 0 ? Object.keys(benchmarks) : positionals
const wanted = {
  tenants: values.tenants.split(',').map(Number),
  runs: Number(values.runs),
  seed: Number(values.seed),
  stored: Number(values.stored),
  peers: values.peers,
}
const isWrong =
  names.some((name) => !Object.hasOwn(benchmarks, name)) || [...wanted.tenants, wanted.runs].some((n) => !(n >= 1))
if (isWrong) {
  console.error(usage)
  process.exit(2)
}
const { cores, cpu, node, git } = machine()
console.log(`${cores} cores (${cpu}), Node ${node}, git ${git}, commit ${commit()}${isDirty() ? ' with changes' : ''}`)
const reports: Report[] = []
for (const name of names) {
  const found = (await benchmarks[name]?.(wanted)) ?? []
  for (const report of found) printReport(report)
  reports.push(...found)
}
if (values.json !== undefined) writeReports(values.json, reports)
if (values.chart) writeScale(reports)

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        tenants: { type: 'string', default: '10000' },
        runs: { type: 'string', default: '5' },
        seed: { type: 'string', default: '1' },
        stored: { type: 'string', default: '100000' },
        peers: { type: 'boolean', default: false },
        json: { type: 'string' },
        chart: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    })
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`)
    process.exit(2)
  }
}
