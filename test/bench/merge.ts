import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { type MergeSchema, threeWayMerge } from '../../controller/core/merge/index.ts'
import { equal, type Json, type JsonMap, type MutableMap, toValue } from '../../controller/core/model/values.ts'

/** Medians of one run. A ratio's divisor is the deep comparison of ours and theirs of the same size, measured beside it. */
export interface MergeFigures {
  readonly compareMicros: number
  readonly mergeMicros: number
  readonly mergeRatio: number
  readonly fastForwardMicros: number
  readonly fastForwardRatio: number
  readonly growth200: number
  readonly merge200Micros: number
  readonly moved10kMillis: number
  readonly shuffled10kMillis: number
  readonly megabyteMillis: number
  readonly gitMergeFileMicros: number
  readonly gitConflicts: number
  readonly conflicts: number
}

const steps = {
  type: 'array',
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['id'],
  items: {} as Record<string, unknown>,
}
steps.items = {
  type: 'object',
  required: ['id'],
  properties: {
    id: { type: 'string' },
    name: { type: 'string' },
    uses: { type: 'string' },
    needs: { type: 'array', 'x-kubernetes-list-type': 'set' },
    with: { type: 'object', additionalProperties: {} },
    retry: { type: 'object', required: ['limit'], properties: { limit: {}, backoff: {} } },
    script: { type: 'string', 'x-merge-text': 'lines' },
    steps,
  },
}
const schema = {
  type: 'object',
  properties: {
    metadata: { type: 'object', properties: { labels: { type: 'object', additionalProperties: {} } } },
    spec: { type: 'object', properties: { steps } },
  },
} as unknown as MergeSchema

function workflow(count: number): Json {
  const list = Array.from({ length: count }, (_, at) => ({
    id: `step-${at}`,
    name: `Step number ${at} does its part of the response`,
    uses: 'http/request',
    needs: at === 0 ? [] : [`step-${at - 1}`],
    with: {
      url: `https://api.example.com/v1/resources/${at}`,
      method: 'POST',
      headers: { accept: 'application/json', 'x-tenant': '${{ tenant.id }}' },
      body: `{"incident": "\${{ trigger.id }}", "sequence": ${at}}`,
    },
    retry: { limit: 3, backoff: 'exponential' },
    script: ['set -eu', 'echo start', `run-part ${at}`, 'echo done', ''].join('\n'),
  }))
  return toValue({
    apiVersion: 'headwater.dev/v1',
    kind: 'Workflow',
    metadata: { name: 'phishing-response', labels: { team: 'soc', severity: 'high' } },
    spec: { description: 'Responds to a reported message', timeout: '30m', steps: list },
  })
}

/** Every third step edited here, an insert at two thirds; `side` decides which, so the sides do not meet. */
function edited(count: number, side: 0 | 1): Json {
  const copy = toValue(workflow(count)) as { metadata: MutableMap; spec: { steps: MutableMap[] } }
  const every = Math.max(1, Math.floor(count / 5))
  for (let at = side; at < count; at += every) {
    const item = copy.spec.steps[at] as MutableMap
    item.with = { ...(item.with as JsonMap), [side === 0 ? 'method' : 'url']: `changed-${side}` }
  }
  copy.spec.steps.splice(Math.floor(count / 3) + side * 2, 0, { id: `added-${side}`, name: 'New', uses: 'notify' })
  if (side === 1) copy.spec.steps[1] = { ...(copy.spec.steps[1] as MutableMap), name: 'Renamed upstream' }
  return toValue(copy)
}

export function measureMerge(): MergeFigures {
  const small = { base: workflow(15), ours: edited(15, 0), theirs: edited(15, 1), schema }
  const large = { base: workflow(200), ours: edited(200, 0), theirs: edited(200, 1), schema }
  // The pair of a deep comparison that has to read everything: equal documents that were parsed apart.
  const [left, right] = [workflow(15), workflow(15)]
  const forward = { base: workflow(15), ours: workflow(15), theirs: edited(15, 1), schema }
  const [compare, merge, fastForward, merge200] = medians([
    () => equal(left, right),
    () => threeWayMerge(small),
    () => threeWayMerge(forward),
    () => threeWayMerge(large),
  ]) as [number, number, number, number]
  const result = threeWayMerge(small)
  const git = gitMergeFile(small)
  return {
    compareMicros: compare,
    mergeMicros: merge,
    mergeRatio: merge / compare,
    fastForwardMicros: fastForward,
    fastForwardRatio: fastForward / compare,
    growth200: merge200 / merge,
    merge200Micros: merge200,
    ...measureExtremes(),
    gitMergeFileMicros: git.micros,
    gitConflicts: git.conflicts,
    conflicts: result.kind === 'clean' ? 0 : result.conflicts.length,
  }
}

/** Rounds over all of them in turn, each shorter than a turn of the scheduler: a busy machine hits few of them, and none alone. */
function medians(tasks: readonly (() => unknown)[]): number[] {
  const rounds = 1500
  const times = tasks.map((): number[] => [])
  // The compiler works in the background: on a busy machine a short warm-up measures code it has not reached yet.
  const warmUp = 2500
  for (let round = -warmUp; round < rounds; round++) {
    tasks.forEach((task, at) => {
      const start = process.hrtime.bigint()
      task()
      if (round >= 0) times[at]?.push(Number(process.hrtime.bigint() - start) / 1000)
    })
  }
  return times.map((list) => list.sort((a, b) => a - b)[rounds / 2] as number)
}

function measureExtremes(): Pick<MergeFigures, 'moved10kMillis' | 'shuffled10kMillis' | 'megabyteMillis'> {
  const list = (ids: readonly number[]): Json =>
    toValue({ spec: { steps: ids.map((id) => ({ id: `s${id}`, uses: 'x' })) } })
  const ids = Array.from({ length: 10_000 }, (_, at) => at)
  const moved = [...ids.slice(1), 0]
  const other = ids.toSpliced(5000, 1).toSpliced(100, 0, 5000)
  const shuffled = ids.map((_, at) => (at * 7919) % 10_000)
  const millis = (base: Json, ours: Json, theirs: Json): number => {
    const start = process.hrtime.bigint()
    threeWayMerge({ base, ours, theirs, schema })
    return Number(process.hrtime.bigint() - start) / 1e6
  }
  return {
    moved10kMillis: millis(list(ids), list(moved), list(other)),
    shuffled10kMillis: millis(list(ids), list(shuffled), list(other)),
    megabyteMillis: millis(workflow(2000), edited(2000, 0), edited(2000, 1)),
  }
}

/** What git does with the same three documents as YAML text, its process included. */
function gitMergeFile(sides: { base: Json; ours: Json; theirs: Json }): { micros: number; conflicts: number } {
  const folder = mkdtempSync(join(tmpdir(), 'merge-bench-'))
  try {
    const files = (['ours', 'base', 'theirs'] as const).map((name) => {
      const file = join(folder, `${name}.yaml`)
      writeFileSync(file, stringify(sides[name], { lineWidth: 0 }))
      return file
    })
    const runs = Array.from({ length: 9 }, () => {
      const start = process.hrtime.bigint()
      const { status } = spawnSync('git', ['merge-file', '--stdout', '--', ...files])
      return { micros: Number(process.hrtime.bigint() - start) / 1000, conflicts: status ?? -1 }
    })
    return runs.sort((a, b) => a.micros - b.micros)[4] as { micros: number; conflicts: number }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

if (import.meta.main) {
  const figures = measureMerge()
  const bars = { mergeRatio: 3, fastForwardRatio: 1.3, growth200: 20 }
  for (const [name, value] of Object.entries(figures)) {
    const bar = (bars as Record<string, number>)[name]
    console.log(
      `${name.padEnd(20)} ${value.toFixed(2).padStart(12)}${bar ? `   bar ${bar} ${value <= bar ? 'met' : 'MISSED'}` : ''}`,
    )
  }
}
