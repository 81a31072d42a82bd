import { Recent } from '../core/model/recent.ts'
import type { Store } from '../io/store/open-store.ts'
import { type LiveTenant, parsed, restoreTenant } from './live-tenants.ts'

/** The tenants as they are applied, one by one, out of the store: what runs are made of, whoever reconciles. */
export interface AppliedTenants {
  get(path: string): LiveTenant | undefined
  paths(): readonly string[]
}

/** Objects and tenants kept as values; those that were used last. */
const kept = 2_000

type Stored = Pick<Store, 'readTenant' | 'tenantPaths' | 'readObject' | 'observedVersion'>

export function appliedTenants(store: Stored): AppliedTenants {
  const values = new Recent<string, unknown>(kept)
  const read = (digest: string): unknown => values.of(digest, () => parsed(store.readObject(digest)))
  const restore = (path: string): LiveTenant | undefined => {
    const stored = store.readTenant(path)
    return stored && restoreTenant(stored, read)
  }
  let tenants = new Recent<string, LiveTenant | undefined>(kept)
  let version = store.observedVersion()
  return {
    get: (path) => {
      if (version !== store.observedVersion()) {
        tenants = new Recent(kept)
        version = store.observedVersion()
      }
      return tenants.of(path, () => restore(path))
    },
    paths: () => store.tenantPaths(),
  }
}
