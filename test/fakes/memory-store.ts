import type { ObservedStore } from '../../controller/reconcile/reconciler.ts'

type Stored = Parameters<ObservedStore['applyObserved']>[0]['upserts'][number]

/** A store that remembers what was applied, and nothing else. */
export function memoryStore(): ObservedStore & { readonly applied: ReadonlyMap<string, Stored> } {
  const applied = new Map<string, Stored>()
  const objects = new Map<string, string>()
  let last: ReturnType<ObservedStore['appliedCommits']> = []
  let count = 0
  return {
    applied,
    readObserved: () => new Map(applied),
    readObject: (digest) => objects.get(digest),
    hasObject: (digest) => objects.has(digest),
    appliedCommits: () => last,
    applyObserved: ({ commit, upserts, removals, objects: fresh }) => {
      for (const { digest, json } of fresh) objects.set(digest, json)
      for (const path of removals) applied.delete(path)
      for (const tenant of upserts) applied.set(tenant.path, tenant)
      last = [{ at: ++count, commit, upserts: upserts.length, removals: removals.length, tenants: 0, workflows: 0 }]
      return Promise.resolve()
    },
  }
}
