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
export function parseTree(oid: string, contents: Uint8Array): TreeEntry[] {
  const bytes = Buffer.from(contents.buffer, contents.byteOffset, contents.byteLength)
  const entries: TreeEntry[] = []
  let at = 0
  while (at < bytes.length) {
    const space = bytes.indexOf(0x20, at)
    const end = space < 0 ? -1 : bytes.indexOf(0, space)
    if (end < 0 || end + 21 > bytes.length) throw new GitError('repository-unreadable', `Tree ${oid} is broken.`)
    const raw = bytes.subarray(space + 1, end)
    entries.push({
      mode: bytes.toString('latin1', at, space),
      ...decodeName(raw),
      oid: bytes.toString('hex', end + 1, end + 21),
    })
    at = end + 21
  }
  return entries
}

function decodeName(raw: Buffer): { name: string; exact: boolean } {
  const name = raw.toString('latin1')
  // oxlint-disable-next-line no-control-regex
  if (/^[\x00-\x7f]*$/.test(name)) return { name, exact: true }
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
  const left = a.mode === '40000' ? `${a.name}/` : a.name
  const right = b.mode === '40000' ? `${b.name}/` : b.name
  return left < right ? -1 : left > right ? 1 : 0
}
