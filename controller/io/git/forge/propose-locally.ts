import { GitError } from '../git-error.ts'
import { newObject, type NewObject } from '../new-object.ts'
import { emptyTreeId } from '../object-id.ts'
import { editTree } from '../tree-edit.ts'
import { encodeCommit } from './commit-object.ts'
import type { Proposal, ProposeOutcome } from './forge.ts'
import { branchRef, type LocalRepository, trailerOf } from './local-repository.ts'
import { digestOf, type PullDocument, type Standing, toPullRequest } from './pull-document.ts'
import { committer } from './pull-ledger.ts'
import type { RefMove } from './repository-refs.ts'
import { isSame } from './tree-diff.ts'
import { findEntry, holdsBlobs } from './tree-lookup.ts'

/** What a proposal comes to: the answer, and what has to be written for it to become true. */
export interface Decision {
  readonly outcome: ProposeOutcome
  readonly documents: readonly PullDocument[]
  readonly objects: readonly NewObject[]
  readonly move: RefMove | null
}

export interface Surroundings {
  readonly repository: LocalRepository
  /** The latest pull request of each key. */
  readonly known: ReadonlyMap<string, PullDocument>
  /** Branches that somebody works on. */
  readonly inUse: { has(ref: string): boolean }
  /** The number a new pull request gets. */
  nextNumber(): Promise<number>
}

/** Names tried for a branch: git allows none below a branch `headwater`, for one. */
const branchNames = 100

/** Decides one proposal. Reads only. */
export async function decideProposal(proposal: Proposal, around: Surroundings): Promise<Decision> {
  const { repository } = around
  const wanted = new Wanted(proposal, repository)
  const known = around.known.get(proposal.key) ?? null
  const standing = known === null ? null : await repository.standingOf(known)
  if (await holdsBlobs(repository.reader, await wanted.baseTree(), wanted.blobs))
    return nothingToDo(proposal, wanted, known, standing, repository)
  if (known === null || standing === null) return await open(proposal, wanted, null, around)
  if (known.declined.includes(wanted.digest)) return leftAlone('declined', known, standing)
  if (standing.state !== 'open') return await open(proposal, wanted, { known, standing }, around)
  if (standing.isEditedByPerson) return leftAlone('edited', known, standing)
  return await update(proposal, wanted, known, standing, around)
}

async function update(
  proposal: Proposal,
  wanted: Wanted,
  known: PullDocument,
  standing: Standing,
  { inUse }: Surroundings,
): Promise<Decision> {
  const text = textOf(proposal)
  const isSameText = JSON.stringify(text) === JSON.stringify(textOf(known))
  if (known.digest === wanted.digest && standing.head === known.head && (await wanted.isFreshSince(known.fork))) {
    if (isSameText) return done({ kind: 'unchanged', pullRequest: toPullRequest(known, standing) })
    const document = { ...known, ...text, updatedAt: proposal.at }
    return { ...done({ kind: 'updated', pullRequest: toPullRequest(document, standing) }), documents: [document] }
  }
  const ref = branchRef(known.branch)
  // Moved under a person, it would look to them as if they had taken everything back.
  if (inUse.has(ref)) return leftAlone('checked-out', known, standing)
  const { commit, objects } = await wanted.commit()
  const { base } = proposal
  const written = { base, head: commit, fork: wanted.base, digest: wanted.digest, updatedAt: proposal.at }
  const document = { ...known, ...text, ...written }
  return {
    outcome: { kind: 'updated', pullRequest: toPullRequest(document, { ...standing, head: commit }) },
    documents: [document],
    objects,
    move: { ref, next: commit, previous: standing.head },
  }
}

async function open(
  proposal: Proposal,
  wanted: Wanted,
  last: { readonly known: PullDocument; readonly standing: Standing } | null,
  around: Surroundings,
): Promise<Decision> {
  const { key, base, author, at } = proposal
  const { branch, previous } = await freeBranch(proposal, last?.known ?? null, around)
  const { commit, objects } = await wanted.commit()
  const document: PullDocument = {
    number: await around.nextNumber(),
    key,
    ...textOf(proposal),
    branch,
    base,
    state: 'open',
    author: author.name,
    head: commit,
    fork: wanted.base,
    digest: wanted.digest,
    declined: last?.known.declined ?? [],
    openedAt: at,
    updatedAt: at,
  }
  // The branch of the last one is gone: that is noted in the ledger as well, or it would come back with the branch.
  const ended = last?.known.state === 'open' ? [{ ...last.known, state: last.standing.state, updatedAt: at }] : []
  const standing = { state: 'open', head: commit, isEditedByPerson: false } as const
  return {
    outcome: { kind: 'opened', pullRequest: toPullRequest(document, standing) },
    documents: [...ended, document],
    objects,
    move: { ref: branchRef(branch), next: commit, previous },
  }
}

/** The first of `name`, `name-2`, … that is free, or that still holds what was written for this key. */
async function freeBranch(
  { branch: wanted, key }: Proposal,
  last: PullDocument | null,
  { repository, inUse }: Surroundings,
): Promise<{ branch: string; previous: string | null }> {
  for (let count = 1; count <= branchNames; count++) {
    const branch = count === 1 ? wanted : `${wanted}-${count}`
    const ref = branchRef(branch)
    if (inUse.has(ref)) continue
    const previous = repository.refs.read(ref)
    if (previous === null && repository.refs.isFree(ref)) return { branch, previous }
    const isOurs =
      previous !== null &&
      ((previous === last?.head && !last.wasEdited) || (await repository.isWrittenFor(previous, key)))
    if (isOurs) return { branch, previous }
  }
  throw new GitError('wrong-value', `No branch can be named ${wanted}: other branches stand in its way.`)
}

async function nothingToDo(
  proposal: Proposal,
  wanted: Wanted,
  known: PullDocument | null,
  standing: Standing | null,
  repository: LocalRepository,
): Promise<Decision> {
  if (known === null || standing === null) return done({ kind: 'nothing-to-do', pullRequest: null })
  const pullRequest = toPullRequest(known, standing)
  if (known.state !== 'open' || standing.isEditedByPerson) return done({ kind: 'nothing-to-do', pullRequest })
  // Somebody merged the branch with git, or made the same change by hand.
  const isMerged = await repository.reader.isAncestor(standing.head, wanted.base)
  const state = isMerged ? ('merged' as const) : ('closed' as const)
  const document = { ...known, state, head: standing.head, updatedAt: proposal.at }
  return {
    ...done({ kind: 'nothing-to-do', pullRequest: toPullRequest(document, { ...standing, state }) }),
    documents: [document],
  }
}

function leftAlone(reason: 'edited' | 'checked-out' | 'declined', known: PullDocument, standing: Standing): Decision {
  return done({ kind: 'left-alone', reason, pullRequest: toPullRequest(known, standing) })
}

function done(outcome: ProposeOutcome): Decision {
  return { outcome, documents: [], objects: [], move: null }
}

function textOf({ title, body, labels = [] }: Pick<Proposal, 'title' | 'body' | 'labels'>) {
  return { title, body, labels }
}

/** The contents of a proposal, on the base as it is now. */
class Wanted {
  readonly base: string
  readonly digest: string
  readonly blobs: ReadonlyMap<string, string | null>
  readonly #objects: readonly NewObject[]
  readonly #proposal: Proposal
  readonly #repository: LocalRepository

  constructor(proposal: Proposal, repository: LocalRepository) {
    this.#proposal = proposal
    this.#repository = repository
    this.base = repository.tipOf(proposal.base)
    this.digest = digestOf(proposal)
    const objects = new Map(
      [...proposal.files].map(([path, text]) => [
        repository.pathInside(path),
        text === null ? null : newObject('blob', Buffer.from(text)),
      ]),
    )
    this.blobs = new Map([...objects].map(([path, blob]) => [path, blob?.oid ?? null]))
    this.#objects = [...objects.values()].filter((blob) => blob !== null)
  }

  baseTree(): Promise<string> {
    return this.#repository.treeOf(this.base)
  }

  /** Whether the base still has, at each path, what it had at the commit `fork`. */
  async isFreshSince(fork: string): Promise<boolean> {
    if (fork === this.base) return true
    const { reader } = this.#repository
    const [before, now] = [await this.#repository.treeOf(fork), await this.baseTree()]
    for (const path of this.blobs.keys())
      if (!isSame(await findEntry(reader, before, path), await findEntry(reader, now, path))) return false
    return true
  }

  /** One commit on the base. */
  async commit(): Promise<{ commit: string; objects: NewObject[] }> {
    const { title, key, author, at } = this.#proposal
    const { tree, objects } = await editTree(this.#repository.reader, await this.baseTree(), this.blobs)
    const empty = tree === null ? [newObject('tree', new Uint8Array())] : []
    const commit = newObject(
      'commit',
      encodeCommit({
        tree: tree ?? emptyTreeId,
        parents: [this.base],
        author,
        committer,
        at,
        message: `${title}\n\n${trailerOf(key)}`,
      }),
    )
    return { commit: commit.oid, objects: [...this.#objects, ...objects, ...empty, commit] }
  }
}
