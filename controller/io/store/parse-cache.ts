import type { Verdict } from '../../core/model/document.ts'
import { openCacheFile } from './cache-file.ts'

/** What files were parsed to, by blob id, kept for the next process. */
export interface ParseCache {
  /** What an earlier process made of a blob; only until the first `keep`. */
  get(oid: string): Verdict | undefined
  /** Writes what was parsed anew, soon; `all` is what the fleet consists of now. */
  keep(fresh: ReadonlyMap<string, Verdict>, all: ReadonlyMap<string, Verdict>): void
  /** Resolves when everything is written. */
  settled(): Promise<void>
}

/** Opens the cache in a folder. */
export function openParseCache(folder: string, version: string): ParseCache {
  const file = openCacheFile<Verdict>({
    folder,
    name: 'parsed',
    version,
    keyLength: 40,
    textOf: (verdict) => JSON.stringify(verdict.kind === 'parsed' ? verdict.resource : verdict.problems),
  })
  return {
    get: (oid) => {
      const text = file.get(oid)
      return text === undefined ? undefined : readVerdict(text)
    },
    keep: (fresh, all) => {
      file.forget()
      file.keep(fresh, all.size, () => all)
    },
    settled: () => file.settled(),
  }
}

/** A document is always a map, and problems are always a list. */
function readVerdict(text: string): Verdict {
  const value = JSON.parse(text) as object
  return Array.isArray(value)
    ? { kind: 'problems', problems: value }
    : ({ kind: 'parsed', resource: seal(value) } as unknown as Verdict)
}

/** As the gate hands values out: maps without a prototype, everything frozen. */
function seal(value: object): object {
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item === 'object' && item !== null) seal(item as object)
  } else {
    Object.setPrototypeOf(value, null)
    for (const key in value) {
      const item = (value as Record<string, unknown>)[key]
      if (typeof item === 'object' && item !== null) seal(item)
    }
  }
  return Object.freeze(value)
}
