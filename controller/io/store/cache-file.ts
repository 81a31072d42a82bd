import { hash } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { appendFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'

export interface CacheFileOptions<Value> {
  readonly folder: string
  readonly name: string
  /** Names everything that an entry depends on beside its key: see `programVersion`. */
  readonly version: string
  /** All keys have this many characters; others are not kept. */
  readonly keyLength: number
  /** Without line breaks. */
  readonly textOf: (value: Value) => string
}

/**
 * Entries by key that one process leaves to the next, a line each. The file may be deleted at any time: it saves time and
 * decides nothing. A part that is not as it was written is not used, and the folder is the controller's own.
 */
export interface CacheFile<Value> {
  /** As an earlier process wrote it, until they are forgotten. */
  get(key: string): string | undefined
  has(key: string): boolean
  /** Gives back the memory of what was read. */
  forget(): void
  /** Writes what is new, soon. What is in use now is asked for where the file is written anew; `size` says how much it is. */
  keep(fresh: ReadonlyMap<string, Value>, size: number, all: () => ReadonlyMap<string, Value>): void
  /** Resolves when everything is written. */
  settled(): Promise<void>
}

/** Entries written between two turns of the event loop. */
const partSize = 1_000

/** A file that holds more than twice what is needed, and this many more, is written anew. */
const slack = 1_000

export function openCacheFile<Value>(options: CacheFileOptions<Value>): CacheFile<Value> {
  const { folder, name, version, keyLength } = options
  const file = join(folder, name)
  const title = `headwater-cache 2 ${version}\n`
  let { entries, isWhole } = readEntries(file, title, keyLength)
  let count = entries.size
  let writing = Promise.resolve()

  const rewrite = async (all: ReadonlyMap<string, Value>): Promise<void> => {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const draft = `${file}.new`
    await writeFile(draft, title, { mode: 0o600 })
    for await (const part of partsOf(all, options)) await appendFile(draft, part)
    await rename(draft, file)
    count = all.size
    isWhole = true
  }
  const append = async (fresh: ReadonlyMap<string, Value>): Promise<void> => {
    // Until it has succeeded the end of the file is not known.
    isWhole = false
    for await (const part of partsOf(fresh, options)) await appendFile(file, part)
    count += fresh.size
    isWhole = true
  }
  return {
    get: (key) => entries.get(key),
    has: (key) => entries.has(key),
    forget: () => {
      entries = new Map()
    },
    keep: (fresh, size, all) => {
      const isStale = count > 2 * size + slack
      if (fresh.size === 0 && !isStale) return
      // A disk that is full or read-only costs the next start some time, and nothing else.
      writing = writing.then(() => (isWhole && !isStale ? append(fresh) : rewrite(all()))).catch(() => {})
    },
    settled: () => writing,
  }
}

interface Read {
  readonly entries: ReadonlyMap<string, string>
  /** False where a part cannot be used: then nothing may be written behind it. */
  readonly isWhole: boolean
}

function readEntries(file: string, title: string, keyLength: number): Read {
  const entries = new Map<string, string>()
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
      const start = line + keyLength + 1
      const stop = text.indexOf('\n', start)
      entries.set(text.slice(line, line + keyLength), text.slice(start, stop))
      line = stop + 1
    }
    at = to
  }
  return { entries, isWhole: true }
}

async function* partsOf<Value>(
  values: ReadonlyMap<string, Value>,
  { keyLength, textOf }: CacheFileOptions<Value>,
): AsyncGenerator<string> {
  let lines: string[] = []
  const part = (): string => {
    const text = lines.join('')
    lines = []
    return `${hash('sha256', text)} ${Buffer.byteLength(text)}\n${text}`
  }
  for (const [key, value] of values) {
    if (key.length !== keyLength) continue
    lines.push(`${key} ${textOf(value)}\n`)
    if (lines.length < partSize) continue
    yield part()
    await setImmediate()
  }
  if (lines.length > 0) yield part()
}
