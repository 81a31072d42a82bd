import { type OutcomeCache, openOutcomeCache } from '../io/store/outcome-cache.ts'
import { openParseCache, type ParseCache } from '../io/store/parse-cache.ts'
import { programVersion } from '../io/store/program-version.ts'

/** What one process leaves to the next, so that its first load costs what has changed since. */
export interface LoadCache {
  readonly files: ParseCache
  readonly tenants: OutcomeCache
  /** Resolves when everything is written. */
  settled(): Promise<void>
}

export function openLoadCache(folder: string, version = programVersion()): LoadCache {
  const files = openParseCache(folder, version)
  const tenants = openOutcomeCache(folder, version)
  return {
    files,
    tenants,
    settled: async () => {
      await files.settled()
      await tenants.settled()
    },
  }
}
