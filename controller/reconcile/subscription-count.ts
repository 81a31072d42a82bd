import type { DesiredState, DesiredTenant } from '../core/desired/index.ts'
import type { LoadedFleet } from './load-fleet.ts'

/**
 * How many workflows all tenants have together. All are counted once, and then those that changed: to go through a large
 * fleet takes longer than to apply the change of one tenant.
 */
export class SubscriptionCount {
  readonly #byTenant = new Map<string, number>()
  #total = 0

  /** The number after a load. What changed is since the load that was told last, or all. */
  after({
    desired,
    changed,
  }: Pick<LoadedFleet, 'changed'> & { readonly desired: Pick<DesiredState, 'tenants'> }): number {
    const { tenants } = desired
    if (changed === 'all') {
      this.#byTenant.clear()
      this.#total = 0
    }
    for (const path of changed === 'all' ? tenants.keys() : changed) {
      const count = workflowsOf(tenants.get(path))
      this.#total += count - (this.#byTenant.get(path) ?? 0)
      if (count > 0) this.#byTenant.set(path, count)
      else this.#byTenant.delete(path)
    }
    return this.#total
  }
}

/** What an earlier process knew of a tenant says so without computing it. */
export function workflowsOf(tenant: DesiredTenant | undefined): number {
  if (tenant?.kind !== 'valid') return 0
  return tenant.known ? tenant.known.outcome.workflows : tenant.workflows.size
}
