import { createHash } from 'node:crypto'
import { newObject, type NewObject } from '../new-object.ts'
import { emptyTreeId } from '../object-id.ts'
import type { ObjectReader } from '../object-reader.ts'
import { editTree } from '../tree-edit.ts'
import { encodeCommit } from './commit-object.ts'
import type { Person, PullRequestComment } from './forge.ts'
import { encodeDocument, parseDocument, type PullDocument } from './pull-document.ts'
import { findEntry } from './tree-lookup.ts'

/** One branch of commits holds all that is kept: opening a pull request, its number and its key land together or not at all. */
export const ledgerRef = 'refs/headwater/pulls'

/** Who commits what a person or the controller proposed. */
export const committer: Person = { name: 'Headwater', email: 'headwater@localhost' }

/** Documents kept in memory: a list of 10,000 reads only what changed since the last one. */
const keptDocuments = 20_000

export interface LedgerChange {
  readonly documents: readonly PullDocument[]
  readonly comments?: readonly { readonly number: number; readonly comment: PullRequestComment }[]
  readonly message: string
  readonly author: Person
  readonly at: number
}

/** The pull requests as of one commit of the ledger. */
export class PullLedger {
  readonly commit: string | null
  readonly #tree: string
  readonly #reader: ObjectReader
  readonly #kept: Map<string, PullDocument>

  constructor(reader: ObjectReader, kept: Map<string, PullDocument>, commit: string | null, tree: string) {
    this.#reader = reader
    this.#kept = kept
    this.commit = commit
    this.#tree = tree
  }

  /** The number the next pull request gets. */
  async nextNumber(): Promise<number> {
    return (await this.#numbersAt(['next']))[0] ?? 1
  }

  /** The latest pull request of each key that has one. */
  async byKeys(keys: Iterable<string>): Promise<Map<string, PullDocument>> {
    const numbers = await this.#numbersAt([...keys].map(keyPath))
    const oids = new Map<number, string>()
    for (const number of numbers) {
      const entry = await findEntry(this.#reader, this.#tree, pullPath(number))
      if (entry !== undefined) oids.set(number, entry.oid)
    }
    return new Map((await this.#documents(oids)).map((document) => [document.key, document]))
  }

  async byNumber(number: number): Promise<PullDocument | null> {
    if (!Number.isSafeInteger(number) || number < 1) return null
    const entry = await findEntry(this.#reader, this.#tree, pullPath(number))
    return entry === undefined ? null : ((await this.#documents(new Map([[number, entry.oid]])))[0] ?? null)
  }

  /** In order of the numbers. */
  async all(): Promise<PullDocument[]> {
    const folders = await this.#below('pulls')
    const rows = [...(await this.#reader.readTrees(folders)).values()].flat()
    const oids = rows.map(({ name, oid }) => [Number(name.replace('.json', '')), oid] as const)
    return await this.#documents(new Map(oids.sort(([a], [b]) => a - b)))
  }

  async comments(number: number): Promise<PullRequestComment[]> {
    const oids = await this.#below(commentFolder(number))
    const blobs = await this.#reader.readBlobs(oids)
    const comments = [...blobs.values()].map(
      (bytes) => JSON.parse(Buffer.from(bytes).toString('utf8')) as PullRequestComment,
    )
    return comments.sort((a, b) => a.at - b.at || (a.key < b.key ? -1 : 1))
  }

  /** The objects of the commit that comes after this one, which is the last of them. */
  async next(change: LedgerChange): Promise<NewObject[]> {
    const blobs: NewObject[] = []
    const edits = new Map<string, string>()
    const put = (path: string, contents: Uint8Array): void => {
      const blob = newObject('blob', contents)
      blobs.push(blob)
      edits.set(path, blob.oid)
    }
    const next = await this.nextNumber()
    let highest = next - 1
    for (const document of change.documents) {
      put(pullPath(document.number), encodeDocument(document))
      if (document.number >= next) put(keyPath(document.key), Buffer.from(`${document.number}\n`))
      highest = Math.max(highest, document.number)
    }
    if (highest >= next) put('next', Buffer.from(`${highest + 1}\n`))
    for (const { number, comment } of change.comments ?? [])
      put(`${commentFolder(number)}/${hash(comment.key)}.json`, Buffer.from(`${JSON.stringify(comment, null, 2)}\n`))
    const { tree, objects } = await editTree(this.#reader, this.commit === null ? null : this.#tree, edits)
    const { author, at, message } = change
    const parents = this.commit === null ? [] : [this.commit]
    const commit = newObject(
      'commit',
      encodeCommit({ tree: tree ?? emptyTreeId, parents, author, committer, at, message }),
    )
    return [...new Map([...blobs, ...objects].map((object) => [object.oid, object])).values(), commit]
  }

  async #below(path: string): Promise<string[]> {
    const folder = await findEntry(this.#reader, this.#tree, path)
    return folder === undefined ? [] : (await this.#reader.readTree(folder.oid)).map(({ oid }) => oid)
  }

  /** The numbers that stand in these files; those that are there. */
  async #numbersAt(paths: readonly string[]): Promise<number[]> {
    const oids: string[] = []
    for (const path of paths) {
      const entry = await findEntry(this.#reader, this.#tree, path)
      if (entry !== undefined) oids.push(entry.oid)
    }
    const blobs = await this.#reader.readBlobs(oids)
    return oids.map((oid) => Number(Buffer.from(blobs.get(oid) ?? []).toString('utf8')))
  }

  async #documents(oids: ReadonlyMap<number, string>): Promise<PullDocument[]> {
    if (this.#kept.size > keptDocuments) this.#kept.clear()
    const missing = [...oids.values()].filter((oid) => !this.#kept.has(oid))
    const blobs = missing.length === 0 ? new Map<string, Uint8Array>() : await this.#reader.readBlobs(missing)
    return [...oids].map(([number, oid]) => {
      const known = this.#kept.get(oid)
      if (known !== undefined) return known
      const document = parseDocument(number, blobs.get(oid) ?? new Uint8Array())
      this.#kept.set(oid, document)
      return document
    })
  }
}

// Folders of at most a hundred: a change then writes small trees, however many pull requests there are.
function pullPath(number: number): string {
  return `pulls/${Math.floor(number / 100)}/${number}.json`
}

function commentFolder(number: number): string {
  return `comments/${Math.floor(number / 100)}/${number}`
}

function keyPath(key: string): string {
  const name = hash(key)
  return `keys/${name.slice(0, 2)}/${name.slice(2)}`
}

export function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 40)
}
