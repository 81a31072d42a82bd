import { placeOf } from '../core/desired/layout.ts'
import type { Tenant } from '../core/model/generated/kinds.ts'
import { depthOf, parentPath, selfAndAncestors } from '../core/model/names.ts'
import { type Problem, type ProblemCode, problem, warning } from '../core/model/problems.ts'
import type { Mount, MountState, Snapshot } from '../core/model/snapshot.ts'
import {
  changedFiles,
  FileTree,
  type FleetSource,
  fleetSnapshot,
  type Folder,
  folderAt,
  GitError,
  mountFiles,
  mountFolders,
  type ParseFiles,
  type SourceMirrors,
  type WatchOptions,
} from '../io/git/index.ts'
import { besideMount, type Contents, mountContents } from './mount-contents.ts'
import type { SourcePoller } from './source-poller.ts'

type Source = NonNullable<Tenant['spec']['source']>

export interface MountedFleetParts {
  readonly base: FleetSource
  readonly mirrors: SourceMirrors
  /** Who asks the repositories for news; without one, what was fetched last is taken as it is. */
  readonly poller?: SourcePoller
  /** Whether a snapshot waits until everybody was asked. */
  readonly isPatient?: boolean
  /** Whether what is mounted is remembered in the mirror. */
  readonly isRemembered: boolean
}

interface Filled {
  readonly mount: Mount
  readonly folder?: Folder
}

/** A fleet in which the tenants that keep a repository of their own have its files in their folders. */
export class MountedFleet implements FleetSource {
  readonly #parts: MountedFleetParts
  /** What tenants declare, as it was read last. */
  readonly #declared = new Map<string, Source>()
  readonly #contents = new Map<string, Contents>()
  #base: Snapshot | undefined
  #last: { readonly base: Snapshot; readonly mounts: string; readonly snapshot: Snapshot } | undefined
  /** Whose mirror holds a blob: of this snapshot and of the one before, which may still be in use. */
  #homes: readonly ReadonlyMap<string, string>[] = []

  constructor(parts: MountedFleetParts) {
    this.#parts = parts
  }

  snapshot(): Promise<Snapshot> {
    return this.#parts.base.snapshot()
  }

  async mount(base: Snapshot, parse: ParseFiles): Promise<Snapshot> {
    await this.#learn(base, parse)
    const declared = this.#outermost()
    const { poller, isPatient } = this.#parts
    const sources = declared.map(([, { url, ref, accept }]) => ({ url, ref, accept }))
    if (isPatient) await poller?.lookAtAll(sources)
    else poller?.follow(sources)
    if (declared.length === 0) return base
    const { files } = base
    if (!(files instanceof FileTree)) throw new Error('only a tree of folders can be filled from elsewhere')
    const filled: Filled[] = []
    for (const [tenant, source] of declared) filled.push(await this.#fill(tenant, source, files.root))
    const mounts = filled.map(({ mount }) => mount)
    const described = JSON.stringify(mounts)
    if (this.#last?.base === base && this.#last.mounts === described) return this.#last.snapshot
    const snapshot = this.#compose(base, files.root, filled)
    this.#last = { base, mounts: described, snapshot }
    return snapshot
  }

  async read(oids: Iterable<string>): Promise<Map<string, Uint8Array>> {
    const own: string[] = []
    const elsewhere = new Map<string, string[]>()
    for (const oid of new Set(oids)) {
      const url = this.#homes.find((homes) => homes.has(oid))?.get(oid)
      if (url === undefined) own.push(oid)
      else elsewhere.set(url, [...(elsewhere.get(url) ?? []), oid])
    }
    const contents = await this.#parts.base.read(own)
    for (const [url, wanted] of elsewhere) {
      // A mirror that is broken is one tenant's trouble: its files are missing from the answer, and it is frozen.
      const found = await this.#parts.mirrors.read(url, wanted).catch(ignoreGitError)
      for (const [oid, bytes] of found) contents.set(oid, bytes)
    }
    return contents
  }

  watch(...args: Parameters<FleetSource['watch']>): ReturnType<FleetSource['watch']> {
    const [onHint, options]: [(typeof args)[0], WatchOptions?] = args
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
    const files = new Map<string, { readonly oid: string }>()
    for (const { path, after } of changes) {
      const tenant = tenantOf(path)
      if (tenant === undefined) continue
      if (after) files.set(path, after)
      else this.#declared.delete(tenant)
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

  async #fill(tenant: string, source: Source, root: Folder): Promise<Filled> {
    const { mirrors, poller, isRemembered } = this.#parts
    const { url, ref, path = '' } = source
    const shown = withoutCredentials(url)
    const told = poller?.told(source)
    const { commit, cause } = this.#fetched(source)
    const about = (code: ProblemCode, message: string, make: typeof problem): Problem =>
      make(code, message, {
        place: { file: `tenants/${tenant}/tenant.yaml`, line: 1, column: 1 },
        path: '/spec/source',
        tenant,
      })
    const made = (state: MountState, taken: string | null, rest: Partial<Mount>): Mount => ({
      tenant,
      url: shown,
      ref,
      path,
      commit: taken,
      state,
      ...rest,
    })
    if (commit === null) {
      const why = cause ?? (told?.kind === 'behind' ? told.cause : 'nobody has asked for it yet')
      const missing = about(
        'source-missing',
        `${tenant} has its files in ${shown} (${ref}), which was never fetched: ${why}`,
        problem,
      )
      return { mount: made('missing', null, { problem: missing }) }
    }
    const beside = besideMount(tenant, url, folderAt(root, `tenants/${tenant}`))
    const frozen = beside && { problem: beside }
    const name = [tenant, ref, path].join('\n')
    const contents = await this.#contentsOf({ tenant, url, path, commit })
    if (contents.kind === 'unfit') {
      const before = mirrors.mounted(url, name)
      const kept = before === null ? undefined : await this.#contentsOf({ tenant, url, path, commit: before })
      if (before === null || kept?.kind !== 'folder')
        return { mount: made('invalid', null, { problem: about('source-invalid', contents.why, problem) }) }
      const message = `${contents.why}; ${before.slice(0, 12)} stays in force`
      return {
        mount: made('invalid', before, { ...frozen, remark: about('source-invalid', message, warning) }),
        folder: kept.folder,
      }
    }
    if (isRemembered) mirrors.keepMounted(url, name, commit)
    const stays = `${commit.slice(0, 12)} stays in force`
    const remark =
      told?.kind === 'behind'
        ? about('source-behind', `${told.cause.replace(/\.$/, '')}; ${stays} for ${tenant}`, warning)
        : told?.kind === 'rewritten'
          ? about(
              'source-rewritten',
              `${told.offered} in ${url} does not descend from ${commit}; ${stays} for ${tenant}`,
              warning,
            )
          : undefined
    const mount = made(told?.kind ?? 'mirrored', commit, { ...frozen, ...(remark && { remark }) })
    return { mount, folder: contents.folder }
  }

  #fetched(source: Source): { readonly commit: string | null; readonly cause?: string } {
    try {
      return { commit: this.#parts.mirrors.commitOf(source) }
    } catch (thrown) {
      if (thrown instanceof GitError) return { commit: null, cause: thrown.message }
      throw thrown
    }
  }

  async #contentsOf(wanted: Parameters<typeof mountContents>[1]): Promise<Contents> {
    const { tenant, url, path, commit } = wanted
    const key = [url, commit, path, depthOf(tenant)].join('\n')
    const known = this.#contents.get(key)
    if (known) return known
    const contents = await mountContents(this.#parts.mirrors, wanted)
    // Everything that is in force and as much again that was.
    if (this.#contents.size > 4 * this.#declared.size + 16) this.#contents.clear()
    this.#contents.set(key, contents)
    return contents
  }

  #compose(base: Snapshot, root: Folder, filled: readonly Filled[]): Snapshot {
    const folders = new Map<string, Folder>()
    const homes = new Map<string, string>()
    for (const { mount, folder } of filled) {
      if (!folder) continue
      folders.set(`tenants/${mount.tenant}`, folder)
      for (const { oid } of new FileTree(folder).values()) homes.set(oid, mount.url)
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

/** Such an address is refused, and people still have to be told which one it is. */
function withoutCredentials(text: string): string {
  const url = URL.parse(text)
  if (!url || (url.username === '' && url.password === '')) return text
  url.username = url.password = ''
  return url.href
}

function ignoreGitError(thrown: unknown): Map<string, Uint8Array> {
  if (thrown instanceof GitError) return new Map()
  throw thrown
}
