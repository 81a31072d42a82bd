import type { DesiredState, ObservedTenant } from '../core/desired/index.ts'
import type { EffectiveWorkflow, TenantContext } from '../core/model/effective.ts'

/** A tenant as it is applied: what its runs are made of. */
export interface LiveTenant {
  readonly path: string
  readonly uid: string
  readonly context: TenantContext
  readonly contextDigest: string
  readonly workflows: ReadonlyMap<string, EffectiveWorkflow>
}

export type ReadObject = (digest: string) => string | undefined

/**
 * The tenants as they are applied. A valid tenant is what was just computed; a frozen one keeps what was last applied,
 * from memory or, after a restart, from the store.
 */
export function liveTenants(
  desired: DesiredState,
  observed: ReadonlyMap<string, ObservedTenant>,
  before: ReadonlyMap<string, LiveTenant>,
  readObject: ReadObject,
): Map<string, LiveTenant> {
  const live = new Map<string, LiveTenant>()
  for (const stored of observed.values()) {
    const tenant = desired.tenants.get(stored.path)
    if (tenant?.kind === 'valid' && tenant.digest === stored.digest) live.set(tenant.path, tenant)
    else {
      const kept = before.get(stored.path) ?? restore(stored, readObject)
      if (kept) live.set(stored.path, kept)
    }
  }
  return live
}

function restore(stored: ObservedTenant, readObject: ReadObject): LiveTenant | undefined {
  const context = readObject(stored.contextDigest)
  if (context === undefined) return undefined
  const workflows = new Map<string, EffectiveWorkflow>()
  for (const [name, { digest, release, owner }] of Object.entries(stored.workflows)) {
    const spec = readObject(digest)
    if (spec !== undefined)
      workflows.set(name, { name, owner, release, digest, spec: JSON.parse(spec) as EffectiveWorkflow['spec'] })
  }
  return {
    path: stored.path,
    uid: stored.uid,
    context: JSON.parse(context) as TenantContext,
    contextDigest: stored.contextDigest,
    workflows,
  }
}
