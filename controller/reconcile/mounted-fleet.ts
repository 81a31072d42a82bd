import { placeOf } from '../core/desired/layout.ts'
import { parentPath, selfAndAncestors } from '../core/model/names.ts'
import type { FileEntry, Snapshot } from '../core/model/snapshot.ts'
import {
  changedFiles,
  FileTree,
  type FleetSource,
  fleetSnapshot,
  type Folder,
  GitError,
  type Hint,
  mountFiles,
  mountFolders,
  type ParseFiles,
  type SourceAddress,
  type WatchOptions,
} from '../io/git/index.ts'
import { createFiller, type Declared, type Filled, type FillerParts, type Source } from './fill-mount.ts'
import type { SourceCredentials } from './source-credentials.ts'

export interface MountedFleetParts extends FillerParts {
  readonly base: FleetSource
  readonly credentials: SourceCredentials
  /** Whether a snapshot waits until everybody was asked. */
  readonly isPatient?: boolean
}

const filledTogether = 4

/** A fleet in which the tenants that keep a repository of their own have its files in their folders. */
export class MountedFleet implements FleetSource {
  readonly #parts: MountedFleetParts
  /** What tenants declare, as it was read last. */
  readonly #declared = new Map<string, Source>()
  readonly #fill: ReturnType<typeof createFiller>
  #base: Snapshot | undefined
  #last: { readonly base: Snapshot; readonly mounts: string; readonly snapshot: Snapshot } | undefined
  /** Whose mirrors hold a blob: of this snapshot and of the one before, which may still be in use. */
  #homes: readonly ReadonlyMap<string, readonly SourceAddress[]>[] = []

  constructor(parts: MountedFleetParts) {
    this.#parts = parts
    this.#fill = createFiller(parts)
  }

  snapshot(): Promise<Snapshot> {
    return this.#parts.base.snapshot()
  }

  async mount(base: Snapshot, parse: ParseFiles): Promise<Snapshot> {
    await this.#learn(base, parse)
    const { poller, isPatient, credentials } = this.#parts
    const declared: Declared[] = []
    for (const [tenant, source] of this.#outermost()) {
      const { url, ref } = source
      declared.push({ tenant, source, address: { url, ref, credential: await credentials.of(tenant, base) } })
    }
    const sources = declared.map(({ address, source }) => ({ ...address, accept: source.accept }))
    if (isPatient) await poller?.lookAtAll(sources)
    else poller?.follow(sources)
    if (declared.length === 0) return base
    const { files } = base
    if (!(files instanceof FileTree)) throw new Error('only a tree of folders can be filled from elsewhere')
    const filled: Filled[] = []
    // Each may have to start a child that reads its mirror.
    for (let at = 0; at < declared.length; at += filledTogether) {
      const part = declared.slice(at, at + filledTogether)
      filled.push(...(await Promise.all(part.map((each) => this.#fill(each, files.root)))))
    }
    const mounts = filled.map(({ mount }) => mount)
    const described = JSON.stringify(mounts)
    if (this.#last?.base === base && this.#last.mounts === described) return this.#last.snapshot
    const snapshot = this.#compose(base, files.root, filled)
    this.#last = { base, mounts: described, snapshot }
    return snapshot
  }

  async read(oids: Iterable<string>): Promise<Map<string, Uint8Array>> {
    if (this.#homes.length === 0) return await this.#parts.base.read(oids)
    const wanted = [...new Set(oids)]
    const contents = await this.#parts.base.read(wanted.filter((oid) => this.#homesOf(oid).length === 0))
    // Most stand in one place. A mirror that is broken is one tenant's trouble, so for the others every place is tried.
    for (let turn = 0, left = wanted; left.length > 0; turn++) {
      left = left.filter((oid) => !contents.has(oid) && turn < this.#homesOf(oid).length)
      const byHome = Map.groupBy(left, (oid) => this.#homesOf(oid)[turn] as SourceAddress)
      for (const [home, part] of byHome)
        for (const [oid, bytes] of await this.#parts.mirrors.read(home, part).catch(ignoreGitError))
          contents.set(oid, bytes)
    }
    const lost = new Set(wanted.filter((oid) => !contents.has(oid) && this.#homesOf(oid).length > 0))
    if (lost.size === 0) return contents
    const own = [...(this.#base?.files.values() ?? [])].flatMap(({ oid }) => (lost.has(oid) ? [oid] : []))
    for (const [oid, bytes] of await this.#parts.base.read(own)) contents.set(oid, bytes)
    return contents
  }

  #homesOf(oid: string): readonly SourceAddress[] {
    return this.#homes.flatMap((homes) => homes.get(oid) ?? [])
  }

  /** The next look at the repository of a tenant is brought forward. */
  hint(tenant: string): void {
    const source = this.#declared.get(tenant)
    if (source) this.#parts.poller?.hint(source.url)
  }

  watch(onHint: (hint: Hint) => void, options?: WatchOptions): Promise<() => Promise<void>> {
    return this.#parts.base.watch(onHint, options)
  }

  async close(): Promise<void> {
    await this.#parts.poller?.close()
    await this.#parts.mirrors.close()
    await this.#parts.base.close()
  }

  /** Looks at the tenant.yaml files that are others than before. */
  async #learn(base: Snapshot, parse: ParseFiles): Promise<void> {
    const changes = this.#base
      ? changedFiles(this.#base.files, base.files)
      : [...base.files].map(([path, after]) => ({ path, after }))
    const files = new Map<string, FileEntry>()
    for (const { path, after } of changes) {
      const tenant = tenantOf(path)
      if (tenant === undefined) continue
      if (after) files.set(path, after)
      if (after) continue
      this.#declared.delete(tenant)
      // It may have stood under both endings.
      for (const name of mountFiles) {
        const other = base.files.get(`tenants/${tenant}/${name}`)
        if (other) files.set(`tenants/${tenant}/${name}`, other)
      }
    }
    if (files.size > 0) {
      const verdicts = await parse(files)
      for (const [path, verdict] of verdicts) {
        const tenant = tenantOf(path) as string
        // One that cannot be read freezes its tenant, who keeps what is there: its secrets are among it.
        if (verdict.kind !== 'parsed') continue
        const source = verdict.resource.kind === 'Tenant' ? verdict.resource.spec.source : undefined
        if (source) this.#declared.set(tenant, source)
        else this.#declared.delete(tenant)
      }
      if (verdicts.size < files.size) return
    }
    this.#base = base
  }

  /** Sorted; what is declared inside a folder that is filled counts for nothing. */
  #outermost(): [string, Source][] {
    const isInside = (path: string): boolean => {
      for (const above of selfAndAncestors(parentPath(path))) if (this.#declared.has(above)) return true
      return false
    }
    return [...this.#declared].filter(([path]) => !isInside(path)).sort(([a], [b]) => (a < b ? -1 : 1))
  }

  #compose(base: Snapshot, root: Folder, filled: readonly Filled[]): Snapshot {
    const folders = new Map<string, Folder>()
    const homes = new Map<string, SourceAddress[]>()
    for (const { mount, folder, address } of filled) {
      if (!folder) continue
      folders.set(`tenants/${mount.tenant}`, folder)
      for (const { oid } of new FileTree(folder).values()) homes.set(oid, [...(homes.get(oid) ?? []), address])
    }
    this.#homes = [homes, ...this.#homes.slice(0, 1)]
    const { commit, uncommitted } = base.revision
    const mounts = filled.map(({ mount }) => mount)
    return Object.freeze({ ...fleetSnapshot(mountFolders(root, folders), { commit, uncommitted }), mounts })
  }
}

/** The tenant that a tenant.yaml belongs to. */
function tenantOf(path: string): string | undefined {
  if (!mountFiles.some((name) => path.endsWith(`/${name}`))) return undefined
  const place = placeOf(path)
  return place.role === 'tenant' ? place.owner : undefined
}

function ignoreGitError(thrown: unknown): Map<string, Uint8Array> {
  if (thrown instanceof GitError) return new Map()
  throw thrown
}
