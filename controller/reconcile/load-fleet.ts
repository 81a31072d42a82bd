import { type CheckWorkflow, type DesiredState, type FleetFile, resolve } from '../core/desired/index.ts'
import { placeOf } from '../core/desired/layout.ts'
import type { Verdict } from '../core/model/document.ts'
import { parseDocument } from '../core/model/parse-document.ts'
import { isError, type Problem } from '../core/model/problems.ts'
import type { Snapshot } from '../core/model/snapshot.ts'
import type { FleetSource } from '../io/git/index.ts'
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

/**
 * Loads a fleet again and again from one source. A file is parsed once a blob id; where no file changed, the same
 * object comes back.
 */
export function createFleetLoader(
  source: FleetSource,
  check: CheckWorkflow,
  clock: () => number,
): () => Promise<LoadedFleet> {
  let verdicts = new Map<string, Verdict>()
  let last: LoadedFleet | undefined
  return async () => {
    const start = clock()
    const snapshot = await source.snapshot()
    if (
      last &&
      last.snapshot.revision.tree === snapshot.revision.tree &&
      last.snapshot.problems.length === snapshot.problems.length
    ) {
      last = { ...last, snapshot }
      return last
    }
    const taken = clock()
    const { files, parsed } = await parseFiles(source, snapshot, verdicts)
    verdicts = new Map(files.map((file) => [file.oid, file.verdict as Verdict]))
    const parsedAt = clock()
    const desired = resolve(files, check)
    const resolvedAt = clock()
    const problems = await createPlaceFinder(source, snapshot).place([...snapshot.problems, ...desired.problems])
    last = {
      snapshot,
      desired,
      problems: sorted(problems),
      timings: { snapshot: taken - start, parse: parsedAt - taken, resolve: resolvedAt - parsedAt, parsed },
    }
    return last
  }
}

async function parseFiles(
  source: FleetSource,
  snapshot: Snapshot,
  known: ReadonlyMap<string, Verdict>,
): Promise<{ files: FleetFile[]; parsed: number }> {
  const wanted = [...snapshot.files].filter(([path, { oid }]) => !known.has(oid) && placeOf(path).role !== 'secrets')
  const contents = await source.read(wanted.map(([, { oid }]) => oid))
  const fresh = new Map<string, Verdict>()
  const files: FleetFile[] = []
  for (const [path, { oid }] of snapshot.files) {
    let verdict = known.get(oid) ?? fresh.get(oid)
    if (!verdict) {
      const bytes = contents.get(oid)
      // Secrets are not parsed here, and a file that changed under our hands is met again by the next snapshot.
      if (!bytes) continue
      verdict = parseDocument({ file: path, bytes })
      fresh.set(oid, verdict)
    }
    files.push({
      path,
      oid,
      verdict: verdict.kind === 'problems' ? { kind: 'problems', problems: atFile(verdict.problems, path) } : verdict,
    })
  }
  return { files, parsed: fresh.size }
}

/** Equal contents at another path have the same problems there. */
function atFile(problems: readonly Problem[], file: string): readonly Problem[] {
  return problems.map((item) =>
    item.place && item.place.file !== file ? { ...item, place: { ...item.place, file } } : item,
  )
}

function sorted(problems: readonly Problem[]): Problem[] {
  const key = (item: Problem): string => `${isError(item) ? 0 : 1} ${item.place?.file ?? ''}`
  return problems
    .map((item) => ({ item, key: key(item) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : (a.item.place?.line ?? 0) - (b.item.place?.line ?? 0)))
    .map(({ item }) => item)
}
