import { GitError } from './git-error.ts'

export interface TreeEntry {
  /** As git stores it: `100644`, `100755`, `40000`, `120000`, `160000`. */
  readonly mode: string
  /** One path part. Untrusted: may be `..`, hold a slash or a newline, or stand twice in one tree. */
  readonly name: string
  readonly oid: string
  /** False where the bytes of the name are not UTF-8: `name` then holds U+FFFD and may equal another entry's. */
  readonly exact: boolean
}

const strict = new TextDecoder('utf-8', { fatal: true })
const lossy = new TextDecoder('utf-8')

/** Reads the contents of a tree object. Checks the format only, not the names. Throws GitError on a broken object. */
export function parseTree(treeOid: string, contents: Uint8Array): TreeEntry[] {
  const bytes = Buffer.from(contents.buffer, contents.byteOffset, contents.byteLength)
  const entries: TreeEntry[] = []
  let at = 0
  while (at < bytes.length) {
    const space = bytes.indexOf(0x20, at)
    const end = space < 0 ? -1 : bytes.indexOf(0, space)
    if (end < 0 || end + 21 > bytes.length) throw new GitError('repository-unreadable', `Tree ${treeOid} is broken.`)
    // No view for each name: a fleet has tens of thousands, and most names are plain.
    const plain = bytes.toString('latin1', space + 1, end)
    const oid = bytes.toString('hex', end + 1, end + 21)
    const mode = bytes.toString('latin1', at, space)
    if (notAscii.test(plain)) entries.push({ mode, ...decodeName(bytes.subarray(space + 1, end)), oid })
    else entries.push({ mode, name: plain, oid, exact: true })
    at = end + 21
  }
  return entries
}

const notAscii = /[\x80-\xff]/

function decodeName(raw: Buffer): { name: string; exact: boolean } {
  try {
    return { name: strict.decode(raw), exact: true }
  } catch {
    return { name: lossy.decode(raw), exact: false }
  }
}

/** The contents of a tree object; entries must come in git's order (see `treeOrder`). */
export function encodeTree(entries: Iterable<Pick<TreeEntry, 'mode' | 'name' | 'oid'>>): Uint8Array {
  const parts: Buffer[] = []
  for (const { mode, name, oid } of entries) {
    parts.push(Buffer.from(`${mode} ${name}\0`), Buffer.from(oid, 'hex'))
  }
  return Buffer.concat(parts)
}

/** Git sorts a folder as if its name ended in a slash; walking trees in this order gives paths in byte order. */
export function treeOrder(a: { mode: string; name: string }, b: { mode: string; name: string }): number {
  // Most names differ before one of them ends.
  if (!a.name.startsWith(b.name) && !b.name.startsWith(a.name)) return a.name < b.name ? -1 : 1
  const left = a.mode === '40000' ? `${a.name}/` : a.name
  const right = b.mode === '40000' ? `${b.name}/` : b.name
  return left < right ? -1 : left > right ? 1 : 0
}
