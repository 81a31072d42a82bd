import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

interface PackedRow {
  readonly oid: string
  /** The `^` line of an annotated tag. */
  readonly peeled: string | null
}

/** The refs that git keeps in one file. */
export class PackedRefs {
  readonly #rows: ReadonlyMap<string, PackedRow>

  constructor(rows: ReadonlyMap<string, PackedRow>) {
    this.#rows = rows
  }

  static parse(text: string): PackedRefs {
    const rows = new Map<string, PackedRow>()
    let last = ''
    for (const line of text.split('\n')) {
      if (line.startsWith('^')) {
        const row = rows.get(last)
        if (row !== undefined) rows.set(last, { oid: row.oid, peeled: line.slice(1) })
      } else if (/^[0-9a-f]{40} /.test(line))
        rows.set((last = line.slice(41)), { oid: line.slice(0, 40), peeled: null })
    }
    return new PackedRefs(rows)
  }

  get(ref: string): string | null {
    return this.#rows.get(ref)?.oid ?? null
  }

  hasBelow(ref: string): boolean {
    const prefix = `${ref}/`
    for (const name of this.#rows.keys()) if (name.startsWith(prefix)) return true
    return false
  }

  /** The file with these commits set, and those that are null taken out. */
  textWith(changes: ReadonlyMap<string, string | null>): string {
    const rows = new Map(this.#rows)
    for (const [ref, oid] of changes) {
      if (oid === null) rows.delete(ref)
      else rows.set(ref, { oid, peeled: null })
    }
    const names = [...rows.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    // `fully-peeled` would be untrue for a row without `^` that somebody else wrote.
    const lines = ['# pack-refs with: sorted ']
    for (const name of names) {
      const { oid, peeled } = rows.get(name) as PackedRow
      lines.push(`${oid} ${name}`)
      if (peeled !== null) lines.push(`^${peeled}`)
    }
    return `${lines.join('\n')}\n`
  }
}

/** Reads the file again only where it changed. */
export class PackedRefsFile {
  readonly path: string
  #stamp = ''
  #refs = new PackedRefs(new Map())

  constructor(commonDir: string) {
    this.path = join(commonDir, 'packed-refs')
  }

  read(): PackedRefs {
    const stat = statSync(this.path, { bigint: true, throwIfNoEntry: false })
    const stamp = stat === undefined ? 'none' : `${stat.ino} ${stat.size} ${stat.mtimeNs}`
    if (stamp !== this.#stamp) {
      this.#refs = stat === undefined ? new PackedRefs(new Map()) : PackedRefs.parse(readFileSync(this.path, 'utf8'))
      this.#stamp = stamp
    }
    return this.#refs
  }
}
