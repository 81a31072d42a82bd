import type { FoundOutcomes, Outcome } from '../../controller/core/desired/index.ts'
import type { LoadCache } from '../../controller/reconcile/load-cache.ts'

/** What one loader leaves to the next, in memory, and how many tenants the last ones recalled. */
export function memoryCache(): LoadCache & { recalled: number } {
  const outcomes = new Map<string, Outcome>()
  const settled = () => Promise.resolve()
  const cache = {
    recalled: 0,
    files: { get: () => undefined, keep: () => {}, settled },
    tenants: {
      get: (signature: string) => {
        const known = outcomes.get(signature)
        if (known) cache.recalled++
        return known
      },
      keep: (found: FoundOutcomes) => {
        for (const [signature, outcome] of found.fresh()) outcomes.set(signature, outcome)
      },
      settled,
    },
    settled,
  }
  return cache
}
