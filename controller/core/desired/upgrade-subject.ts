import semver from 'semver'
import { parsePath, type Path } from '../merge/index.ts'
import type { Overlay, Workflow } from '../model/generated/kinds.ts'
import { parentPath } from '../model/names.ts'
import { fullName, isUnreadable } from './fleet.ts'
import type { TenantNode } from './hierarchy.ts'
import { type Chain, isLayer, originOf } from './chain.ts'
import { unresolvedAnnotation } from './layers.ts'
import type { DesiredState, DesiredWorkflow } from './resolve.ts'
import { subtree } from './select.ts'
import { cloneBase, visibleWorkflow } from './visible-workflow.ts'

/** The workflow at a level: what runs there, or would, and the release that is wanted. */
export type UpgradeSubject = Pick<DesiredWorkflow, 'name' | 'chain' | 'release' | 'spec' | 'wanted' | 'updates'>

/**
 * The workflow of a short name at a tenant. A sub-MSP may hold an overlay for those below without receiving the workflow,
 * or while it follows another channel than they do: the newest release that somebody below waits for is wanted. An
 * upgrade that was merged with open conflicts freezes its tenant, and is settled on the release where it stands.
 */
export function upgradeSubject(state: DesiredState, tenant: TenantNode, name: string): UpgradeSubject | undefined {
  const own = state.tenants.get(tenant.path)
  const received = own?.kind === 'valid' ? own.workflows.get(name) : undefined
  if (received && (!isLayer(received.chain) || received.chain.overlay.owner !== tenant.path)) return received
  let found: UpgradeSubject | undefined = received
  for (const below of subtree(state.hierarchy.nodes, tenant.path)) {
    const other = state.tenants.get(below.path)
    const workflow = other?.kind === 'valid' ? other.workflows.get(name) : undefined
    if (!workflow || (received && workflow.held?.at.level.owner !== tenant.path)) continue
    found ??= subjectAt(state, tenant, name, state.layers.chainOf(tenant, originOf(workflow.chain)))
    if (found && semver.gt(workflow.wanted, found.wanted)) found = { ...found, wanted: workflow.wanted }
  }
  return found ?? unsettledSubject(state, tenant, name)
}

/** At the overlay of this very tenant. */
function subjectAt(state: DesiredState, tenant: TenantNode, name: string, chain: Chain): UpgradeSubject | undefined {
  if (!isLayer(chain) || chain.overlay.owner !== tenant.path) return undefined
  const { base } = chain.overlay.resource.spec
  return subjectOn(state, tenant, name, chain, base)
}

function subjectOn(
  state: DesiredState,
  { updates }: TenantNode,
  name: string,
  chain: Chain,
  release: string,
): UpgradeSubject | undefined {
  const rendering = state.renderer.render(chain, release)
  if (rendering.kind !== 'rendered') return undefined
  const spec = rendering.document.spec as unknown as DesiredWorkflow['spec']
  return { name, chain, release, wanted: release, updates, spec }
}

/** What a tenant keeps that is frozen by its own open conflicts. */
function unsettledSubject(state: DesiredState, tenant: TenantNode, name: string): UpgradeSubject | undefined {
  const { fleet, layers } = state
  const overlay = tenant.files.overlays.find(
    ({ resource }) => resource.spec.workflow.split(':').at(-1) === name && unresolvedIn(resource).length > 0,
  )
  if (overlay) {
    const workflow = visibleWorkflow(fleet, tenant.path, overlay.resource.spec.workflow)
    return 'code' in workflow ? undefined : subjectAt(state, tenant, name, layers.chainOf(tenant, workflow))
  }
  const clone = fleet.workflows.get(fullName(tenant.path, name))
  const [original, base] = clone ? (cloneBase(clone)?.split('@') ?? []) : []
  if (!clone?.head || isUnreadable(clone.head) || original === undefined || base === undefined) return undefined
  const workflow = visibleWorkflow(fleet, parentPath(tenant.path), original)
  if ('code' in workflow || unresolvedIn(clone.head.resource).length === 0) return undefined
  return subjectOn(state, tenant, name, layers.chainOf(tenant, workflow), base)
}

/** Paths that an earlier upgrade left open, as its annotation says. */
export function unresolvedIn({ metadata }: Overlay | Workflow): { readonly text: string; readonly path: Path }[] {
  const texts = metadata.annotations?.[unresolvedAnnotation]?.split(/ (?=\/)/) ?? []
  return texts.flatMap((text) => {
    const path = parsePath(text)
    return path && path.length > 0 ? [{ text, path }] : []
  })
}
