import type { DesiredTenant, ObservedTenant } from '../core/desired/index.ts'
import type { Mount } from '../core/model/snapshot.ts'
import type { LiveTenant } from './live-tenants.ts'
import type { ReconciledFleet } from './reconciler.ts'

/** Every tenant with its state and what is applied, as the JSON text that the API answers with: megabytes of a large fleet. */
export function tenantListText({ desired, snapshot, live, observed }: ReconciledFleet): Uint8Array {
  const sources = new Map((snapshot.mounts ?? []).map((mount) => [mount.tenant, mount]))
  const tenants = [...desired.tenants.values()].map((tenant) =>
    summaryOf(tenant, live.get(tenant.path), observed.get(tenant.path), sources.get(tenant.path)),
  )
  return new TextEncoder().encode(JSON.stringify({ tenants }))
}

function summaryOf(
  tenant: DesiredTenant,
  live: LiveTenant | undefined,
  observed: ObservedTenant | undefined,
  source: Mount | undefined,
) {
  return {
    path: tenant.path,
    uid: live?.uid ?? observed?.uid,
    displayName: live?.context.displayName,
    state: stateOf(tenant, observed),
    reason: tenant.kind === 'frozen' ? tenant.cause.message : '',
    tags: live?.context.tags ?? {},
    digest: observed?.digest,
    workflows: observed?.workflows ?? {},
    ...(source && { source: sourceOf(source) }),
  }
}

/** The tenant's own repository; what is wrong with it stands among the problems. */
function sourceOf({ url, ref, path, commit, state }: Mount) {
  return { url, ref, path, commit, state }
}

function stateOf(tenant: DesiredTenant, observed: ObservedTenant | undefined): string {
  if (tenant.kind === 'frozen') return 'frozen'
  if (tenant.context.suspended) return 'suspended'
  return observed?.digest === tenant.digest ? 'applied' : 'pending'
}
