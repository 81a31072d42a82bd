import { setImmediate } from 'node:timers/promises'
import type { FoundOutcomes, Outcome } from '../../core/desired/index.ts'
import { openCacheFile } from './cache-file.ts'

/** What tenants were found to be, kept for the next process. */
export interface OutcomeCache {
  /** What an earlier process found; only until something is kept. */
  get(signature: string): Outcome | undefined
  /** Writes what is not there yet, soon. */
  keep(found: FoundOutcomes): void
  /** Resolves when everything is written. */
  settled(): Promise<void>
}

/** Opens the cache in a folder. */
export function openOutcomeCache(folder: string, version: string): OutcomeCache {
  const file = openCacheFile<Outcome>({
    folder,
    name: 'tenants',
    version,
    keyLength: 43,
    textOf: ({ digest, workflows, hasSchedule, isBehind }) =>
      `${digest} ${workflows} ${hasSchedule ? 'scheduled' : 'idle'} ${isBehind ? 'behind' : 'following'}`,
  })
  let looking = Promise.resolve()
  return {
    get: (signature) => {
      const text = file.get(signature)
      if (text === undefined) return undefined
      const [digest = '', workflows, schedule, releases] = text.split(' ')
      return {
        digest,
        workflows: Number(workflows),
        hasSchedule: schedule === 'scheduled',
        isBehind: releases === 'behind',
      }
    },
    keep: (found) => {
      looking = looking.then(async () => {
        // Whoever waits for the state does not wait for this.
        await setImmediate()
        const fresh = new Map([...found.fresh()].filter(([signature]) => !file.has(signature)))
        file.keep(fresh, found.size, () => found.all())
        file.forget()
      })
    },
    settled: () => looking.then(() => file.settled()),
  }
}
