import { hash } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { appendFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import type { Verdict } from '../../core/model/document.ts'

/**
 * What files were parsed to, by blob id, kept for the next process. It may be deleted at any time: it saves time and
 * decides nothing. A part that is not as it was written is not used, and the folder is the controller's own.
 */
export interface ParseCache {
  /** What an earlier process made of a blob; only until the first `keep`. */
  get(oid: string): Verdict | undefined
  /** Writes what was parsed anew, soon; `all` is what the fleet consists of now. */
  keep(fresh: ReadonlyMap<string, Verdict>, all: ReadonlyMap<string, Verdict>): void
  /** Resolves when everything is written. */
  settled(): Promise<void>
}

/** Entries written between two turns of the event loop. */
const partSize = 1_000

/** A file that holds more than twice what is needed, and this many more, is written anew. */
const slack = 1_000

/** Opens the cache in a folder. `gate` names everything that a verdict depends on beside the bytes: see `gateVersion`. */
export function openParseCache(folder: string, gate: string): ParseCache {
  const file = join(folder, 'parsed')
  const title = `headwater-parse-cache 1 ${gate}\n`
  let { entries, isWhole } = readEntries(file, title)
  let count = entries.size
  let writing = Promise.resolve()

  const rewrite = async (all: ReadonlyMap<string, Verdict>): Promise<void> => {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const draft = `${file}.new`
    await writeFile(draft, title, { mode: 0o600 })
    for await (const part of partsOf(all)) await appendFile(draft, part)
    await rename(draft, file)
    count = all.size
    isWhole = true
  }
  const append = async (fresh: ReadonlyMap<string, Verdict>): Promise<void> => {
    // Until it has succeeded the end of the file is not known.
    isWhole = false
    for await (const part of partsOf(fresh)) await appendFile(file, part)
    count += fresh.size
    isWhole = true
  }
  return {
    get: (oid) => {
      const line = entries.get(oid)
      return line === undefined ? undefined : readVerdict(line())
    },
    keep: (fresh, all) => {
      entries = new Map()
      const isStale = count > 2 * all.size + slack
      if (fresh.size === 0 && !isStale) return
      // A disk that is full or read-only costs the next start some time, and nothing else.
      writing = writing.then(() => (isWhole && !isStale ? append(fresh) : rewrite(all))).catch(() => {})
    },
    settled: () => writing,
  }
}

/** The text of an entry, cut out when it is asked for. */
type Entries = Map<string, () => string>

function readEntries(file: string, title: string): { entries: Entries; isWhole: boolean } {
  const entries: Entries = new Map()
  let bytes: Buffer
  try {
    bytes = readFileSync(file)
  } catch {
    return { entries, isWhole: false }
  }
  let at = Buffer.byteLength(title)
  if (bytes.toString('utf8', 0, at) !== title) return { entries, isWhole: false }
  while (at < bytes.length) {
    const end = bytes.indexOf(0x0a, at)
    const [sum, length] = bytes.toString('latin1', at, end < 0 ? at : end).split(' ')
    const from = end + 1
    const to = from + Number(length)
    // A part that was cut off or changed; what stands behind it cannot be found any more.
    if (end < 0 || !(to <= bytes.length) || hash('sha256', bytes.subarray(from, to)) !== sum)
      return { entries, isWhole: false }
    const text = bytes.toString('utf8', from, to)
    for (let line = 0; line < text.length; ) {
      const start = line + oidLength + 1
      const stop = text.indexOf('\n', start)
      entries.set(text.slice(line, line + oidLength), () => text.slice(start, stop))
      line = stop + 1
    }
    at = to
  }
  return { entries, isWhole: true }
}

const oidLength = 40

async function* partsOf(verdicts: ReadonlyMap<string, Verdict>): AsyncGenerator<string> {
  let lines: string[] = []
  const part = (): string => {
    const text = lines.join('')
    lines = []
    return `${hash('sha256', text)} ${Buffer.byteLength(text)}\n${text}`
  }
  for (const [oid, verdict] of verdicts) {
    if (oid.length !== oidLength) continue
    lines.push(`${oid} ${JSON.stringify(verdict.kind === 'parsed' ? verdict.resource : verdict.problems)}\n`)
    if (lines.length < partSize) continue
    yield part()
    await setImmediate()
  }
  if (lines.length > 0) yield part()
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
