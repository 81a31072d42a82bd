import { Recent } from '../../core/model/recent.ts'
import { ensureBareRepository } from './bare-repository.ts'
import { BlobBatch } from './blob-batch.ts'
import { sift } from './entry-rules.ts'
import { findGit, type GitBinary } from './git-binary.ts'
import { GitBinaryReader } from './git-binary-reader.ts'
import { GitError } from './git-error.ts'
import { IsomorphicReader } from './isomorphic-reader.ts'
import type { ObjectReader } from './object-reader.ts'
import { emptyTreeId } from './object-id.ts'
import { newObject } from './new-object.ts'
import { writeObjects } from './object-writer.ts'
import { writePackInThread } from './pack-writer.ts'
import { readRef, swapRef } from './ref-swap.ts'
import type { OpenOptions } from './repository.ts'
import { checkedRef } from './revision-name.ts'
import { tidyRepository } from './tidy-repository.ts'
import { editTree } from './tree-edit.ts'

export interface Signature {
  readonly name: string
  readonly email: string
  readonly at: Date
}

export interface FilesToCommit {
  /** Paths with their texts; null removes the file. Of a path that comes twice the last counts. Files that are not named stay. */
  readonly files: Iterable<readonly [path: string, text: string | null]>
  readonly message: string
  readonly author: Signature
  /** The commit the caller knows to be the tip (null: no branch yet); whatever the tip is unless told. */
  readonly expected?: string | null
}

/** `unchanged`: the branch holds these files already. `moved`: the tip is another one than expected, nothing was written. */
export type CommitOutcome =
  | { readonly kind: 'committed'; readonly commit: string; readonly parent: string | null }
  | { readonly kind: 'unchanged'; readonly commit: string | null }
  | { readonly kind: 'moved'; readonly commit: string | null }

/** Attempts against other writers, where the caller expects no particular tip. */
const attempts = 5

/** Blobs that are written together: the texts of fifty thousand tenants are never there at once. */
const blobsAtOnce = 5_000
/** Texts that are known again: most of many files say what others say. */
const textsKept = 4_000

/** A branch of the controller's own bare repository, written without a checkout and without an index. */
export class RenderedBranch {
  readonly #gitdir: string
  readonly #ref: string
  readonly #reader: ObjectReader
  readonly #git: GitBinary | null

  constructor(gitdir: string, ref: string, reader: ObjectReader, git: GitBinary | null) {
    this.#gitdir = gitdir
    this.#ref = ref
    this.#reader = reader
    this.#git = git
  }

  /** The commit the branch points to. */
  tip(): string | null {
    return readRef(this.#gitdir, this.#ref)
  }

  /** Throws GitError `bad-path` for a path that could not be checked out, `repository-unreadable` where writing fails. */
  async commitFiles(wanted: FilesToCommit): Promise<CommitOutcome> {
    let edit: Edit | undefined
    for (let left = attempts; ; left--) {
      const parent = this.tip()
      if (wanted.expected !== undefined && wanted.expected !== parent) return { kind: 'moved', commit: parent }
      edit ??= await this.#take(wanted.files)
      const outcome = await this.#commitOnto(parent, edit, wanted)
      if (outcome !== null) return outcome
      if (wanted.expected !== undefined || left === 1) return { kind: 'moved', commit: this.tip() }
    }
  }

  async #take(files: FilesToCommit['files']): Promise<Edit> {
    const edit: Edit = { ids: new Map(), blobs: new BlobBatch() }
    const known = new Recent<string, string>(textsKept)
    let written: Promise<void> = Promise.resolve()
    try {
      for (const [path, text] of files) {
        checkPath(path)
        edit.ids.set(path, text === null ? null : known.of(text, () => edit.blobs.add(text)))
        if (edit.blobs.size < blobsAtOnce) continue
        await written
        written = writePackInThread(this.#gitdir, edit.blobs.objects())
        edit.blobs.clear()
      }
    } finally {
      // Nobody writes any more when this is told to have failed.
      await written
    }
    return edit
  }

  /** Null where the branch moved meanwhile. */
  async #commitOnto(
    parent: string | null,
    { ids, blobs }: Edit,
    { message, author }: FilesToCommit,
  ): Promise<CommitOutcome | null> {
    const present = parent === null ? null : await this.#reader.resolve(parent)
    const { tree, objects } = await editTree(this.#reader, present?.tree ?? null, ids)
    if ((tree ?? emptyTreeId) === (present?.tree ?? emptyTreeId)) return { kind: 'unchanged', commit: parent }
    const trees = tree === null ? [newObject('tree', new Uint8Array())] : objects
    const commit = newObject('commit', encodeCommit(tree ?? emptyTreeId, parent, author, message))
    await writeObjects(this.#gitdir, [...blobs.objects(), ...trees, commit])
    if (!swapRef(this.#gitdir, this.#ref, commit.oid, parent)) return null
    if (this.#git !== null) await tidyRepository(this.#git, this.#gitdir)
    return { kind: 'committed', commit: commit.oid, parent }
  }

  close(): Promise<void> {
    return this.#reader.close()
  }
}

interface Edit {
  /** Of blobs, by path; null removes the file. */
  readonly ids: Map<string, string | null>
  /** Those of them that are not written yet. */
  readonly blobs: BlobBatch
}

export interface RenderedBranchOptions extends OpenOptions {
  /** The bare repository, made on demand. */
  readonly gitdir: string
  /** `refs/heads/headwater/rendered` */
  readonly ref: string
}

export async function openRenderedBranch(options: RenderedBranchOptions): Promise<RenderedBranch> {
  const { gitdir } = options
  const git = options.git === undefined ? await findGit() : options.git
  ensureBareRepository(gitdir)
  const reader = git === null ? new IsomorphicReader(gitdir) : new GitBinaryReader(git, gitdir)
  return new RenderedBranch(gitdir, checkedRef(options.ref), reader, git)
}

export function checkPath(path: string): void {
  const entries = path.split('/').map((name) => ({ name, kind: 'folder' as const }))
  const refusal = entries.map((entry) => sift([entry]).refusals[0]).find((found) => found !== undefined)
  if (refusal !== undefined)
    throw new GitError('bad-path', `${JSON.stringify(path)} cannot be written: ${refusal.message}`)
}

function encodeCommit(tree: string, parent: string | null, author: Signature, message: string): Uint8Array {
  const signature = `${clean(author.name)} <${clean(author.email)}> ${Math.floor(author.at.getTime() / 1000)} +0000`
  const parents = parent === null ? '' : `parent ${parent}\n`
  return Buffer.from(`tree ${tree}\n${parents}author ${signature}\ncommitter ${signature}\n\n${message.trimEnd()}\n`)
}

// Angle brackets and line ends would end the field.
function clean(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replace(/[<>\n\r\0]/g, ' ').trim()
}
