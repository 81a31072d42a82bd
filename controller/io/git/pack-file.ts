import { createHash } from 'node:crypto'
import { crc32, deflateSync } from 'node:zlib'
import type { NewObject } from './new-object.ts'

export interface EncodedPack {
  /** The checksum that names the pack. */
  readonly name: string
  readonly pack: Uint8Array
  readonly index: Uint8Array
}

const typeNumbers = { commit: 1, tree: 2, blob: 3, tag: 4 } as const

/** A tree is made of ids, which do not shrink; setting up the compression costs more than all else that is done with a small one. */
const smallTree = 1_024

/** Files are small: a window of 4 KiB and what goes with it is set up in two thirds of the time, and they become no longer. */
const zlibOptions = { level: 1, windowBits: 12, memLevel: 5, chunkSize: 4_096 }

/** Milliseconds of work between two pauses for others on the event loop. */
const sliceMs = 15

/** A pack (version 2, whole objects, no deltas) and its index (version 2). Ids must be distinct. */
export async function encodePack(objects: readonly NewObject[]): Promise<EncodedPack> {
  const header = Buffer.alloc(12)
  header.write('PACK', 'latin1')
  header.writeUInt32BE(2, 4)
  header.writeUInt32BE(objects.length, 8)
  const parts: Buffer[] = [header]
  const rows: { readonly oid: string; readonly offset: number; readonly crc: number }[] = []
  let offset = header.length
  let sliceStarted = performance.now()
  for (const { type, oid, contents } of objects) {
    const entry = Buffer.concat([
      entryHeader(typeNumbers[type], contents.byteLength),
      type === 'tree' && contents.byteLength <= smallTree ? stored(contents) : deflateSync(contents, zlibOptions),
    ])
    rows.push({ oid, offset, crc: crc32(entry) })
    parts.push(entry)
    offset += entry.length
    if (performance.now() - sliceStarted > sliceMs) {
      await new Promise(setImmediate)
      sliceStarted = performance.now()
    }
  }
  const body = Buffer.concat(parts)
  const checksum = sha1(body)
  return { name: checksum.toString('hex'), pack: Buffer.concat([body, checksum]), index: encodeIndex(rows, checksum) }
}

/** A zlib stream with one block that is not compressed. */
function stored(contents: Uint8Array): Buffer {
  const { length } = contents
  const stream = Buffer.alloc(11 + length)
  stream.set([0x78, 0x01, 0x01])
  stream.writeUInt16LE(length, 3)
  stream.writeUInt16LE(~length & 0xffff, 5)
  stream.set(contents, 7)
  stream.writeUInt32BE(adler32(contents), 7 + length)
  return stream
}

/** The checksum of RFC 1950. */
function adler32(bytes: Uint8Array): number {
  let a = 1
  let b = 0
  for (const byte of bytes) {
    a = (a + byte) % 65_521
    b = (b + a) % 65_521
  }
  return b * 65_536 + a
}

/** Type in three bits of the first byte, size in four of it and seven of each further one. */
function entryHeader(type: number, size: number): Buffer {
  const bytes: number[] = []
  let rest = Math.floor(size / 16)
  let byte = (type << 4) | (size & 15)
  for (; rest > 0; rest = Math.floor(rest / 128)) {
    bytes.push(byte | 0x80)
    byte = rest & 0x7f
  }
  return Buffer.from([...bytes, byte])
}

function encodeIndex(
  rows: { readonly oid: string; readonly offset: number; readonly crc: number }[],
  checksum: Buffer,
): Buffer {
  const sorted = rows.toSorted((a, b) => (a.oid < b.oid ? -1 : 1))
  // How many ids start with a byte up to this one.
  const fanout = Array.from({ length: 256 }, () => 0)
  for (const { oid } of sorted) fanout[Number.parseInt(oid.slice(0, 2), 16)]! += 1
  for (let i = 1; i < 256; i++) fanout[i]! += fanout[i - 1]!
  const body = Buffer.concat([
    Buffer.from([0xff, 0x74, 0x4f, 0x63, 0, 0, 0, 2]),
    words(fanout),
    Buffer.from(sorted.map(({ oid }) => oid).join(''), 'hex'),
    words(sorted.map(({ crc }) => crc)),
    words(sorted.map(({ offset }) => offset)),
    checksum,
  ])
  return Buffer.concat([body, sha1(body)])
}

function sha1(bytes: Uint8Array): Buffer {
  return createHash('sha1').update(bytes).digest()
}

function words(values: readonly number[]): Buffer {
  const buffer = Buffer.alloc(values.length * 4)
  values.forEach((value, i) => buffer.writeUInt32BE(value, i * 4))
  return buffer
}
