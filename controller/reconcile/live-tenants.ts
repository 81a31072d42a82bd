import { type DesiredState, isMade, type ObservedTenant } from '../core/desired/index.ts'
import type { EffectiveWorkflow, TenantContext } from '../core/model/effective.ts'
import { toValue } from '../core/model/values.ts'

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
      const known = before.get(stored.path)
      // What nobody has read so far would be made of the files of now.
      const kept = known && isMade(known) ? known : restoreTenant(stored, (digest) => parsed(readObject(digest)))
      if (kept) live.set(stored.path, kept)
    }
  }
  return live
}

/** A tenant out of what the store holds of it; undefined where its context is not there. */
export function restoreTenant(stored: ObservedTenant, read: (digest: string) => unknown): LiveTenant | undefined {
  const { path, uid, contextDigest } = stored
  const context = read(contextDigest) as TenantContext | undefined
  if (context === undefined) return undefined
  const workflows = new Map<string, EffectiveWorkflow>()
  for (const [name, { digest, release, owner }] of Object.entries(stored.workflows)) {
    const spec = read(digest) as EffectiveWorkflow['spec'] | undefined
    if (spec !== undefined) workflows.set(name, { name, owner, release, digest, spec })
  }
  return { path, uid, context, contextDigest, workflows }
}

export function parsed(json: string | undefined): unknown {
  return json === undefined ? undefined : toValue(JSON.parse(json))
}
