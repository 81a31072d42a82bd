import { hash } from 'node:crypto'
import type { Tenant } from '../model/generated/kinds.ts'
import { depthOf, parentPath, selfAndAncestors } from '../model/names.ts'
import { type Problem, problem } from '../model/problems.ts'
import { isMap, type Json, type JsonMap, newMap } from '../model/values.ts'
import { type Declared, type Fleet, isUnreadable, type TenantFiles } from './fleet.ts'
import { subtree } from './select.ts'

type TenantSpec = Tenant['spec']

/** A tenant with everything it has of its own or from above. */
export interface TenantNode {
  readonly path: string
  readonly uid: string
  readonly declared: Declared<'Tenant'>
  readonly files: TenantFiles
  readonly parent: TenantNode | null
  readonly children: TenantNode[]
  /** The tenant above in whose own repository this one is declared. */
  readonly mount: TenantNode | null
  readonly tags: Readonly<Record<string, string>>
  readonly values: JsonMap
  readonly timezone: string
  readonly brand: NonNullable<TenantSpec['brand']>
  readonly contacts: NonNullable<TenantSpec['contacts']>
  readonly bindings: Readonly<Record<string, readonly string[]>>
  readonly concurrentRuns: number
  /** Days that finished runs are kept; for good where undefined. */
  readonly runDays: number | undefined
  readonly updates: 'auto' | 'review' | 'pinned'
  readonly suspended: boolean
}

export interface Hierarchy {
  /** Every readable tenant whose ancestors are readable, parents before children. */
  readonly nodes: ReadonlyMap<string, TenantNode>
  /** Every other path that is or was meant as a tenant, with the problem that freezes it. */
  readonly frozen: ReadonlyMap<string, Problem>
  readonly problems: readonly Problem[]
}

const defaults = { timezone: 'UTC', concurrentRuns: 10, updates: 'auto' as const }

/** Builds the tree of tenants and hands tags, values and settings down it. */
export function buildHierarchy(fleet: Fleet): Hierarchy {
  const nodes = new Map<string, TenantNode>()
  const frozen = new Map<string, Problem>()
  const problems: Problem[] = []
  const shared = sharedUids(fleet)

  for (const path of parentsFirst(fleet.tenants.keys())) {
    const files = fleet.tenants.get(path) as TenantFiles
    const above = parentPath(path)
    const parent = above === '' ? null : nodes.get(above)
    const cause = fleet.frozen.get(path) ?? frozen.get(above) ?? fleet.frozen.get('')
    const { tenant } = files
    if (!tenant && fleet.frozen.get(path)?.place?.file === `tenants/${path}`) {
      // The folder itself was refused: what stands in it is not known.
      frozen.set(path, fleet.frozen.get(path) as Problem)
    } else if (!tenant) {
      const missing = problem('missing-tenant', `tenants/${path}/ has no tenant.yaml`, {
        place: { file: `tenants/${path}/tenant.yaml`, line: 1, column: 1 },
        tenant: path,
      })
      problems.push(missing)
      frozen.set(path, missing)
    } else if (isUnreadable(tenant)) {
      frozen.set(path, tenant.unreadable)
    } else if (parent === undefined) {
      frozen.set(path, frozen.get(above) as Problem)
    } else {
      const uid = uidOf(tenant, mountBelow(parent))
      const twins = shared.get(uid)?.filter((file) => file !== tenant.file) ?? []
      if (twins.length > 0) {
        const duplicate = problem('duplicate-uid', `the uid ${uid} is also that of ${twins.join(', ')}`, {
          place: { file: tenant.file, line: 1, column: 1 },
          path: '/metadata/uid',
          tenant: path,
        })
        problems.push(duplicate)
        frozen.set(path, duplicate)
        continue
      }
      const node = toNode(files, tenant, parent)
      // A frozen tenant keeps its place in the tree, so that names and scopes below it still resolve.
      if (cause) frozen.set(path, cause)
      const { source } = tenant.resource.spec
      if (source && !fleet.mounted.has(path) && !fleet.frozen.has(path)) {
        const elsewhere = unmounted(node, source.url)
        problems.push(elsewhere)
        frozen.set(path, elsewhere)
      }
      parent?.children.push(node)
      nodes.set(path, node)
    }
  }
  return { nodes, frozen, problems }
}

function unmounted(node: TenantNode, url: string): Problem {
  const { path, mount, declared } = node
  const message = mount
    ? `${path} is declared in the repository of ${mount.path}, which can mount no other one`
    : `${path} keeps its files in ${url}, which is not mounted here`
  const place = { file: declared.file, line: 1, column: 1 }
  return problem('tenant-source', message, { place, path: '/spec/source', tenant: path })
}

/** Whose repository the children of `parent` come from. */
export function mountBelow(parent: TenantNode | null): TenantNode | null {
  return parent && (parent.mount ?? (parent.declared.resource.spec.source ? parent : null))
}

/**
 * A uid opens a tenant's store. In a repository of its own a customer can write any uid, that of a neighbour included,
 * so it counts inside that repository only, unless the fleet itself says otherwise.
 */
function uidOf({ resource: { metadata } }: Declared<'Tenant'>, mount: { declared: Declared<'Tenant'> } | null): string {
  const { uid } = metadata
  if (!mount) return uid
  const { resource } = mount.declared
  if (resource.spec.source?.uids?.includes(uid)) return uid
  return hash('sha256', JSON.stringify([resource.metadata.uid, uid]), 'hex').slice(0, 40)
}

/** One commit cannot say which of two tenants had a uid first, and a uid opens a tenant's store: nobody gets it. */
function sharedUids(fleet: Fleet): ReadonlyMap<string, readonly string[]> {
  const first = new Map<string, string>()
  const shared = new Map<string, string[]>()
  const mounts = new Map<string, { declared: Declared<'Tenant'> }>()
  for (const { path, tenant } of fleet.tenants.values())
    if (tenant && !isUnreadable(tenant) && tenant.resource.spec.source) mounts.set(path, { declared: tenant })
  const mountOf = (path: string) => {
    if (mounts.size === 0) return null
    const outermost = [...selfAndAncestors(parentPath(path))].findLast((above) => mounts.has(above))
    return mounts.get(outermost ?? '') ?? null
  }
  for (const { path, tenant } of fleet.tenants.values()) {
    if (!tenant || isUnreadable(tenant)) continue
    const uid = uidOf(tenant, mountOf(path))
    const twin = first.get(uid)
    if (twin === undefined) first.set(uid, tenant.file)
    else shared.set(uid, [...(shared.get(uid) ?? [twin]), tenant.file])
  }
  return shared
}

function parentsFirst(paths: Iterable<string>): string[] {
  const levels: string[][] = []
  for (const path of [...paths].sort()) (levels[depthOf(path)] ??= []).push(path)
  return levels.flat()
}

function toNode(files: TenantFiles, declared: Declared<'Tenant'>, parent: TenantNode | null): TenantNode {
  const mount = mountBelow(parent)
  // What is many comes first: so it is taken over as a whole.
  return { ...ownAndInherited(files, declared, parent), path: files.path, parent, mount, children: [] }
}

/**
 * The tenants of a subtree after the file of its top has changed: what is inherited is handed down anew. The nodes stay
 * the same objects, because everything that is known of a tenant hangs on its node.
 */
export function renewSubtree(fleet: Fleet, top: TenantNode): TenantNode[] {
  const nodes = [...subtree(new Map([[top.path, top]]), top.path)]
  for (const node of nodes) {
    const files = fleet.tenants.get(node.path) as TenantFiles
    Object.assign(node, ownAndInherited(files, files.tenant as Declared<'Tenant'>, node.parent))
  }
  return nodes
}

/** After files of a tenant have changed that nobody inherits. */
export function renewFiles(fleet: Fleet, node: TenantNode): void {
  Object.assign(node, { files: fleet.tenants.get(node.path) })
}

function ownAndInherited(
  files: TenantFiles,
  declared: Declared<'Tenant'>,
  parent: TenantNode | null,
): Omit<TenantNode, 'path' | 'parent' | 'children' | 'mount'> {
  const { spec } = declared.resource
  const mount = mountBelow(parent)
  const concurrentRuns = spec.limits?.concurrentRuns ?? parent?.concurrentRuns ?? defaults.concurrentRuns
  const runDays = spec.retention?.runDays ?? parent?.runDays
  return {
    uid: uidOf(declared, mount),
    declared,
    files,
    tags: inherit(parent?.tags, spec.tags),
    values: inheritValues(parent?.values, spec.values),
    timezone: spec.timezone ?? parent?.timezone ?? defaults.timezone,
    brand: inheritBrand(parent?.brand, spec.brand),
    contacts: inheritContacts(parent?.contacts, spec.contacts),
    bindings: inherit(parent?.bindings, spec.bindings),
    // What was decided above a repository of somebody's own cannot be undone inside it.
    concurrentRuns: mount ? Math.min(concurrentRuns, mount.concurrentRuns) : concurrentRuns,
    // Whoever answers for the tenant needs the evidence: a repository below keeps it longer, never shorter.
    runDays: mount ? mount.runDays && Math.max(runDays ?? 0, mount.runDays) : runDays,
    updates: spec.updates ?? parent?.updates ?? defaults.updates,
    suspended: (mount?.suspended || (spec.suspended ?? parent?.suspended)) ?? false,
  }
}

/** Shares the parent's map where the tenant says nothing of its own. */
function inherit<T>(
  above: Readonly<Record<string, T>> | undefined,
  own: Readonly<Record<string, T>> | undefined,
): Readonly<Record<string, T>> {
  if (!own) return above ?? Object.freeze(newMap() as Record<string, T & Json>)
  return above ? Object.assign(newMap(), above, own) : own
}

function inheritBrand(above: TenantSpec['brand'] = {}, own?: TenantSpec['brand']): TenantNode['brand'] {
  if (!own) return above
  return { ...above, ...own, ...(own.colors && { colors: { ...above.colors, ...own.colors } }) }
}

function inheritContacts(above: TenantNode['contacts'] = [], own?: TenantSpec['contacts']): TenantNode['contacts'] {
  if (!own) return above
  const further = above.filter(({ role }) => !own.some((nearer) => nearer.role === role))
  return further.length > 0 ? [...own, ...further] : own
}

/** Maps merge key by key; everything else is replaced by the nearer value. */
function inheritValues(above: JsonMap | undefined, own: JsonMap | undefined): JsonMap {
  if (!own || !above) return own ?? above ?? newMap()
  const merged = newMap()
  for (const key in above) merged[key] = above[key] as Json
  for (const key in own) {
    const [upper, lower] = [above[key], own[key] as Json]
    merged[key] = isMap(upper) && isMap(lower) ? inheritValues(upper, lower) : lower
  }
  return merged
}
