import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { availableParallelism, cpus, totalmem } from 'node:os'

/** One measured thing. `samples` are all of them, in order; the median is what counts. */
export interface Figure {
  readonly name: string
  readonly unit: 'ms' | 'us' | 'MB' | 'KB' | '/s' | ''
  readonly samples: readonly number[]
  /** The same figure as a multiple of a limit that was measured in this run, and what it is meant to be. */
  readonly ratio?: { readonly to: string; readonly value: number; readonly goal?: number }
  /** What the median itself is meant to be. */
  readonly goal?: { readonly least: number } | { readonly most: number }
}

export interface Report {
  readonly benchmark: string
  readonly parameters: Readonly<Record<string, number | string>>
  /** Facts that are counted and not timed. */
  readonly counts: Readonly<Record<string, number>>
  readonly figures: readonly Figure[]
}

export function median(samples: readonly number[]): number {
  const sorted = samples.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

/** A figure next to a limit: the median of the ratios of rounds where each round measured both, else of the medians. */
export function against(
  figure: Figure,
  limit: Pick<Figure, 'name' | 'samples'>,
  goal?: number,
): Figure & { readonly ratio: NonNullable<Figure['ratio']> } {
  const value =
    figure.samples.length === limit.samples.length
      ? median(figure.samples.map((sample, at) => sample / (limit.samples[at] ?? Number.NaN)))
      : median(figure.samples) / median(limit.samples)
  return { ...figure, ratio: { to: limit.name, value, ...(goal !== undefined && { goal }) } }
}

/** Milliseconds that something takes. */
export async function timed<T>(task: () => T | Promise<T>): Promise<{ readonly result: T; readonly ms: number }> {
  const start = performance.now()
  const result = await task()
  return { result, ms: performance.now() - start }
}

export function printReport({ benchmark, parameters, counts, figures }: Report): void {
  const facts = (all: Readonly<Record<string, number | string>>): string =>
    Object.entries(all)
      .map(([name, value]) => `${name} ${typeof value === 'number' ? value.toLocaleString('en-US') : value}`)
      .join(', ')
  console.log(`\n${benchmark}: ${facts(parameters)}`)
  if (Object.keys(counts).length > 0) console.log(facts(counts))
  const rows = figures.map(({ name, unit, samples, ratio, goal }) => [
    name,
    `${short(median(samples))} ${unit}`.trim(),
    samples.length > 1 ? `min ${short(Math.min(...samples))}` : '',
    `n=${samples.length}`,
    ratio ? `${short(ratio.value)} x ${ratio.to}` : '',
    ...verdictOf(median(samples), goal, ratio),
  ])
  const widths = rows.reduce<number[]>((most, row) => row.map((cell, at) => Math.max(most[at] ?? 0, cell.length)), [])
  for (const row of rows)
    console.log(
      `  ${row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join('  ')}`.trimEnd(),
    )
}

function verdictOf(value: number, goal: Figure['goal'], ratio: Figure['ratio']): [goal: string, verdict: string] {
  if (goal !== undefined && 'least' in goal)
    return [`goal >= ${short(goal.least)}`, value >= goal.least ? 'met' : 'MISSED']
  if (goal !== undefined) return [`goal <= ${short(goal.most)}`, value <= goal.most ? 'met' : 'MISSED']
  if (ratio?.goal === undefined) return ['', '']
  return [`goal ${short(ratio.goal)}`, ratio.value <= ratio.goal ? 'met' : 'MISSED']
}

function short(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(value >= 0.1 ? 2 : 4)
}

/** All reports of one run as JSON, with where and of what they were measured. */
export function writeReports(file: string, reports: readonly Report[]): void {
  const measured = reports.map((report) => ({
    ...report,
    figures: report.figures.map((figure) => ({ ...figure, median: median(figure.samples), n: figure.samples.length })),
  }))
  const document = {
    commit: commit(),
    isDirty: isDirty(),
    machine: machine(),
    reports: measured,
  }
  writeFileSync(file, `${JSON.stringify(document, null, 2)}\n`)
}

/** What was measured. */
export function commit(): string {
  return outputOf('git', ['rev-parse', 'HEAD'])
}

export function machine() {
  return {
    platform: `${process.platform}-${process.arch}`,
    cores: availableParallelism(),
    cpu: cpus()[0]?.model ?? '',
    memoryMb: Math.round(totalmem() / 2 ** 20),
    node: process.version,
    git: outputOf('git', ['version']).replace('git version ', ''),
  }
}

export function isDirty(): boolean {
  return outputOf('git', ['status', '--porcelain', '--untracked-files=no']) !== ''
}

function outputOf(program: string, args: readonly string[]): string {
  try {
    return execFileSync(program, args, {
      cwd: import.meta.dirname,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
  } catch {
    return ''
  }
}
