import {
  type CheckWorkflow,
  createResolver,
  type DesiredState,
  type Fleet,
  type FleetFile,
  type Resolution,
} from '../core/desired/index.ts'
import { placeOf } from '../core/desired/layout.ts'
import { caps } from '../core/model/caps.ts'
import type { Verdict } from '../core/model/document.ts'
import { parseDocument } from '../core/model/parse-document.ts'
import { isError, type Problem, problem } from '../core/model/problems.ts'
import type { FileEntry, Snapshot } from '../core/model/snapshot.ts'
import { type ChangedFile, changedFiles, type FleetSource } from '../io/git/index.ts'
import type { LoadCache } from './load-cache.ts'
import { checkConnectors } from './check-connectors.ts'
import { createPlaceFinder, type PlaceFinder } from './find-places.ts'
import { limitedProblems, mountedBy, remarksOf } from './mount-problems.ts'
import type { Progress } from './progress.ts'

/** A fleet as it stands at one revision, resolved. */
export interface LoadedFleet {
  readonly snapshot: Snapshot
  readonly desired: DesiredState
  /** Tenants whose entry in `desired` is another one than in the load before; `all` in the first one. */
  readonly changed: ReadonlySet<string> | 'all'
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
 * object comes back; and where few did, the cost is that of what they reach.
 */
export function createFleetLoader(
  source: FleetSource,
  check: CheckWorkflow,
  clock: () => number,
  cache?: LoadCache,
  onProgress: (progress: Progress) => void = () => {},
): () => Promise<LoadedFleet> {
  let verdicts = new Map<string, Verdict>()
  let last: LoadedFleet | undefined
  let connectors: { readonly fleet: Fleet; readonly problems: readonly Problem[] } | undefined
  /** Parsed before the others, to see what has to be mounted; kept together with them. */
  const early = new Map<string, Verdict>()
  const resolver = createResolver(check, (signature) => cache?.tenants.get(signature))

  const resolveAll = (snapshot: Snapshot): Resolution => {
    const files = [...snapshot.files].map(([path, { oid }]) => fleetFile(path, oid, verdicts))
    return resolver.resolve([...files, ...refusedBy(snapshot), ...mountedBy(snapshot)])
  }
  const update = (before: LoadedFleet, snapshot: Snapshot, changed: readonly ChangedFile[]): Resolution | undefined => {
    if (!isRefusedAsBefore(before.snapshot, snapshot)) return undefined
    const changes = changed.map(
      ({ path, after }) => [path, after ? fleetFile(path, after.oid, verdicts) : null] as const,
    )
    return resolver.update(new Map(changes))
  }
  const connectorProblems = (fleet: Fleet): readonly Problem[] => {
    if (connectors?.fleet !== fleet) connectors = { fleet, problems: checkConnectors(fleet) }
    return connectors.problems
  }

  const take = async (): Promise<Snapshot> => {
    const base = await source.snapshot()
    if (!source.mount) return base
    return source.mount(base, async (files) => {
      for (const [oid, verdict] of (await parseFiles(source, files, verdicts, cache, () => {})).fresh)
        early.set(oid, verdict)
      return new Map(
        [...files].flatMap(([path, { oid }]) => (verdicts.has(oid) ? [[path, verdicts.get(oid) as Verdict]] : [])),
      )
    })
  }

  return async () => {
    const start = clock()
    let snapshot = await take()
    if (last && last.snapshot.revision.tree === snapshot.revision.tree && isRefusedAsBefore(last.snapshot, snapshot)) {
      const problems = await withRemarks(last.problems, last.snapshot, snapshot, createPlaceFinder(source, snapshot))
      last = { ...last, snapshot, problems, changed: new Set() }
      return last
    }
    const taken = clock()
    const before = last
    let changed = before && changedFiles(before.snapshot.files, snapshot.files)
    let reading = await parseFiles(source, changed ? afterOf(changed) : snapshot.files, verdicts, cache, onProgress)
    for (let attempt = 1; reading.torn && attempt < attempts; attempt++) {
      snapshot = await take()
      changed = before && changedFiles(before.snapshot.files, snapshot.files)
      reading = await parseFiles(source, changed ? afterOf(changed) : snapshot.files, verdicts, cache, onProgress)
    }
    const { torn } = reading
    const fresh = early.size > 0 ? new Map([...early, ...reading.fresh]) : reading.fresh
    early.clear()
    if (verdicts.size > 2 * snapshot.files.size + 1_000) verdicts = inUse(snapshot, verdicts)
    cache?.files.keep(fresh, verdicts)
    const parsedAt = clock()
    onProgress({ phase: 'resolve', done: 0, total: 0 })
    const resolution = (before && changed && update(before, snapshot, changed)) ?? resolveAll(snapshot)
    const { state: desired } = resolution
    cache?.tenants.keep(resolver.outcomes)
    const resolvedAt = clock()
    const found = [...desired.problems, ...connectorProblems(desired.fleet), ...remarksOf(snapshot)]
    const problems = await createPlaceFinder(source, snapshot).place(limitedProblems(found, snapshot))
    const loaded: LoadedFleet = {
      snapshot,
      desired,
      changed: before ? resolution.changed : 'all',
      problems: sorted(problems),
      timings: { snapshot: taken - start, parse: parsedAt - taken, resolve: resolvedAt - parsedAt, parsed: fresh.size },
    }
    last = torn ? undefined : loaded
    return loaded
  }
}

interface Reading {
  /** Verdicts that were not known before. */
  readonly fresh: ReadonlyMap<string, Verdict>
  /** True where a file changed between the snapshot and the reading: what it says now is not known. */
  readonly torn: boolean
}

/** Reads and parses what no verdict is known of, and adds it to those that are. */
async function parseFiles(
  source: FleetSource,
  files: ReadonlyMap<string, FileEntry>,
  verdicts: Map<string, Verdict>,
  cache: LoadCache | undefined,
  onProgress: (progress: Progress) => void,
): Promise<Reading> {
  const wanted = new Map<string, Wanted>()
  for (const [path, { oid, size }] of files) {
    if (verdicts.has(oid) || wanted.has(oid) || isSecret(path)) continue
    const verdict = cache?.files.get(oid)
    if (verdict) verdicts.set(oid, verdict)
    else wanted.set(oid, { oid, path, size })
  }
  const fresh = await parseBlobs(source, wanted, onProgress)
  for (const [oid, verdict] of fresh) verdicts.set(oid, verdict)
  return { fresh, torn: fresh.size < wanted.size }
}

interface Wanted extends FileEntry {
  readonly path: string
}

/** Bytes and blobs asked for at a time, and how many such questions are open: the source reads on while we parse. */
const full = { bytes: caps.fileBytes, blobs: 512 }
const readAhead = 4

async function parseBlobs(
  source: FleetSource,
  wanted: ReadonlyMap<string, Wanted>,
  onProgress: (progress: Progress) => void,
): Promise<Map<string, Verdict>> {
  const verdicts = new Map<string, Verdict>()
  const batches = batchesOf(wanted.values())
  const reads: ReturnType<FleetSource['read']>[] = []
  const ask = (): void => {
    const { value: oids } = batches.next()
    if (!oids) return
    const read = source.read(oids)
    // It may fail before its turn has come; then it fails again, where somebody listens.
    read.catch(() => {})
    reads.push(read)
  }
  for (let ahead = 0; ahead < readAhead; ahead++) ask()
  for (let next = reads.shift(); next; next = reads.shift()) {
    const contents = await next
    ask()
    for (const [oid, bytes] of contents)
      verdicts.set(oid, parseDocument({ file: wanted.get(oid)?.path as string, bytes }))
    onProgress({ phase: 'parse', done: verdicts.size, total: wanted.size })
  }
  return verdicts
}

function* batchesOf(wanted: Iterable<Wanted>): Generator<readonly string[]> {
  let oids: string[] = []
  let bytes = 0
  for (const { oid, size } of wanted) {
    oids.push(oid)
    bytes += size
    if (oids.length < full.blobs && bytes < full.bytes) continue
    yield oids
    oids = []
    bytes = 0
  }
  if (oids.length > 0) yield oids
}

function afterOf(changed: readonly ChangedFile[]): ReadonlyMap<string, FileEntry> {
  return new Map(changed.flatMap(({ path, after }) => (after ? [[path, after] as const] : [])))
}

function fleetFile(path: string, oid: string, verdicts: ReadonlyMap<string, Verdict>): FleetFile {
  if (isSecret(path)) return { path, oid, verdict: { kind: 'problems', problems: [] } }
  const verdict = verdicts.get(oid)
  return { path, oid, verdict: verdict ? at(path, verdict) : changedUnderUs(path) }
}

function inUse({ files }: Snapshot, verdicts: ReadonlyMap<string, Verdict>): Map<string, Verdict> {
  const kept = new Map<string, Verdict>()
  for (const { oid } of files.values()) {
    const verdict = verdicts.get(oid)
    if (verdict) kept.set(oid, verdict)
  }
  return kept
}

/** What the source would not read is no file that changes: another refusal needs a look at the whole. */
function isRefusedAsBefore(before: Snapshot, now: Snapshot): boolean {
  const told = ({ problems, mounts = [] }: Snapshot): string =>
    [
      ...problems.map((item) => `${item.place?.file} ${item.message}`),
      ...mounts.map(({ tenant, commit, problem: frozen }) => `${tenant} ${commit !== null} ${frozen?.message}`),
    ].join('\n')
  return before.problems.length === now.problems.length && told(before) === told(now)
}

/** A repository that fails or answers again changes what is said of it, and nothing else. */
async function withRemarks(
  problems: readonly Problem[],
  before: Snapshot,
  now: Snapshot,
  places: PlaceFinder,
): Promise<readonly Problem[]> {
  if (before.mounts === now.mounts) return problems
  const old = new Set(remarksOf(before).map(({ message }) => message))
  const kept = problems.filter(({ message }) => !old.has(message))
  return sorted([...kept, ...(await places.place(remarksOf(now)))])
}

export function isSecret(path: string): boolean {
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
