import { GitError } from '../git-error.ts'
import { emptyTreeId } from '../object-id.ts'
import type { ObjectReader } from '../object-reader.ts'
import type { Repository } from '../repository.ts'
import { withCachedTrees } from './cached-trees.ts'
import { CommitReader } from './commit-reader.ts'
import type { PullDocument, Standing } from './pull-document.ts'
import { committer, hash, ledgerRef, PullLedger } from './pull-ledger.ts'
import { RepositoryRefs } from './repository-refs.ts'

/** The line of a commit message that says which key the commit was written for. */
const trailer = 'Headwater-Proposal'

/** A repository that holds pull requests: its branches, and the ledger. */
export class LocalRepository {
  readonly gitdir: string
  readonly refs: RepositoryRefs
  readonly reader: ObjectReader
  readonly commits: CommitReader
  readonly #prefix: string
  readonly #documents = new Map<string, PullDocument>()

  constructor(repository: Repository) {
    this.gitdir = repository.commonDir
    this.refs = new RepositoryRefs(repository.commonDir)
    this.reader = withCachedTrees(repository.reader)
    this.commits = new CommitReader(repository)
    this.#prefix = repository.prefix === '' ? '' : `${repository.prefix}/`
  }

  /** A path of the fleet as the repository knows it. */
  pathInside(path: string): string {
    return this.#prefix + path
  }

  /** And back; what lies outside the fleet is shown with its whole path. */
  pathOfFleet(path: string): string {
    return path.startsWith(this.#prefix) ? path.slice(this.#prefix.length) : path
  }

  async ledger(): Promise<PullLedger> {
    const commit = this.refs.read(ledgerRef)
    return new PullLedger(
      this.reader,
      this.#documents,
      commit,
      commit === null ? emptyTreeId : await this.treeOf(commit),
    )
  }

  /** The root tree of a commit. Throws GitError `repository-unreadable` where it is missing. */
  async treeOf(commit: string): Promise<string> {
    const found = await this.reader.resolve(commit)
    if (found === null) throw new GitError('repository-unreadable', `Commit ${commit} is missing.`)
    return found.tree
  }

  /** Throws GitError `unknown-revision` where there is no such branch. */
  tipOf(branch: string): string {
    const tip = this.refs.read(branchRef(branch))
    if (tip === null) throw new GitError('unknown-revision', `There is no branch ${branch}.`)
    return tip
  }

  /** How a pull request stands: a person may have moved or deleted its branch. */
  async standingOf(document: PullDocument): Promise<Standing> {
    const { state, head, wasEdited = false } = document
    if (state !== 'open') return { state, head, isEditedByPerson: wasEdited }
    const tip = this.refs.read(branchRef(document.branch))
    if (tip === null)
      return { state: (await this.#isMerged(document)) ? 'merged' : 'closed', head, isEditedByPerson: false }
    return { state, head: tip, isEditedByPerson: tip !== head && !(await this.isWrittenFor(tip, document.key)) }
  }

  async #isMerged({ head, base }: PullDocument): Promise<boolean> {
    const tip = this.refs.read(branchRef(base))
    if (tip === null || (await this.reader.resolve(head)) === null) return false
    return await this.reader.isAncestor(head, tip)
  }

  /**
   * Whether `propose` wrote this commit for this key. Tells a person's commit from one of ours that the ledger never heard
   * of, because the process died in between. An amended commit keeps its message but not its committer.
   */
  async isWrittenFor(commit: string, key: string): Promise<boolean> {
    const found = await this.commits.read(commit)
    return found !== null && found.committer.email === committer.email && found.message.includes(trailerOf(key))
  }

  async close(): Promise<void> {
    await this.commits.close()
    await this.reader.close()
  }
}

export function branchRef(branch: string): string {
  return `refs/heads/${branch}`
}

export function trailerOf(key: string): string {
  return `${trailer}: ${hash(key)}`
}
