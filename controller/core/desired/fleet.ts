import type { KindName, Kinds } from '../model/generated/kinds.ts'
import { type Problem, problem } from '../model/problems.ts'
import { placeOf } from './layout.ts'

/** A file as the parse gate left it. */
export interface FleetFile {
  readonly path: string
  readonly oid: string
  readonly verdict:
    | { readonly kind: 'parsed'; readonly resource: Kinds[KindName] }
    | { readonly kind: 'problems'; readonly problems: readonly Problem[] }
}

/** An object together with the file that declares it. */
export interface Declared<K extends KindName> {
  readonly file: string
  readonly oid: string
  /** Path of the tenant in whose folder it stands; empty for the root. */
  readonly owner: string
  readonly resource: Kinds[K]
}

/** A file that is there and cannot be used: whoever needs it is frozen by it. */
export interface Unreadable {
  readonly file: string
  readonly owner: string
  readonly unreadable: Problem
}

export type Entry<K extends KindName> = Declared<K> | Unreadable

export interface WorkflowFiles {
  readonly owner: string
  readonly name: string
  head?: Entry<'Workflow'>
  channels?: Entry<'Channels'>
  readonly releases: Map<string, Entry<'Workflow'>>
  readonly tests: Declared<'WorkflowTest'>[]
}

export interface TenantFiles {
  readonly path: string
  tenant?: Entry<'Tenant'>
  readonly overlays: Declared<'Overlay'>[]
  readonly connections: Map<string, Declared<'Connection'>>
}

/** All files of a fleet, by what they are. */
export interface Fleet {
  readonly tenants: Map<string, TenantFiles>
  /** By full name, `owner:name`. */
  readonly workflows: Map<string, WorkflowFiles>
  readonly actions: Map<string, Entry<'Action'>>
  readonly connectors: Map<string, Entry<'Connector'>>
  readonly shares: Declared<'Share'>[]
  readonly guardrails: Declared<'Guardrail'>[]
  readonly roles: Declared<'Role'>[]
  readonly bindings: Declared<'RoleBinding'>[]
  /** By tenant path (empty: everybody), the first problem that freezes it and all below it. */
  readonly frozen: Map<string, Problem>
  readonly problems: Problem[]
}

export function fullName(owner: string, name: string): string {
  return `${owner}:${name}`
}

export function isUnreadable<K extends KindName>(entry: Entry<K>): entry is Unreadable {
  return 'unreadable' in entry
}

/** Sorts the files of a fleet by what their place says they are. */
export function readFleet(files: Iterable<FleetFile>): Fleet {
  const fleet: Fleet = {
    tenants: new Map(),
    workflows: new Map(),
    actions: new Map(),
    connectors: new Map(),
    shares: [],
    guardrails: [],
    roles: [],
    bindings: [],
    frozen: new Map(),
    problems: [],
  }
  for (const file of files) addFile(fleet, file)
  return fleet
}

function addFile(fleet: Fleet, file: FleetFile): void {
  const place = placeOf(file.path)
  if (place.role === 'misplaced') {
    fleet.problems.push(problem(place.code, place.reason, { place: { file: file.path, line: 1, column: 1 } }))
    return
  }
  if (place.owner !== '') tenantFiles(fleet, place.owner)
  if (place.role === 'secrets') return

  const found = file.verdict.kind === 'parsed' ? mismatch(file, place) : file.verdict.problems
  fleet.problems.push(...found)
  const unreadable = found.find((item) => item.severity === 'error')
  const entry = unreadable
    ? { file: file.path, owner: place.owner, unreadable }
    : {
        file: file.path,
        oid: file.oid,
        owner: place.owner,
        resource: (file.verdict as { resource: Kinds[KindName] }).resource,
      }
  const name = place.name

  switch (place.role) {
    case 'tenant':
      tenantFiles(fleet, place.owner).tenant = entry as Entry<'Tenant'>
      return
    case 'action':
      fleet.actions.set(name, entry as Entry<'Action'>)
      return
    case 'connector':
      fleet.connectors.set(name, entry as Entry<'Connector'>)
      return
    case 'head':
      workflowFiles(fleet, place.owner, name).head = entry as Entry<'Workflow'>
      return
    case 'channels':
      workflowFiles(fleet, place.owner, name).channels = entry as Entry<'Channels'>
      return
    case 'release':
      workflowFiles(fleet, place.owner, place.workflow as string).releases.set(name, entry as Entry<'Workflow'>)
      return
  }
  if (unreadable) {
    // Roles, bindings and tests take no part in rendering; the others decide what a tenant runs.
    const freezes =
      place.role === 'overlay' || place.role === 'connection' || place.role === 'share' || place.role === 'guardrail'
    if (freezes && !fleet.frozen.has(place.owner)) fleet.frozen.set(place.owner, unreadable)
    return
  }
  switch (place.role) {
    case 'overlay':
      tenantFiles(fleet, place.owner).overlays.push(entry as Declared<'Overlay'>)
      return
    case 'connection':
      tenantFiles(fleet, place.owner).connections.set(name, entry as Declared<'Connection'>)
      return
    case 'test':
      workflowFiles(fleet, place.owner, place.workflow as string).tests.push(entry as Declared<'WorkflowTest'>)
      return
    case 'share':
      fleet.shares.push(entry as Declared<'Share'>)
      return
    case 'guardrail':
      fleet.guardrails.push(entry as Declared<'Guardrail'>)
      return
    case 'role':
      fleet.roles.push(entry as Declared<'Role'>)
      return
    case 'binding':
      fleet.bindings.push(entry as Declared<'RoleBinding'>)
  }
}

/** What the place of a file promises and its contents do not keep. */
function mismatch(
  file: FleetFile,
  place: Exclude<ReturnType<typeof placeOf>, { role: 'secrets' | 'misplaced' }>,
): Problem[] {
  const { resource } = file.verdict as { resource: Kinds[KindName] }
  const where = (path: string) => ({ place: { file: file.path, line: 1, column: 1 }, path })
  if (resource.kind !== place.kind) {
    return [
      problem(
        'misplaced-file',
        `a file at this place is a ${place.kind}, and this one is a ${resource.kind}`,
        where('/kind'),
      ),
    ]
  }
  const expected = place.role === 'release' ? (place.workflow as string) : place.name
  if (resource.metadata.name !== expected) {
    const message = `the place of the file says \`${expected}\` and \`metadata.name\` says \`${resource.metadata.name}\``
    return [problem('name-mismatch', message, where('/metadata/name'))]
  }
  if (place.role === 'release' && resource.kind === 'Workflow' && resource.spec.version !== place.name) {
    const message = `the file is release ${place.name} and its \`spec.version\` says ${resource.spec.version}`
    return [problem('name-mismatch', message, where('/spec/version'))]
  }
  return []
}

function tenantFiles(fleet: Fleet, path: string): TenantFiles {
  let files = fleet.tenants.get(path)
  if (!files) {
    files = { path, overlays: [], connections: new Map() }
    fleet.tenants.set(path, files)
  }
  return files
}

function workflowFiles(fleet: Fleet, owner: string, name: string): WorkflowFiles {
  const key = fullName(owner, name)
  let files = fleet.workflows.get(key)
  if (!files) {
    files = { owner, name, releases: new Map(), tests: [] }
    fleet.workflows.set(key, files)
  }
  return files
}
