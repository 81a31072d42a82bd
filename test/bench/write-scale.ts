import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { commit, machine, median, type Report } from './harness.ts'

const file = join(import.meta.dirname, '../../docs/explanation/scale.json')

/** What the page about growth is made of: medians of fleets of several sizes. */
export function writeScale(reports: readonly Report[]): void {
  const fleets = reports
    .filter(({ benchmark }) => benchmark === 'fleet')
    .map(({ parameters, figures }) => ({
      tenants: Number(parameters['tenants']),
      runs: Number(parameters['runs']),
      medians: Object.fromEntries(
        figures.filter(({ unit }) => unit !== '').map(({ name, samples }) => [name.trim(), rounded(median(samples))]),
      ),
    }))
    .toSorted((a, b) => a.tenants - b.tenants)
  const { cores, node, git } = machine()
  const runs = Math.min(...fleets.map((fleet) => fleet.runs))
  writeFileSync(file, `${JSON.stringify({ commit: commit(), cores, node, git, runs, fleets }, null, 2)}\n`)
}

function rounded(value: number): number {
  return Number(value.toPrecision(3))
}
