import { type Declared, type Entry, type Fleet, type FleetFile, isUnreadable, readFleet } from './fleet.ts'
import type { Hierarchy } from './hierarchy.ts'
import { placeOf } from './layout.ts'
import { equal } from '../model/values.ts'

/** By path, the file as it is now; null where it is gone. */
export type FleetChanges = ReadonlyMap<string, FleetFile | null>

type Role = ReturnType<typeof placeOf>['role']

export interface Patched {
  readonly fleet: Fleet
  /** Whose files changed, and what they are; parents before children. */
  readonly owners: ReadonlyMap<string, ReadonlySet<Role>>
  /** Whether something changed that reaches across the tree: workflows, shares, connectors, policies. */
  readonly isShared: boolean
  /** Whether that is nothing but where channels point to; then the fleet is the same, with those in it. */
  readonly hasOnlyMoved: boolean
}

/** What a tenant has for itself and hands down; everything else may concern anybody. */
const tenantRoles: ReadonlySet<Role> = new Set(['tenant', 'overlay', 'connection', 'secrets'])

/** The files of a fleet by whose folder they lie in: a change is read together with its neighbours and with nobody else. */
export class FilesByOwner {
  #all: readonly FleetFile[] = []
  #sorted: Map<string, Map<string, FleetFile>> | undefined

  reset(files: readonly FleetFile[]): void {
    this.#all = files
    this.#sorted = undefined
  }

  /** Sorted when the first change comes: who looks at a fleet once does not need it. */
  get #files(): Map<string, Map<string, FleetFile>> {
    this.#sorted ??= byOwner(this.#all)
    this.#all = []
    return this.#sorted
  }

  /**
   * The fleet with the changes in it. Undefined, and nothing done, where an owner has or had something wrong with its
   * files, or where a tenant comes, goes or changes its uid: that may concern others than those below.
   */
  patch(fleet: Fleet, hierarchy: Hierarchy, changes: FleetChanges): Patched | undefined {
    const owners = new Map<string, Set<Role>>()
    const after = new Map<string, Map<string, FleetFile>>()
    for (const [path, file] of changes) {
      const { role, owner } = placeOf(path)
      if (role === 'misplaced') return undefined
      owners.set(owner, (owners.get(owner) ?? new Set()).add(role))
      const own = after.get(owner) ?? new Map(this.#files.get(owner))
      after.set(owner, own)
      if (file) own.set(path, file)
      else own.delete(path)
    }
    const read = new Map<string, { before: Fleet; now: Fleet }>()
    for (const [owner, files] of after) {
      const before = readFleet(this.#files.get(owner)?.values() ?? [])
      const now = readFleet(files.values())
      if (before.problems.length + now.problems.length > 0) return undefined
      if (owner !== '' && !isSameTenant(owner, before, now, hierarchy)) return undefined
      read.set(owner, { before, now })
    }
    for (const [owner, files] of after) this.#files.set(owner, files)
    for (const [owner, { now }] of read) {
      const tenant = now.tenants.get(owner)
      if (tenant) fleet.tenants.set(owner, tenant)
    }
    const roles = new Set([...owners.values()].flatMap((found) => [...found]))
    const isShared = [...roles].some((role) => !tenantRoles.has(role))
    const hasOnlyMoved =
      isShared && [...roles].every((role) => tenantRoles.has(role) || role === 'channels') && moveChannels(fleet, read)
    const depthFirst = new Map([...owners].sort(([a], [b]) => a.length - b.length))
    return {
      fleet: isShared && !hasOnlyMoved ? withParts(fleet, read) : fleet,
      owners: depthFirst,
      isShared,
      hasOnlyMoved,
    }
  }
}

/** Puts channels as they are now into a fleet. False, and nothing done, where a workflow comes or goes with them. */
function moveChannels(fleet: Fleet, read: ReadonlyMap<string, { before: Fleet; now: Fleet }>): boolean {
  const parts = [...read.values()]
  if (!parts.every(({ before, now }) => equal([...before.workflows.keys()], [...now.workflows.keys()]))) return false
  for (const { now } of parts) {
    for (const [key, { channels }] of now.workflows) {
      const workflow = fleet.workflows.get(key)
      if (!workflow) continue
      if (channels) workflow.channels = channels
      else delete workflow.channels
    }
  }
  return true
}

function byOwner(files: readonly FleetFile[]): Map<string, Map<string, FleetFile>> {
  const sorted = new Map<string, Map<string, FleetFile>>()
  for (const file of files) {
    const { owner } = placeOf(file.path)
    const own = sorted.get(owner)
    if (own) own.set(file.path, file)
    else sorted.set(owner, new Map([[file.path, file]]))
  }
  return sorted
}

function isSameTenant(owner: string, before: Fleet, now: Fleet, { nodes, frozen }: Hierarchy): boolean {
  const [old, own] = [readable(before, owner), readable(now, owner)]
  if (!old || !own || !nodes.has(owner) || frozen.has(owner)) return false
  const { metadata, spec } = own.resource
  return metadata.uid === old.resource.metadata.uid && equal(spec.source, old.resource.spec.source)
}

function readable(fleet: Fleet, owner: string): Declared<'Tenant'> | undefined {
  const tenant: Entry<'Tenant'> | undefined = fleet.tenants.get(owner)?.tenant
  return tenant && !isUnreadable(tenant) ? tenant : undefined
}

/** A new fleet, because what a release was must still be seen in the old one. Its lists stand in the order of their files. */
function withParts(fleet: Fleet, read: ReadonlyMap<string, { before: Fleet; now: Fleet }>): Fleet {
  const list = <T extends { readonly owner: string; readonly file: string }>(of: (part: Fleet) => readonly T[]): T[] =>
    [...of(fleet).filter(({ owner }) => !read.has(owner)), ...[...read.values()].flatMap(({ now }) => of(now))].sort(
      (a, b) => (a.file < b.file ? -1 : 1),
    )
  const map = <T>(
    of: (part: Fleet) => ReadonlyMap<string, T>,
    fileOf: (key: string, entry: T) => string,
  ): Map<string, T> => {
    const all = new Map(of(fleet))
    for (const { before, now } of read.values()) {
      for (const key of of(before).keys()) all.delete(key)
      for (const [key, entry] of of(now)) all.set(key, entry)
    }
    return new Map(
      [...all]
        .map(([key, entry]) => ({ key, entry, file: fileOf(key, entry) }))
        .sort((a, b) => (a.file < b.file ? -1 : 1))
        .map(({ key, entry }) => [key, entry]),
    )
  }
  return {
    ...fleet,
    workflows: map(
      (part) => part.workflows,
      (_, { owner, name }) => `${owner === '' ? '' : `tenants/${owner}/`}workflows/${name}/`,
    ),
    actions: map(
      (part) => part.actions,
      (_, { file }) => file,
    ),
    connectors: map(
      (part) => part.connectors,
      (_, { file }) => file,
    ),
    shares: list((part) => part.shares),
    guardrails: list((part) => part.guardrails),
    roles: list((part) => part.roles),
    bindings: list((part) => part.bindings),
  }
}
