import fs from 'node:fs'
import { expandOid, isDescendent, readObject, resolveRef } from 'isomorphic-git'
import { caps } from '../../core/model/caps.ts'
import { GitError } from './git-error.ts'
import { isObjectId, type ObjectType } from './object-id.ts'
import { type ObjectReader, type ResolvedRevision, treeBytesLimit } from './object-reader.ts'
import { checkedRevision } from './revision-name.ts'
import { parseTree, type TreeEntry } from './tree-object.ts'

/** Bytes of contents kept from `readSizes`, because the library learns a size only by reading the object. */
const keptBytes = 32 * 1024 * 1024

/**
 * Reads in this process, for machines without git. Holds whole packs in memory and is 15–40 times slower than the binary.
 * Trees are parsed here: the library refuses a whole tree for one bad name.
 */
export class IsomorphicReader implements ObjectReader {
  readonly kind = 'isomorphic'
  readonly #gitdir: string
  #cache: object = {}
  #kept = new Map<string, Uint8Array>()
  #keptBytes = 0

  constructor(gitdir: string) {
    this.#gitdir = gitdir
  }

  async resolve(revision: string): Promise<ResolvedRevision | null> {
    const { base, steps } = splitRevision(checkedRevision(revision))
    let oid = await this.#lookUp(base)
    for (const step of steps) {
      const commit = oid === null ? null : await this.#peel(oid)
      if (commit === null) return null
      oid = step.kind === 'peel' ? commit.oid : await this.#follow(commit, step)
    }
    const commit = oid === null ? null : await this.#peel(oid)
    return commit === null ? null : { commit: commit.oid, tree: commit.tree }
  }

  async readTree(oid: string): Promise<TreeEntry[]> {
    const contents = await this.#read(oid, 'tree')
    if (contents.byteLength > treeBytesLimit)
      throw new GitError('repository-unreadable', `Tree ${oid} has ${contents.byteLength} bytes, too many to read.`)
    return parseTree(oid, contents)
  }

  async readTrees(oids: Iterable<string>): Promise<Map<string, TreeEntry[]>> {
    const trees = new Map<string, TreeEntry[]>()
    for (const oid of new Set(oids)) trees.set(oid, await this.readTree(oid))
    return trees
  }

  async readSizes(oids: Iterable<string>): Promise<Map<string, number>> {
    const sizes = new Map<string, number>()
    for (const oid of new Set(oids)) {
      const contents = this.#kept.get(oid) ?? (await this.#read(oid))
      sizes.set(oid, contents.byteLength)
      this.#keep(oid, contents)
    }
    return sizes
  }

  async readBlobs(oids: Iterable<string>): Promise<Map<string, Uint8Array>> {
    const blobs = new Map<string, Uint8Array>()
    for (const oid of new Set(oids)) {
      const contents = this.#kept.get(oid) ?? (await this.#read(oid, 'blob'))
      if (contents.byteLength > caps.fileBytes)
        throw new GitError(
          'file-too-large',
          `Blob ${oid} has ${contents.byteLength} bytes; ${caps.fileBytes} are allowed.`,
        )
      if (this.#kept.delete(oid)) this.#keptBytes -= contents.byteLength
      blobs.set(oid, contents)
    }
    return blobs
  }

  async isAncestor(ancestor: string, descendant: string): Promise<boolean> {
    if (ancestor === descendant) return true
    try {
      return await isDescendent({
        fs,
        gitdir: this.#gitdir,
        cache: this.#cache,
        oid: descendant,
        ancestor,
        depth: -1,
      })
    } catch (cause) {
      throw new GitError('repository-unreadable', `The history of ${descendant} cannot be read.`, cause)
    }
  }

  async close(): Promise<void> {
    this.#cache = {}
    this.#kept = new Map()
    this.#keptBytes = 0
  }

  #keep(oid: string, contents: Uint8Array): void {
    if (
      this.#kept.has(oid) ||
      contents.byteLength > caps.fileBytes ||
      this.#keptBytes + contents.byteLength > keptBytes
    )
      return
    this.#kept.set(oid, contents)
    this.#keptBytes += contents.byteLength
  }

  async #read(oid: string, wanted?: ObjectType): Promise<Uint8Array> {
    if (!isObjectId(oid)) throw new GitError('repository-unreadable', `${JSON.stringify(oid)} is not an object id.`)
    const { type, contents } = await this.#object(oid)
    if (wanted !== undefined && type !== wanted)
      throw new GitError('repository-unreadable', `Object ${oid} is missing or of another type.`)
    return contents
  }

  async #object(oid: string): Promise<{ type: string; contents: Uint8Array }> {
    const read = async (): Promise<{ type: string; contents: Uint8Array }> => {
      const { type, object } = await readObject({
        fs,
        gitdir: this.#gitdir,
        cache: this.#cache,
        oid,
        format: 'content',
      })
      return { type: type ?? '', contents: object as Uint8Array }
    }
    try {
      return await read()
    } catch {
      // The library keeps the list of packs it saw first: a repack or a fetch by somebody else calls for a new look.
      this.#cache = {}
      return await read().catch((cause: unknown) => {
        throw new GitError('repository-unreadable', `Object ${oid} is missing or of another type.`, cause)
      })
    }
  }

  async #lookUp(name: string): Promise<string | null> {
    const options = { fs, gitdir: this.#gitdir, cache: this.#cache }
    const isHex = /^[0-9a-f]{4,40}$/.test(name)
    const asRef = await resolveRef({ ...options, ref: name }).catch(() => null)
    if (asRef !== null && (asRef !== name || !isHex)) return asRef
    return isHex ? await expandOid({ ...options, oid: name }).catch(() => null) : null
  }

  /** Follows tags down to a commit; null for anything else. */
  async #peel(oid: string): Promise<{ oid: string; tree: string; parents: string[] } | null> {
    for (let left = 16, at = oid; left > 0; left--) {
      const found = await this.#object(at).catch(() => null)
      if (found === null) return null
      const header = Buffer.from(found.contents).toString('latin1').split('\n\n', 1)[0] as string
      const target = (key: string): string[] =>
        [...header.matchAll(new RegExp(`^${key} ([0-9a-f]{40})$`, 'gm'))].map(([, id]) => id as string)
      if (found.type === 'commit') return { oid: at, tree: target('tree')[0] as string, parents: target('parent') }
      if (found.type !== 'tag') return null
      at = target('object')[0] as string
    }
    return null
  }

  async #follow(from: { oid: string; parents: string[] }, step: Step): Promise<string | null> {
    if (step.kind === 'parent') return step.count === 0 ? from.oid : (from.parents[step.count - 1] ?? null)
    let at: { oid: string; parents: string[] } | null = from
    for (let left = step.count; left > 0 && at !== null; left--) {
      const parent: string | undefined = at.parents[0]
      at = parent === undefined ? null : await this.#peel(parent)
    }
    return at?.oid ?? null
  }
}

interface Step {
  readonly kind: 'parent' | 'ancestor' | 'peel'
  readonly count: number
}

function splitRevision(revision: string): { base: string; steps: Step[] } {
  const suffix = /(?:\^\{commit\}|\^\{\}|~\d*|\^\d*)+$/.exec(revision)?.[0] ?? ''
  const steps = [...suffix.matchAll(/\^\{(?:commit)?\}|([~^])(\d*)/g)].map(([, sign, digits]): Step => {
    if (sign === undefined) return { kind: 'peel', count: 0 }
    return { kind: sign === '~' ? 'ancestor' : 'parent', count: digits === '' ? 1 : Number(digits) }
  })
  const base = revision.slice(0, revision.length - suffix.length)
  return { base: base === '@' ? 'HEAD' : base, steps }
}
