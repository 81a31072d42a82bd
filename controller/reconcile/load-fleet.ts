import { type CheckWorkflow, createResolver, type DesiredState, type FleetFile } from '../core/desired/index.ts'
import { placeOf } from '../core/desired/layout.ts'
import type { Verdict } from '../core/model/document.ts'
import { parseDocument } from '../core/model/parse-document.ts'
import { isError, type Problem, problem } from '../core/model/problems.ts'
import type { Snapshot } from '../core/model/snapshot.ts'
import type { FleetSource } from '../io/git/index.ts'
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
    let reading = await parseFiles(source, snapshot, verdicts)
    for (let attempt = 1; reading.torn && attempt < attempts; attempt++) {
      snapshot = await source.snapshot()
      reading = await parseFiles(source, snapshot, verdicts)
    }
    const { files, parsed, torn } = reading
    verdicts = reading.verdicts
    const parsedAt = clock()
    const desired = resolve([...files, ...refusedBy(snapshot)])
    const resolvedAt = clock()
    const found = [...desired.problems, ...checkConnectors(desired.fleet)]
    const problems = await createPlaceFinder(source, snapshot).place(found)
    const loaded = {
      snapshot,
      desired,
      problems: sorted(problems),
      timings: { snapshot: taken - start, parse: parsedAt - taken, resolve: resolvedAt - parsedAt, parsed },
    }
    last = torn ? undefined : loaded
    return loaded
  }
}

interface Reading {
  readonly files: readonly FleetFile[]
  readonly verdicts: ReadonlyMap<string, Verdict>
  readonly parsed: number
  /** True where a file changed between the snapshot and the reading: what it says now is not known. */
  readonly torn: boolean
}

async function parseFiles(
  source: FleetSource,
  snapshot: Snapshot,
  known: ReadonlyMap<string, Verdict>,
): Promise<Reading> {
  const wanted = [...snapshot.files].filter(([path, { oid }]) => !known.has(oid) && !isSecret(path))
  const contents = await source.read(wanted.map(([, { oid }]) => oid))
  const verdicts = new Map<string, Verdict>()
  const files: FleetFile[] = []
  let parsed = 0
  let torn = false
  for (const [path, { oid }] of snapshot.files) {
    let verdict = verdicts.get(oid) ?? known.get(oid)
    if (isSecret(path)) files.push({ path, oid, verdict: { kind: 'problems', problems: [] } })
    else {
      const bytes = contents.get(oid)
      if (!verdict && bytes) {
        verdict = parseDocument({ file: path, bytes })
        parsed++
      }
      if (verdict) verdicts.set(oid, verdict)
      else torn = true
      files.push({ path, oid, verdict: verdict ? at(path, verdict) : changedUnderUs(path) })
    }
  }
  return { files, verdicts, parsed, torn }
}

function isSecret(path: string): boolean {
  return placeOf(path).role === 'secrets'
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
