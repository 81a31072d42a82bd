import type { BigIntStats } from 'node:fs'
import { createHash } from 'node:crypto'

/** One row of git's index: what the next commit of a person will hold. */
export interface IndexEntry {
  /** The bytes of the path as latin1 text, so that comparing texts compares bytes. */
  readonly name: string
  readonly oid: string
  readonly mode: number
  /** 0, or 1 to 3 during an unfinished merge. */
  readonly stage: number
  /** Git leaves the file on disk out of account: sparse checkouts, `--assume-unchanged`. */
  readonly isHidden: boolean
  /** Times, device, inode, mode, owner and size as git stores them. */
  readonly stat: Uint8Array
  readonly flags: number
  readonly extraFlags: number
}

const statBytes = 40

/** Null for an index in a form that only git itself can rewrite: split, sparse, or newer than we know. */
export function parseIndex(bytes: Buffer): IndexEntry[] | null {
  if (bytes.toString('latin1', 0, 4) !== 'DIRC') return null
  const version = bytes.readUInt32BE(4)
  if (version < 2 || version > 4) return null
  const entries: IndexEntry[] = []
  let at = 12
  let last = ''
  for (let left = bytes.readUInt32BE(8); left > 0; left--) {
    const start = at
    const flags = bytes.readUInt16BE(at + statBytes + 20)
    const isExtended = version >= 3 && (flags & 0x4000) !== 0
    const extraFlags = isExtended ? bytes.readUInt16BE(at + statBytes + 22) : 0
    at += statBytes + 22 + (isExtended ? 2 : 0)
    let kept = ''
    if (version === 4) {
      const strip = varint(bytes, at)
      kept = last.slice(0, last.length - strip.value)
      at = strip.next
    }
    const end = bytes.indexOf(0, at)
    const name = kept + bytes.toString('latin1', at, end)
    at = version === 4 ? end + 1 : start + Math.ceil((end + 1 - start) / 8) * 8
    last = name
    entries.push({
      name,
      oid: bytes.toString('hex', start + statBytes, start + statBytes + 20),
      mode: bytes.readUInt32BE(start + 24),
      stage: (flags >> 12) & 3,
      isHidden: (flags & 0x8000) !== 0 || (extraFlags & 0x4000) !== 0,
      stat: bytes.subarray(start, start + statBytes),
      flags,
      extraFlags,
    })
  }
  // Extensions in small letters change what the entries mean; the others are caches that git makes again.
  for (; at + 8 < bytes.length - 20; at += 8 + bytes.readUInt32BE(at + 4))
    if (/^[^A-Z]/.test(bytes.toString('latin1', at, at + 4))) return null
  return entries
}

export function encodeIndex(entries: readonly IndexEntry[]): Uint8Array {
  const sorted = entries.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.stage - b.stage))
  const head = Buffer.alloc(12)
  head.write('DIRC', 'latin1')
  head.writeUInt32BE(sorted.some(({ extraFlags }) => extraFlags !== 0) ? 3 : 2, 4)
  head.writeUInt32BE(sorted.length, 8)
  const body = Buffer.concat([head, ...sorted.map(encodeEntry)])
  return Buffer.concat([body, createHash('sha1').update(body).digest()])
}

function encodeEntry({ name, oid, stat, flags, extraFlags }: IndexEntry): Buffer {
  const fixed = statBytes + 22 + (extraFlags === 0 ? 0 : 2)
  const entry = Buffer.alloc(Math.ceil((fixed + name.length + 1) / 8) * 8)
  entry.set(stat, 0)
  entry.write(oid, statBytes, 'hex')
  const kind = (flags & 0xb000) | (extraFlags === 0 ? 0 : 0x4000)
  entry.writeUInt16BE(kind | Math.min(name.length, 0xfff), statBytes + 20)
  if (extraFlags !== 0) entry.writeUInt16BE(extraFlags, statBytes + 22)
  entry.write(name, fixed, 'latin1')
  return entry
}

/** The row of an ordinary file as it lies on disk. */
export function indexEntry(path: string, oid: string, stat: BigIntStats): IndexEntry {
  const fields = Buffer.alloc(statBytes)
  const words = [
    stat.ctimeNs / 1_000_000_000n,
    stat.ctimeNs % 1_000_000_000n,
    stat.mtimeNs / 1_000_000_000n,
    stat.mtimeNs % 1_000_000_000n,
    stat.dev,
    stat.ino,
    BigInt(ordinaryFile),
    stat.uid,
    stat.gid,
    stat.size,
  ]
  words.forEach((word, i) => fields.writeUInt32BE(Number(BigInt.asUintN(32, word)), i * 4))
  const name = nameInIndex(path)
  return { name, oid, mode: ordinaryFile, stage: 0, isHidden: false, stat: fields, flags: 0, extraFlags: 0 }
}

export const ordinaryFile = 0o100644

export function nameInIndex(path: string): string {
  return Buffer.from(path).toString('latin1')
}

function varint(bytes: Buffer, start: number): { value: number; next: number } {
  let at = start
  let byte = bytes[at++] ?? 0
  let value = byte & 0x7f
  while ((byte & 0x80) !== 0) {
    byte = bytes[at++] ?? 0
    value = (value + 1) * 128 + (byte & 0x7f)
  }
  return { value, next: at }
}
