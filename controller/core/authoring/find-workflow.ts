import semver from 'semver'
import type { DesiredState, DesiredTenant, DesiredWorkflow, WorkflowFiles } from '../desired/index.ts'
import { isUnreadable } from '../desired/fleet.ts'
import { originOf, overlaysOf } from '../desired/chain.ts'
import { subtree } from '../desired/select.ts'
import { isClone, visibleWorkflow } from '../desired/visible-workflow.ts'
import type { ResourceOf } from '../model/document.ts'
import type { Workflow } from '../model/generated/kinds.ts'
import { isWithin } from '../model/names.ts'
import { isError, type Problem } from '../model/problems.ts'
import { suggestName } from '../model/suggest-name.ts'
import { isRefusal, type Refusal, refused, refusedBy } from './authored.ts'

/** A file of a workflow that can be used. */
export interface UsableWorkflow {
  readonly file: string
  readonly resource: Workflow | ResourceOf<'Workflow'>
}

/** The workflow of a short name that only one has in the whole fleet (clones aside), or of a full name `owner:name`. */
export function findWorkflow(state: DesiredState, name: string): WorkflowFiles | Refusal {
  const all = [...state.fleet.workflows.values()]
  const found = name.includes(':')
    ? all.filter((workflow) => nameOf(workflow, true) === name)
    : all.filter((workflow) => workflow.name === name && !isClone(workflow))
  const [first, second] = found
  if (first && second) {
    const names = found.map((workflow) => `\`${nameOf(workflow, true)}\``)
    return refused('ambiguous-workflow', `\`${name}\` may be ${names.join(' or ')}`)
  }
  if (first) return first
  const near = suggestName(
    name,
    all.map((workflow) => workflow.name),
  )
  const hint = near === undefined || near === name ? undefined : `did you mean \`${near}\`?`
  return refused('unknown-workflow', `there is no workflow \`${name}\``, hint)
}

/** The short name, or the full one where `isFull`. */
export function nameOf({ owner, name }: { owner: string; name: string }, isFull: boolean): string {
  return isFull ? `${owner}:${name}` : name
}

/** `workflows/phishing-response`, from the root of the fleet. */
export function folderOf({ owner, name }: { owner: string; name: string }): string {
  return `${ownerFolder(owner)}workflows/${name}`
}

/** The folder of a tenant with its slash; empty for the root. */
export function ownerFolder(owner: string): string {
  return owner === '' ? '' : `tenants/${owner}/`
}

/** A head or release that was read and has no error; else the first one. */
export function usable(state: DesiredState, entry: NonNullable<WorkflowFiles['head']>): UsableWorkflow | Refusal {
  if (isUnreadable(entry)) return refusedBy(entry.unreadable)
  const [first, ...more] = errorsOf(state, entry.file)
  if (!first) return entry
  return refusedBy(more.length === 0 ? first : { ...first, message: `${first.message} (and ${more.length} more)` })
}

function errorsOf(state: DesiredState, file: string): Problem[] {
  return state.problems.filter((item) => item.place?.file === file && isError(item))
}

export interface ReceivedWorkflow {
  readonly tenant: DesiredTenant & { readonly kind: 'valid' }
  readonly workflow: DesiredWorkflow
}

/** A workflow as a tenant has it; a short or a full name. */
export function receivedWorkflow(state: DesiredState, path: string, name: string): ReceivedWorkflow | Refusal {
  const tenant = state.tenants.get(path)
  if (!tenant) return unknownTenant(state, path)
  if (tenant.kind === 'frozen') return refusedBy({ ...tenant.cause, tenant: path })
  const workflow = tenant.workflows.get(name.slice(name.indexOf(':') + 1))
  const isMeant = workflow && (!name.includes(':') || originName(workflow) === name)
  if (workflow && isMeant) return { tenant, workflow }
  const near = suggestName(name, [...tenant.workflows.keys()])
  const hint = near === undefined || near === name ? undefined : `did you mean \`${near}\`?`
  return refused('unknown-workflow', `${path} does not receive a workflow \`${name}\``, hint)
}

/**
 * The same, or what a tenant that does not receive it itself hands down: at its level, in the newest release that
 * somebody below has in force.
 */
export function workflowAtLevel(state: DesiredState, path: string, name: string): DesiredWorkflow | Refusal {
  const received = receivedWorkflow(state, path, name)
  if (!isRefusal(received)) return received.workflow
  const node = state.hierarchy.nodes.get(path)
  if (!node || received.problem.code !== 'unknown-workflow') return received
  let newest: DesiredWorkflow | undefined
  for (const below of subtree(state.hierarchy.nodes, path)) {
    const found = receivedWorkflow(state, below.path, name)
    if (isRefusal(found) || (newest && semver.gte(newest.release, found.workflow.release))) continue
    newest = found.workflow
  }
  // A workflow that starts below this tenant is none that it could change.
  if (!newest || !isWithin(path, originOf(newest.chain).owner)) return received
  const { held: _, ...given } = newest
  const chain = state.layers.chainOf(node, originOf(newest.chain))
  const rendering = state.renderer.render(chain, given.release)
  if (rendering.kind === 'invalid') return refusedBy({ ...rendering.problem, tenant: path })
  if (rendering.kind === 'conflicted')
    return refused('held-back', `${given.name} ${given.release} cannot be rendered at ${path}`)
  return { ...given, chain, spec: rendering.document.spec as unknown as DesiredWorkflow['spec'] }
}

export function unknownTenant(state: DesiredState, path: string): Refusal {
  const near = suggestName(path, [...state.tenants.keys()])
  const hint = near === undefined ? undefined : `did you mean \`${near}\`?`
  return refused('unknown-tenant', `there is no tenant \`${path}\``, hint)
}

/** Full name of the workflow that the chain starts from, clones in between left out. */
export function originName({ chain }: DesiredWorkflow): string {
  return nameOf(originOf(chain), true)
}

/** What a tenant (empty: the root) calls a workflow: the short name where that is enough. */
export function nameSeenFrom(state: DesiredState, from: string, workflow: DesiredWorkflow): string {
  const full = originName(workflow)
  const seen = visibleWorkflow(state.fleet, from, workflow.name)
  return 'code' in seen || nameOf(seen, true) !== full ? full : workflow.name
}

/** What one file is to say cannot be told where the tenant has several for the workflow. */
export function severalOverlays(tenant: string, { name, chain }: DesiredWorkflow): Refusal {
  const files = overlaysOf(chain).flatMap(({ owner, file }) => (owner === tenant ? [file] : []))
  return refused(
    'wrong-value',
    `${tenant} changes ${name} in several files: ${files.join(', ')}`,
    'edit the one you mean',
  )
}
