import type { KindName } from '../model/generated/kinds.ts'
import { isName } from '../model/names.ts'

/** Folders of a tenant that hold its files; a tenant cannot be called so. */
export const reservedNames = ['connections', 'overlays', 'policies', 'workflows'] as const

/** What a path of a fleet means. `owner` is a tenant path, or empty for the root. */
export type Placement =
  | {
      readonly role: Role
      readonly kind: KindName
      readonly owner: string
      readonly name: string
      readonly workflow?: string
    }
  | { readonly role: 'secrets'; readonly owner: string }
  | {
      readonly role: 'misplaced'
      readonly owner: string
      readonly reason: string
      readonly code: 'misplaced-file' | 'bad-name' | 'reserved-name'
    }

export type Role =
  | 'tenant'
  | 'overlay'
  | 'connection'
  | 'head'
  | 'release'
  | 'channels'
  | 'test'
  | 'share'
  | 'role'
  | 'binding'
  | 'guardrail'
  | 'action'
  | 'connector'

const policyFolders: Readonly<Record<string, { role: Role; kind: KindName }>> = {
  shares: { role: 'share', kind: 'Share' },
  roles: { role: 'role', kind: 'Role' },
  bindings: { role: 'binding', kind: 'RoleBinding' },
  guardrails: { role: 'guardrail', kind: 'Guardrail' },
}

const connectorFolders: Readonly<Record<string, { role: Role; kind: KindName }>> = {
  actions: { role: 'action', kind: 'Action' },
  vendors: { role: 'connector', kind: 'Connector' },
}

/** The secrets file of a tenant. */
export function secretsFile(tenant: string): string {
  return `tenants/${tenant}/secrets.sops.yaml`
}

/** What a file of a fleet is, by its path alone. */
export function placeOf(path: string): Placement {
  const parts = withoutEnding(path).split('/')
  const [top, first, second] = parts as [string, string?, string?]
  if (top === 'tenants') return tenantPlacement(path, parts)
  if (top === 'connectors' && parts.length === 3) {
    const folder = connectorFolders[first as string]
    if (folder) return { ...folder, owner: '', name: second as string }
  }
  if (top === 'workflows' || top === 'policies') return ownedPlacement('', parts)
  return misplaced('', 'no kind of file is expected in this folder')
}

function withoutEnding(path: string): string {
  return path.endsWith('.yaml') ? path.slice(0, -5) : path.endsWith('.yml') ? path.slice(0, -4) : path
}

function tenantPlacement(path: string, parts: readonly string[]): Placement {
  let end = 1
  let length = 0
  let bad: string | undefined
  for (; end < parts.length - 1 && !isReserved(parts[end] as string); end++) {
    const part = parts[end] as string
    if (!isName(part)) bad ??= part
    length += part.length + 1
  }
  const owner = path.slice('tenants/'.length, 'tenants/'.length + Math.max(0, length - 1))
  if (bad !== undefined)
    return { role: 'misplaced', owner, code: 'bad-name', reason: `\`${bad}\` cannot be the name of a tenant` }
  const rest = parts.slice(end)
  if (owner === '') {
    if (isReserved(rest[0] as string))
      return { role: 'misplaced', owner, code: 'reserved-name', reason: `\`${rest[0]}\` is reserved under a tenant` }
    return misplaced('', 'tenants/ holds one folder for each tenant')
  }
  if (rest.length === 1) {
    if (rest[0] === 'tenant')
      return { role: 'tenant', kind: 'Tenant', owner, name: owner.slice(owner.lastIndexOf('/') + 1) }
    if (rest[0] === 'secrets.sops') return { role: 'secrets', owner }
    return misplaced(owner, 'a tenant’s folder holds tenant.yaml, secrets.sops.yaml and folders')
  }
  if (rest.at(-1) === 'tenant' && rest.length === 2) {
    return {
      role: 'misplaced',
      owner,
      code: 'reserved-name',
      reason: `\`${rest[0]}\` is reserved under a tenant and cannot be the name of one`,
    }
  }
  return ownedPlacement(owner, rest)
}

/** The part of the layout that the root and every tenant share. */
function ownedPlacement(owner: string, parts: readonly string[]): Placement {
  const [folder, first, second, third] = parts as [string, string?, string?, string?]
  if (folder === 'overlays' && owner !== '' && parts.length === 2) {
    return { role: 'overlay', kind: 'Overlay', owner, name: first as string }
  }
  if (folder === 'connections' && owner !== '' && parts.length === 2) {
    return { role: 'connection', kind: 'Connection', owner, name: first as string }
  }
  if (folder === 'policies' && parts.length === 3) {
    const policy = policyFolders[first as string]
    if (policy) return { ...policy, owner, name: second as string }
  }
  if (folder === 'workflows' && first !== undefined) {
    if (!isName(first))
      return { role: 'misplaced', owner, code: 'bad-name', reason: `\`${first}\` cannot be the name of a workflow` }
    if (parts.length === 3 && second === 'workflow')
      return { role: 'head', kind: 'Workflow', owner, name: first, workflow: first }
    if (parts.length === 3 && second === 'channels')
      return { role: 'channels', kind: 'Channels', owner, name: first, workflow: first }
    if (parts.length === 4 && second === 'releases')
      return { role: 'release', kind: 'Workflow', owner, name: third as string, workflow: first }
    if (parts.length === 4 && second === 'tests')
      return { role: 'test', kind: 'WorkflowTest', owner, name: third as string, workflow: first }
  }
  return misplaced(owner, 'no kind of file is expected at this place')
}

function misplaced(owner: string, reason: string): Placement {
  return { role: 'misplaced', owner, code: 'misplaced-file', reason }
}

const reserved: ReadonlySet<string> = new Set(reservedNames)

function isReserved(part: string): boolean {
  return reserved.has(part)
}
