import type { DesiredTenant, ObservedTenant } from '../core/desired/index.ts'
import type { TenantNode } from '../core/desired/hierarchy.ts'
import type { TenantContext } from '../core/model/effective.ts'
import type { Mount } from '../core/model/snapshot.ts'
import type { LiveTenant } from './live-tenants.ts'
import type { ReconciledFleet } from './reconciler.ts'

/** Every tenant with its state and what is applied, as the JSON text that the API answers with: megabytes of a large fleet. */
export function tenantListText({ desired, snapshot, live, observed }: ReconciledFleet): Uint8Array {
  const sources = new Map((snapshot.mounts ?? []).map((mount) => [mount.tenant, mount]))
  const tenants = [...desired.tenants.values()].map((tenant) =>
    summaryOf(tenant, {
      node: desired.hierarchy.nodes.get(tenant.path),
      live: live.get(tenant.path),
      observed: observed.get(tenant.path),
      source: sources.get(tenant.path),
    }),
  )
  return new TextEncoder().encode(JSON.stringify({ tenants }))
}

interface Around {
  readonly node: TenantNode | undefined
  readonly live: LiveTenant | undefined
  readonly observed: ObservedTenant | undefined
  readonly source: Mount | undefined
}

function summaryOf(tenant: DesiredTenant, { node, live, observed, source }: Around) {
  const { displayName, tags = {} }: Partial<Shown> = (live === tenant && node ? shownOf(node) : live?.context) ?? {}
  return {
    path: tenant.path,
    uid: live?.uid ?? observed?.uid,
    displayName,
    state: stateOf(tenant, node, observed),
    reason: tenant.kind === 'frozen' ? tenant.cause.message : '',
    tags,
    digest: observed?.digest,
    workflows: observed?.workflows ?? {},
    ...(source && { source: sourceOf(source) }),
  }
}

type Shown = Pick<TenantContext, 'displayName' | 'tags'>

/** The context would say the same, and has to be computed where nobody has read it so far. */
function shownOf({ declared, tags }: TenantNode): Shown {
  return { displayName: declared.resource.spec.displayName, tags }
}

/** The tenant's own repository; what is wrong with it stands among the problems. */
function sourceOf({ url, ref, path, commit, state }: Mount) {
  return { url, ref, path, commit, state }
}

function stateOf(tenant: DesiredTenant, node: TenantNode | undefined, observed: ObservedTenant | undefined): string {
  if (tenant.kind === 'frozen') return 'frozen'
  if (node?.suspended) return 'suspended'
  return observed?.digest === tenant.digest ? 'applied' : 'pending'
}
