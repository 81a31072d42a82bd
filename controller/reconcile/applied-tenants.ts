import type { Store } from '../io/store/open-store.ts'
import { type LiveTenant, parsed, restoreTenant } from './live-tenants.ts'

/** The tenants as they are applied, one by one, out of the store: what runs are made of, whoever reconciles. */
export interface AppliedTenants {
  get(path: string): LiveTenant | undefined
  paths(): readonly string[]
}

/** Objects kept as values; those that were used last. */
const kept = 2_000

export function appliedTenants(store: Pick<Store, 'readTenant' | 'tenantPaths' | 'readObject'>): AppliedTenants {
  const values = new Map<string, unknown>()
  const read = (digest: string): unknown => {
    const value = values.get(digest) ?? parsed(store.readObject(digest))
    values.delete(digest)
    if (value !== undefined) values.set(digest, value)
    if (values.size > kept) values.delete(values.keys().next().value as string)
    return value
  }
  return {
    get: (path) => {
      const stored = store.readTenant(path)
      return stored && restoreTenant(stored, read)
    },
    paths: () => store.tenantPaths(),
  }
}
