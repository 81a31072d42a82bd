import type { KindName, Kinds } from '../model/generated/kinds.ts'
import { isName, selfAndAncestors } from '../model/names.ts'
import { type Problem, problem } from '../model/problems.ts'
import { type Placement, placeOf, reservedNames } from './layout.ts'

/** A file as the parse gate left it. */
export interface FleetFile {
  readonly path: string
  readonly oid: string
  readonly verdict:
    | { readonly kind: 'parsed'; readonly resource: Kinds[KindName] }
    | { readonly kind: 'problems'; readonly problems: readonly Problem[] }
    /** An entry that the source would not read, file or folder: what it holds is unknown, which is not the same as gone. */
    | { readonly kind: 'refused'; readonly problem: Problem }
    /** No file: the folder of a tenant that keeps its files in a repository of its own. */
    | { readonly kind: 'mount'; readonly isFilled: boolean; readonly problem?: Problem }
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
  /** Tenants whose folder was filled from their own repository. */
  readonly mounted: Set<string>
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

/** Sorts the files of a fleet by what their place says they are. The order in which they come does not matter. */
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
    mounted: new Set(),
    frozen: new Map(),
    problems: [],
  }
  const all = [...files]
  if (areDistinct(all)) {
    for (const file of all) addFile(fleet, file, undefined)
    return fleet
  }
  const byPlace = new Map<string, FleetFile>()
  for (const file of all.sort((a, b) => (a.path < b.path ? -1 : 1))) {
    const stem = file.path.replace(/\.ya?ml$/, '')
    addFile(fleet, file, byPlace.get(stem))
    byPlace.set(stem, file)
  }
  return fleet
}

/** Whether the files are sorted and no two can stand at one place: most fleets have but one ending. */
function areDistinct(files: readonly FleetFile[]): boolean {
  return files.every(({ path }, at) => path.endsWith('.yaml') && (at === 0 || path > (files[at - 1] as FleetFile).path))
}

/** `twin` stands at the same place under the other ending. */
function addFile(fleet: Fleet, file: FleetFile, twin: FleetFile | undefined): void {
  if (file.verdict.kind === 'mount') {
    addMount(fleet, file.path.slice('tenants/'.length, -1), file.verdict)
    return
  }
  const place = placeOf(file.path)
  if (place.role === 'misplaced') {
    addMisplaced(fleet, file, place)
    return
  }
  const own = place.owner === '' ? undefined : tenantFiles(fleet, place.owner)
  if (place.role === 'secrets') return

  const found = twin ? [doubled(file, twin)] : faultsOf(file, place)
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
      ;(own as TenantFiles).tenant = entry as Entry<'Tenant'>
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
    if (freezes) freeze(fleet, place.owner, unreadable)
    return
  }
  switch (place.role) {
    case 'overlay':
      own?.overlays.push(entry as Declared<'Overlay'>)
      return
    case 'connection':
      own?.connections.set(name, entry as Declared<'Connection'>)
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

function addMount(fleet: Fleet, owner: string, verdict: Extract<FleetFile['verdict'], { kind: 'mount' }>): void {
  if (verdict.isFilled) fleet.mounted.add(owner)
  if (!verdict.problem) return
  fleet.problems.push(verdict.problem)
  freeze(fleet, owner, verdict.problem)
}

function addMisplaced(
  fleet: Fleet,
  { path, verdict }: FleetFile,
  place: Extract<Placement, { role: 'misplaced' }>,
): void {
  if (verdict.kind !== 'refused') {
    fleet.problems.push(problem(place.code, place.reason, { place: { file: path, line: 1, column: 1 } }))
    // A misspelt tenant.yaml must not read as "there is no such tenant any more".
    if (place.owner !== '' && place.code !== 'bad-name') tenantFiles(fleet, place.owner)
    return
  }
  fleet.problems.push(verdict.problem)
  // The other spelling was kept, and it is the one that counts.
  if (verdict.problem.code === 'path-collision') return
  const [top, ...parts] = path.split('/')
  if (top === 'tenants' && parts.length > 0) {
    // Either a folder of the tenant or the folder of one below it.
    const below = parts.every(isName) && place.code !== 'reserved-name' && !isFolderOf(place, parts)
    const owner = below ? parts.join('/') : place.owner
    if (owner !== '') tenantFiles(fleet, owner)
    freeze(fleet, owner, verdict.problem)
  } else if (parts.length === 0 || top === 'policies') freeze(fleet, '', verdict.problem)
}

function isFolderOf({ owner }: { owner: string }, parts: readonly string[]): boolean {
  const [name] = parts.slice(owner === '' ? 0 : owner.split('/').length)
  return (reservedNames as readonly (string | undefined)[]).includes(name)
}

function freeze(fleet: Fleet, owner: string, cause: Problem): void {
  if (!fleet.frozen.has(owner)) fleet.frozen.set(owner, cause)
}

function doubled({ path }: FleetFile, twin: FleetFile): Problem {
  return problem('duplicate-name', `${twin.path} declares the same; neither is used`, {
    place: { file: path, line: 1, column: 1 },
  })
}

type Expected = Exclude<Placement, { role: 'secrets' | 'misplaced' }>

function faultsOf(file: FleetFile, place: Expected): readonly Problem[] {
  const { verdict } = file
  if (verdict.kind === 'parsed') return mismatch(file, verdict.resource, place)
  if (verdict.kind === 'problems') return verdict.problems
  return verdict.problem ? [verdict.problem] : []
}

/** What the place of a file promises and its contents do not keep. */
function mismatch(file: FleetFile, resource: Kinds[KindName], place: Expected): Problem[] {
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
  const known = fleet.tenants.get(path)
  if (known) return known
  // Who lies below a tenant speaks of it: its folder alone may be left of it.
  for (const each of selfAndAncestors(path))
    if (!fleet.tenants.has(each)) fleet.tenants.set(each, { path: each, overlays: [], connections: new Map() })
  return fleet.tenants.get(path) as TenantFiles
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
