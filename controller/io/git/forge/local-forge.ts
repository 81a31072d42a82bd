import { setTimeout as pause } from 'node:timers/promises'
import { GitError } from '../git-error.ts'
import type { NewObject } from '../new-object.ts'
import { writeObjects } from '../object-writer.ts'
import { type OpenOptions, openRepository } from '../repository.ts'
import { checkProposal, checkText } from './check-proposal.ts'
import { checkoutsOf } from './checkouts.ts'
import {
  bodyLimit,
  type CloseOptions,
  type CloseOutcome,
  type CommentOutcome,
  type Forge,
  type MergeOutcome,
  type Person,
  type Proposal,
  type ProposeOutcome,
  type PullRequest,
  type PullRequestDetail,
  type PullRequestFilter,
  titleLimit,
} from './forge.ts'
import { branchRef, LocalRepository } from './local-repository.ts'
import { mergeLocally } from './merge-locally.ts'
import { type Decision, decideProposal } from './propose-locally.ts'
import { type PullDocument, toPullRequest } from './pull-document.ts'
import { type LedgerChange, ledgerRef, type PullLedger } from './pull-ledger.ts'
import { showPull } from './show-locally.ts'

export interface LocalForgeOptions extends OpenOptions {
  /** A fleet: a checkout, a folder inside one, or a bare repository. */
  readonly path: string
  /** Milliseconds since 1970. */
  readonly now: () => number
}

/** Rounds against other writers of the same repository. */
const rounds = 12

/** Pull requests without a server: branches of the repository itself, and a ledger of what is said about them. */
export class LocalForge implements Forge {
  readonly kind = 'local'
  readonly #repository: LocalRepository
  readonly #now: () => number
  #queue: Promise<unknown> = Promise.resolve()

  constructor(repository: LocalRepository, now: () => number) {
    this.#repository = repository
    this.#now = now
  }

  async propose(proposal: Proposal): Promise<ProposeOutcome> {
    return (await this.proposeMany([proposal]))[0] as ProposeOutcome
  }

  async proposeMany(proposals: readonly Proposal[]): Promise<ProposeOutcome[]> {
    proposals.forEach(checkProposal)
    return await this.#inTurn(async () => {
      const outcomes = new Map<Proposal, ProposeOutcome>()
      await this.#rounds(async () => {
        // One of each key at a time: the second must find the first in the ledger.
        const pending = new Map<string, Proposal>()
        for (const proposal of proposals)
          if (!outcomes.has(proposal) && !pending.has(proposal.key)) pending.set(proposal.key, proposal)
        for (const [proposal, outcome] of await this.#proposeRound([...pending.values()]))
          outcomes.set(proposal, outcome)
        return proposals.every((proposal) => outcomes.has(proposal)) ? true : null
      })
      return proposals.map((proposal) => outcomes.get(proposal) as ProposeOutcome)
    })
  }

  /** Those that were decided and written; the others met somebody else's write. */
  async #proposeRound(proposals: readonly Proposal[]): Promise<Map<Proposal, ProposeOutcome>> {
    const { refs, gitdir } = this.#repository
    const ledger = await this.#repository.ledger()
    let last: number | null = null
    const nextNumber = async (): Promise<number> => {
      last = last === null ? await ledger.nextNumber() : last + 1
      return last
    }
    const known = await ledger.byKeys(proposals.map(({ key }) => key))
    const around = { repository: this.#repository, known, inUse: checkoutsOf(gitdir), nextNumber }
    const decisions = new Map<Proposal, Decision>()
    for (const proposal of proposals) decisions.set(proposal, await decideProposal(proposal, around))

    // Written together with the ledger as it will be if nobody interferes: one flush to disk instead of two.
    const objects = [...decisions.values()].flatMap((made) => made.objects)
    const hoped = await this.#ledgerWith([...decisions], ledger, objects)
    const moving = [...decisions.values()].flatMap(({ move }) => (move === null ? [] : [move]))
    // Branches first: a branch that the ledger does not know yet is recognised by its commit.
    const moved = refs.move(moving)
    const failed = new Set(moving.filter((_, i) => !moved[i]))
    const written = [...decisions].filter(([, { move }]) => move === null || !failed.has(move))
    const next = failed.size === 0 ? hoped : await this.#ledgerWith(written, ledger, [])
    if (next !== null && !refs.swap(ledgerRef, next, ledger.commit)) return new Map()
    return new Map(written.map(([proposal, { outcome }]) => [proposal, outcome]))
  }

  /** Writes the objects, and the commit of the ledger that tells of these decisions; null where there is nothing to tell. */
  async #ledgerWith(
    decisions: readonly (readonly [Proposal, Decision])[],
    ledger: PullLedger,
    objects: readonly NewObject[],
  ): Promise<string | null> {
    const documents = decisions.flatMap(([, decision]) => decision.documents)
    const [first] = decisions
    if (documents.length === 0 || first === undefined) return null
    const [{ author, at }] = first
    const added = await ledger.next({ documents, message: titleOf(decisions), author, at })
    const all = new Map([...objects, ...added].map((object) => [object.oid, object]))
    await writeObjects(this.#repository.gitdir, [...all.values()])
    return added.at(-1)?.oid ?? null
  }

  async list(filter: PullRequestFilter = {}): Promise<PullRequest[]> {
    const { state, label, keyPrefix } = filter
    const documents = (await (await this.#repository.ledger()).all()).filter(
      (document) =>
        (label === undefined || document.labels.includes(label)) &&
        (keyPrefix === undefined || document.key.startsWith(keyPrefix)),
    )
    const pulls: PullRequest[] = []
    for (const document of documents.reverse()) {
      const pull = toPullRequest(document, await this.#repository.standingOf(document))
      if (state === undefined || pull.state === state) pulls.push(pull)
    }
    return pulls
  }

  async show(number: number): Promise<PullRequestDetail | null> {
    const ledger = await this.#repository.ledger()
    const document = await ledger.byNumber(number)
    return document === null ? null : await showPull(document, this.#repository, ledger)
  }

  merge(number: number, by: Person): Promise<MergeOutcome> {
    return this.#inTurn(() =>
      this.#rounds(async () => {
        const ledger = await this.#repository.ledger()
        const document = await ledger.byNumber(number)
        if (document === null) return refused(number)
        const merged = await mergeLocally(document, by, this.#now(), this.#repository)
        if (merged.kind !== 'merged') return merged.kind === 'moved' ? null : merged
        const { commit, head, wasEdited } = merged
        if (document.state === 'merged') return { kind: 'merged', commit }
        const ended = { state: 'merged', head, wasEdited, mergeCommit: commit, ...this.#end(by) } as const
        const message = `Merge #${number} ${document.title}`
        const change = { documents: [{ ...document, ...ended }], message, author: by, at: this.#now() }
        if (!(await this.#write(ledger, change))) return null
        // Last: until the ledger knows of the merge, a branch that is gone means that a person gave it up.
        const { gitdir, refs } = this.#repository
        const ref = branchRef(document.branch)
        if (!checkoutsOf(gitdir).has(ref)) refs.move([{ ref, next: null, previous: head }])
        return { kind: 'merged', commit }
      }),
    )
  }

  close(number: number, by: Person, options: CloseOptions = {}): Promise<CloseOutcome> {
    const { comment, supersededBy } = options
    if (comment !== undefined) checkText('comment', comment, bodyLimit)
    return this.#inTurn(() =>
      this.#rounds(async () => {
        const ledger = await this.#repository.ledger()
        const document = await ledger.byNumber(number)
        if (document === null) return refused(number)
        const { state, head, isEditedByPerson } = await this.#repository.standingOf(document)
        if (state === 'merged') return { kind: 'refused', reason: `#${number} is merged.` }
        const standing = { state: 'closed', head, isEditedByPerson } as const
        if (document.state === 'closed') return { kind: 'closed', pullRequest: toPullRequest(document, standing) }
        const declined =
          supersededBy === undefined ? [document.digest, ...document.declined].slice(0, 20) : document.declined
        const ended: PullDocument = {
          ...document,
          state: 'closed',
          head,
          wasEdited: isEditedByPerson,
          declined,
          ...this.#end(by),
          ...(supersededBy !== undefined && { supersededBy }),
        }
        const comments =
          comment === undefined
            ? []
            : [{ number, comment: { key: 'closed', body: comment, author: by.name, at: this.#now() } }]
        const message = `Close #${number} ${document.title}`
        const isWritten = await this.#write(ledger, {
          documents: [ended],
          comments,
          message,
          author: by,
          at: this.#now(),
        })
        return isWritten ? { kind: 'closed', pullRequest: toPullRequest(ended, standing) } : null
      }),
    )
  }

  comment(number: number, key: string, body: string, by: Person): Promise<CommentOutcome> {
    checkText('key', key, titleLimit)
    checkText('comment', body, bodyLimit)
    return this.#inTurn(() =>
      this.#rounds(async () => {
        const ledger = await this.#repository.ledger()
        if ((await ledger.byNumber(number)) === null) return refused(number)
        const present = (await ledger.comments(number)).find((comment) => comment.key === key)
        if (present?.body === body) return { kind: 'unchanged' }
        const comment = { key, body, author: by.name, at: present?.at ?? this.#now() }
        const message = `Comment on #${number}: ${key.replace(/[\r\n]/g, ' ')}`
        const change = { documents: [], comments: [{ number, comment }], message, author: by, at: this.#now() }
        return (await this.#write(ledger, change)) ? { kind: 'written' } : null
      }),
    )
  }

  async stop(): Promise<void> {
    await this.#queue
    await this.#repository.close()
  }

  #end(by: Person): Pick<PullDocument, 'endedBy' | 'updatedAt'> {
    return { endedBy: by.name, updatedAt: this.#now() }
  }

  async #write(ledger: PullLedger, change: LedgerChange): Promise<boolean> {
    const objects = await ledger.next(change)
    await writeObjects(this.#repository.gitdir, objects)
    return this.#repository.refs.swap(ledgerRef, objects.at(-1)?.oid as string, ledger.commit)
  }

  /** Tries until there is an answer: null says that somebody else wrote in between. */
  async #rounds<T>(attempt: () => Promise<T | null>): Promise<T> {
    for (let round = 1; round <= rounds; round++) {
      const answer = await attempt()
      if (answer !== null) return answer
      await pause(round * 5 + Math.random() * 20)
    }
    throw new GitError(
      'repository-unreadable',
      'Somebody else kept writing pull requests of this repository: try again.',
    )
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const mine = this.#queue.then(act)
    this.#queue = mine.catch(() => {})
    return mine
  }
}

/** Throws GitError `repository-unreadable` where there is no repository. */
export async function openLocalForge(options: LocalForgeOptions): Promise<LocalForge> {
  return new LocalForge(new LocalRepository(await openRepository(options.path, options)), options.now)
}

function refused(number: number): { readonly kind: 'refused'; readonly reason: string } {
  return { kind: 'refused', reason: `There is no pull request #${number}.` }
}

function titleOf(written: readonly (readonly [Proposal, Decision])[]): string {
  const changed = written.filter(([, { documents }]) => documents.length > 0).map(([, { outcome }]) => outcome)
  const [first] = changed
  if (changed.length === 1 && first?.pullRequest) {
    const verb = { opened: 'Open', updated: 'Update' }[first.kind as string] ?? 'Settle'
    return `${verb} #${first.pullRequest.number} ${first.pullRequest.title}`
  }
  return `Open, update or settle ${changed.length} pull requests`
}
