import { hash } from 'node:crypto'
import { openFleet } from '../../controller/io/git/index.ts'
import { checkWorkflowSpec } from '../../controller/reconcile/check-workflow-spec.ts'
import { type LoadCache, openLoadCache } from '../../controller/reconcile/load-cache.ts'
import { createFleetLoader } from '../../controller/reconcile/load-fleet.ts'
import { type Counts, countsOf, documentsOf, distinctSpecs } from './count-fleet.ts'
import { timed } from './harness.ts'
import { peakRssMb } from './peak-memory.ts'

/** What one fresh process finds out about a fleet, and how long it takes. */
export interface ColdLoad {
  readonly loadMs: number
  /** Processor time of the same, all threads. */
  readonly cpuMs: number
  readonly snapshotMs: number
  readonly parseMs: number
  readonly resolveMs: number
  /** Files that were parsed: none where a cache knew all. */
  readonly parsed: number
  /** Limits of the same documents and renderings, measured right after. */
  readonly jsonMs: number
  readonly hashMs: number
  readonly peakRssMb: number
  readonly counts: Counts
}

if (import.meta.main) {
  const [path = '', revision = '', state] = process.argv.slice(2)
  const { result: source } = await timed(() => openFleet({ path, revision }))
  const before = process.cpuUsage()
  let cache: LoadCache | undefined
  const { result: loaded, ms } = await timed(() => {
    if (state !== undefined) cache = openLoadCache(state)
    return createFleetLoader(source, checkWorkflowSpec, () => performance.now(), cache)()
  })
  const { user, system } = process.cpuUsage(before)
  const peak = peakRssMb()
  const { snapshot, parse, resolve, parsed } = loaded.timings
  const texts = documentsOf(loaded.desired).map((document) => JSON.stringify(document))
  const { ms: jsonMs } = await timed(() => texts.forEach((text) => void JSON.parse(text)))
  const specs = distinctSpecs(loaded.desired)
  const { ms: hashMs } = await timed(() => specs.forEach((spec) => void hash('sha256', JSON.stringify(spec))))
  const counts = countsOf(loaded)
  const times = {
    loadMs: ms,
    cpuMs: (user + system) / 1000,
    snapshotMs: snapshot,
    parseMs: parse,
    resolveMs: resolve,
    parsed,
    jsonMs,
    hashMs,
  }
  console.log(JSON.stringify({ ...times, peakRssMb: peak, counts } satisfies ColdLoad))
  await cache?.settled()
  await source.close()
}
