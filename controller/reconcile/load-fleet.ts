import { type CheckWorkflow, createResolver, type DesiredState, type FleetFile } from '../core/desired/index.ts'
import { placeOf } from '../core/desired/layout.ts'
import type { Verdict } from '../core/model/document.ts'
import { parseDocument } from '../core/model/parse-document.ts'
import { isError, type Problem, problem } from '../core/model/problems.ts'
import type { Snapshot } from '../core/model/snapshot.ts'
import type { FleetSource } from '../io/git/index.ts'
import type { ParseCache } from '../io/store/parse-cache.ts'
import { checkConnectors } from './check-connectors.ts'
import { createPlaceFinder } from './find-places.ts'

/** A fleet as it stands at one revision, resolved. */
export interface LoadedFleet {
  readonly snapshot: Snapshot
  readonly desired: DesiredState
  /** Everything found wrong, errors first, each with its place. */
  readonly problems: readonly Problem[]
  /** Milliseconds by phase, and how many files were parsed anew. */
  readonly timings: {
    readonly snapshot: number
    readonly parse: number
    readonly resolve: number
    readonly parsed: number
  }
}

/** Snapshots taken anew where files change while they are read. */
const attempts = 3

/**
 * Loads a fleet again and again from one source. A file is parsed once a blob id; where no file changed, the same
 * object comes back.
 */
export function createFleetLoader(
  source: FleetSource,
  check: CheckWorkflow,
  clock: () => number,
  cache?: ParseCache,
): () => Promise<LoadedFleet> {
  let verdicts: ReadonlyMap<string, Verdict> = new Map()
  const resolve = createResolver(check)
  let last: LoadedFleet | undefined
  return async () => {
    const start = clock()
    let snapshot = await source.snapshot()
    if (
      last &&
      last.snapshot.revision.tree === snapshot.revision.tree &&
      last.snapshot.problems.length === snapshot.problems.length
    ) {
      last = { ...last, snapshot }
      return last
    }
    const taken = clock()
    const known = (oid: string): Verdict | undefined => verdicts.get(oid) ?? cache?.get(oid)
    let reading = await parseFiles(source, snapshot, known)
    for (let attempt = 1; reading.torn && attempt < attempts; attempt++) {
      snapshot = await source.snapshot()
      reading = await parseFiles(source, snapshot, known)
    }
    const { files, fresh, torn } = reading
    verdicts = reading.verdicts
    cache?.keep(fresh, verdicts)
    const parsedAt = clock()
    const desired = resolve([...files, ...refusedBy(snapshot)])
    const resolvedAt = clock()
    const found = [...desired.problems, ...checkConnectors(desired.fleet)]
    const problems = await createPlaceFinder(source, snapshot).place(found)
    const loaded = {
      snapshot,
      desired,
      problems: sorted(problems),
      timings: { snapshot: taken - start, parse: parsedAt - taken, resolve: resolvedAt - parsedAt, parsed: fresh.size },
    }
    last = torn ? undefined : loaded
    return loaded
  }
}

interface Reading {
  readonly files: readonly FleetFile[]
  readonly verdicts: ReadonlyMap<string, Verdict>
  /** Those that were not known before. */
  readonly fresh: ReadonlyMap<string, Verdict>
  /** True where a file changed between the snapshot and the reading: what it says now is not known. */
  readonly torn: boolean
}

async function parseFiles(
  source: FleetSource,
  snapshot: Snapshot,
  known: (oid: string) => Verdict | undefined,
): Promise<Reading> {
  const verdicts = new Map<string, Verdict>()
  const wanted = new Map<string, string>()
  for (const [path, { oid }] of snapshot.files) {
    if (verdicts.has(oid) || wanted.has(oid) || isSecret(path)) continue
    const verdict = known(oid)
    if (verdict) verdicts.set(oid, verdict)
    else wanted.set(oid, path)
  }
  const fresh = await parseBlobs(source, wanted)
  for (const [oid, verdict] of fresh) verdicts.set(oid, verdict)

  const files: FleetFile[] = []
  let torn = false
  for (const [path, { oid }] of snapshot.files) {
    if (isSecret(path)) files.push({ path, oid, verdict: { kind: 'problems', problems: [] } })
    else {
      const verdict = verdicts.get(oid)
      if (!verdict) torn = true
      files.push({ path, oid, verdict: verdict ? at(path, verdict) : changedUnderUs(path) })
    }
  }
  return { files, verdicts, fresh, torn }
}

/** Blobs asked for at a time, and how many such questions are open: the source reads on while we parse. */
const batchSize = 128
const readAhead = 4

async function parseBlobs(source: FleetSource, paths: ReadonlyMap<string, string>): Promise<Map<string, Verdict>> {
  const verdicts = new Map<string, Verdict>()
  const oids = [...paths.keys()]
  const reads: ReturnType<FleetSource['read']>[] = []
  for (let asked = 0; asked < oids.length || reads.length > 0; ) {
    for (; reads.length < readAhead && asked < oids.length; asked += batchSize) {
      const read = source.read(oids.slice(asked, asked + batchSize))
      // It may fail before its turn has come; then it fails again, where somebody listens.
      read.catch(() => {})
      reads.push(read)
    }
    for (const [oid, bytes] of (await reads.shift()) ?? [])
      verdicts.set(oid, parseDocument({ file: paths.get(oid) as string, bytes }))
  }
  return verdicts
}

function isSecret(path: string): boolean {
  // Most paths can be told without taking them apart.
  return path.includes('/secrets.sops.') && placeOf(path).role === 'secrets'
}

/** Its owner is frozen: a file left out would read as one that was deleted. */
function changedUnderUs(file: string): FleetFile['verdict'] {
  const place = { file, line: 1, column: 1 }
  return { kind: 'refused', problem: problem('repository-unreadable', `${file} changed while it was read`, { place }) }
}

/** What the source would not read freezes its owner; a tree that cannot be read at all freezes everybody. */
function refusedBy(snapshot: Snapshot): FleetFile[] {
  return snapshot.problems.map((item) => ({
    path: item.place?.file ?? '',
    oid: '',
    verdict: { kind: 'refused', problem: item },
  }))
}

/** Equal contents at another path have the same problems there. */
function at(file: string, verdict: Verdict): Verdict {
  if (verdict.kind === 'parsed') return verdict
  const problems = verdict.problems.map((item) =>
    item.place && item.place.file !== file ? { ...item, place: { ...item.place, file } } : item,
  )
  return { kind: 'problems', problems }
}

function sorted(problems: readonly Problem[]): Problem[] {
  const key = (item: Problem): string => `${isError(item) ? 0 : 1} ${item.place?.file ?? ''}`
  return problems
    .map((item) => ({ item, key: key(item) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : (a.item.place?.line ?? 0) - (b.item.place?.line ?? 0)))
    .map(({ item }) => item)
}
