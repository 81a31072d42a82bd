import { type BigIntStats, lstatSync } from 'node:fs'
import { caps } from '../../core/model/caps.ts'
import type { FileEntry } from '../../core/model/snapshot.ts'
import { readPlainFile } from './read-plain-file.ts'
import { objectId } from './object-id.ts'

interface Stamp {
  readonly size: bigint
  readonly mtimeNs: bigint
  readonly ctimeNs: bigint
  readonly ino: bigint
  readonly entry: FileEntry
  /** False where the file was written so shortly before it was read that a later write may carry the same times. */
  readonly settled: boolean
}

/** The coarsest clock of a file system in use (FAT: two seconds). */
const racyNs = 2_000_000_000n
/** Tries to read a file that is being written. */
const attempts = 5
/** Bytes of contents kept between hashing and the first read. */
const freshBytes = 64 * 1024 * 1024

/** Blob ids of files on disk. A file is read again only where its size, times or inode changed, or its times prove nothing. */
export class FileStamps {
  #stamps = new Map<string, Stamp>()
  #next = new Map<string, Stamp>()
  #fresh = new Map<string, Uint8Array>()
  #freshBytes = 0
  /** Files read and hashed so far. */
  hashed = 0

  /**
   * Null where the file is gone. Files over the cap get an id that stands for the size only: they are refused.
   * Throws where the file cannot be read, or is being written so busily that it is never the same twice.
   */
  entryOf(path: string): FileEntry | null {
    for (let left = attempts; left > 0; left--) {
      // Before the file is read: what is written later has later times.
      const nowNs = BigInt(Date.now()) * 1_000_000n
      const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false })
      if (stat === undefined || !stat.isFile()) return null
      const known = this.#stamps.get(path)
      if (known?.settled && isSame(known, stat)) {
        this.#next.set(path, known)
        return known.entry
      }
      const oid = this.#hash(path, stat)
      if (oid !== null) return this.#stamp(path, stat, oid, nowNs)
    }
    // Not left out: a file that is missing from a snapshot would be taken for a deletion.
    throw new Error('it changes while it is read')
  }

  #stamp(path: string, stat: BigIntStats, oid: string, nowNs: bigint): FileEntry {
    const known = this.#stamps.get(path)?.entry
    const size = Number(stat.size)
    const entry = known?.oid === oid && known.size === size ? known : Object.freeze({ oid, size })
    const { mtimeNs, ctimeNs, ino } = stat
    const latest = mtimeNs > ctimeNs ? mtimeNs : ctimeNs
    this.#next.set(path, { size: stat.size, mtimeNs, ctimeNs, ino, entry, settled: latest + racyNs < nowNs })
    return entry
  }

  /** Null where the file is not the one of `stat` any more. */
  #hash(path: string, stat: BigIntStats): string | null {
    if (stat.size > BigInt(caps.fileBytes)) return '0'.repeat(40)
    const bytes = readPlainFile(path)
    if (bytes === null || bytes.byteLength !== Number(stat.size)) return null
    this.hashed++
    const oid = objectId('blob', bytes)
    if (!this.#fresh.has(oid) && this.#freshBytes + bytes.byteLength <= freshBytes) {
      this.#fresh.set(oid, bytes)
      this.#freshBytes += bytes.byteLength
    }
    return oid
  }

  /** Ends a scan: files that were not asked for are forgotten. */
  turn(): void {
    this.#stamps = this.#next
    this.#next = new Map()
  }

  /** The paths of the last scan by blob id. */
  paths(): Map<string, string> {
    const paths = new Map<string, string>()
    for (const [path, { entry }] of this.#stamps) paths.set(entry.oid, path)
    return paths
  }

  /** The contents as they were hashed, once. */
  takeFresh(oid: string): Uint8Array | undefined {
    const bytes = this.#fresh.get(oid)
    if (bytes !== undefined && this.#fresh.delete(oid)) this.#freshBytes -= bytes.byteLength
    return bytes
  }
}

function isSame(known: Stamp, stat: BigIntStats): boolean {
  return (
    known.mtimeNs === stat.mtimeNs &&
    known.ctimeNs === stat.ctimeNs &&
    known.size === stat.size &&
    known.ino === stat.ino
  )
}
