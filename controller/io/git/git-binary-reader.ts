import { caps } from '../../core/model/caps.ts'
import { type CatAnswer, CatFile } from './cat-file.ts'
import type { GitBinary } from './git-binary.ts'
import { GitError } from './git-error.ts'
import { runGit, startGit } from './git-process.ts'
import { isObjectId } from './object-id.ts'
import { type ObjectReader, type ResolvedRevision, treeBytesLimit } from './object-reader.ts'
import { checkedRevision } from './revision-name.ts'
import { parseTree, type TreeEntry } from './tree-object.ts'

const rememberedSizes = 500_000

/** Reads by one long-lived `git cat-file` child, started at the first question and again after a failure. */
export class GitBinaryReader implements ObjectReader {
  readonly kind = 'git-binary'
  readonly #git: GitBinary
  readonly #gitdir: string
  #child: CatFile | null = null
  /** Blobs known to be within the cap and not read yet: asked for once, not twice. */
  readonly #fitting = new Set<string>()

  constructor(git: GitBinary, gitdir: string) {
    this.#git = git
    this.#gitdir = gitdir
  }

  get #cat(): CatFile {
    if (this.#child === null || this.#child.failed)
      this.#child = new CatFile(startGit(this.#git, 'catFile', [], { gitdir: this.#gitdir }))
    return this.#child
  }

  async resolve(revision: string): Promise<ResolvedRevision | null> {
    const name = checkedRevision(revision)
    const [commit] = await this.#cat.facts([`${name}^{commit}`])
    if (!commit) return null
    const [tree] = await this.#cat.facts([`${commit.oid}^{tree}`])
    if (!tree) throw missing(commit.oid)
    return { commit: commit.oid, tree: tree.oid }
  }

  async readTree(oid: string): Promise<TreeEntry[]> {
    return (await this.readTrees([oid])).get(oid) as TreeEntry[]
  }

  async readTrees(oids: Iterable<string>): Promise<Map<string, TreeEntry[]>> {
    const wanted = distinct(oids)
    const answers = await this.#cat.contents(wanted, treeBytesLimit)
    const trees = new Map<string, TreeEntry[]>()
    answers.forEach((answer, i) => {
      const oid = wanted[i] as string
      if (answer?.type !== 'tree') throw missing(oid)
      if (answer.body === null)
        throw new GitError('repository-unreadable', `Tree ${oid} has ${answer.size} bytes, too many to read.`)
      trees.set(oid, parseTree(oid, answer.body))
    })
    return trees
  }

  async readSizes(oids: Iterable<string>): Promise<Map<string, number>> {
    const wanted = distinct(oids)
    const answers = await this.#cat.facts(wanted)
    const sizes = new Map<string, number>()
    if (this.#fitting.size > rememberedSizes) this.#fitting.clear()
    for (const [i, oid] of wanted.entries()) {
      const { size } = answers[i] ?? fail(missing(oid))
      sizes.set(oid, size)
      if (size <= caps.fileBytes) this.#fitting.add(oid)
    }
    return sizes
  }

  async readBlobs(oids: Iterable<string>): Promise<Map<string, Uint8Array>> {
    const wanted = [...new Set(oids)]
    // Whatever is known to fit is known to be an id.
    const unknown = wanted.filter((id) => !this.#fitting.has(id))
    for (const [oid, size] of await this.readSizes(unknown)) {
      if (size > caps.fileBytes)
        throw new GitError('file-too-large', `Blob ${oid} has ${size} bytes; ${caps.fileBytes} are allowed.`)
    }
    const answers = await this.#cat.contents(wanted, caps.fileBytes)
    const blobs = new Map<string, Uint8Array>()
    for (const [i, oid] of wanted.entries()) {
      blobs.set(oid, contentsOf(answers[i]) ?? fail(missing(oid)))
      this.#fitting.delete(oid)
    }
    return blobs
  }

  async isAncestor(ancestor: string, descendant: string): Promise<boolean> {
    distinct([ancestor, descendant])
    const { code } = await runGit(this.#git, 'isAncestor', [ancestor, descendant], {
      gitdir: this.#gitdir,
      accepted: [0, 1],
    })
    return code === 0
  }

  async close(): Promise<void> {
    await this.#child?.close()
    this.#child = null
  }
}

// Only ids go to the child: a name with a line end in it would be a second question.
function distinct(oids: Iterable<string>): string[] {
  const wanted = [...(oids instanceof Set ? (oids as Set<string>) : new Set(oids))]
  const wrong = wanted.find((oid) => !isObjectId(oid))
  if (wrong !== undefined) throw new GitError('repository-unreadable', `${JSON.stringify(wrong)} is not an object id.`)
  return wanted
}

function missing(oid: string): GitError {
  return new GitError('repository-unreadable', `Object ${oid} is missing or of another type.`)
}

function fail(reason: GitError): never {
  throw reason
}

function contentsOf(answer: CatAnswer | undefined): Uint8Array | null {
  return answer?.type === 'blob' ? answer.body : null
}
