export interface Person {
  readonly name: string
  readonly email: string
}

export type PullRequestState = 'open' | 'merged' | 'closed'

export interface PullRequest {
  /** The forge's own name for it; `number` is what people say. */
  readonly id: string
  readonly number: number
  readonly key: string
  readonly title: string
  readonly body: string
  readonly branch: string
  readonly base: string
  readonly state: PullRequestState
  /** Name of who proposed it. */
  readonly author: string
  readonly labels: readonly string[]
  /** The commit the branch points to; the last one known where the branch is gone. */
  readonly head: string
  /** Milliseconds since 1970. */
  readonly openedAt: number
  readonly updatedAt: number
  readonly supersededBy?: number
  /** What the base moved to; only where it was merged here. */
  readonly mergeCommit?: string
  /** The branch moved beyond the last commit that was written by `propose`. */
  readonly isEditedByPerson: boolean
}

/** A file of a pull request: a text that is missing is not there, on that side; `isOmitted` where it is too large to show. */
export interface PullRequestFile {
  readonly path: string
  readonly before?: string
  readonly after?: string
  readonly isOmitted?: true
}

export interface PullRequestCommit {
  readonly commit: string
  readonly author: string
  readonly at: number
  /** First line of the message. */
  readonly title: string
}

export interface PullRequestComment {
  readonly key: string
  readonly body: string
  readonly author: string
  readonly at: number
}

export interface PullRequestDetail extends PullRequest {
  /** In order of the paths, at most `shownFiles`. */
  readonly files: readonly PullRequestFile[]
  /** How many more files there are. */
  readonly moreFiles: number
  /** Latest first, at most `shownCommits`. */
  readonly commits: readonly PullRequestCommit[]
  readonly comments: readonly PullRequestComment[]
}

export const shownFiles = 300
export const shownCommits = 100
/** Characters of a body or a comment: what GitHub takes. */
export const bodyLimit = 65_536
export const titleLimit = 256

export interface Proposal {
  /** At most one open pull request has this key: `upgrade/acme/north/contoso/phishing-response`. */
  readonly key: string
  /** Wanted name of the branch; where a person's branch has it, a number is appended. */
  readonly branch: string
  readonly base: string
  readonly title: string
  readonly body: string
  readonly labels?: readonly string[]
  /** Texts by path inside the fleet; null removes the file. */
  readonly files: ReadonlyMap<string, string | null>
  readonly author: Person
  /** Milliseconds since 1970. */
  readonly at: number
}

/**
 * `updated`: title, body, labels or branch were edited in place. `unchanged`: nothing was written.
 * `left-alone`: a person edited or checked out the branch, or closed a pull request with these contents.
 * `nothing-to-do`: the base holds the contents; an open pull request that nobody edited is settled.
 */
export type ProposeOutcome =
  | { readonly kind: 'opened' | 'updated' | 'unchanged'; readonly pullRequest: PullRequest }
  | {
      readonly kind: 'left-alone'
      readonly reason: 'edited' | 'checked-out' | 'declined'
      readonly pullRequest: PullRequest
    }
  | { readonly kind: 'nothing-to-do'; readonly pullRequest: PullRequest | null }

export interface PullRequestFilter {
  readonly state?: PullRequestState
  readonly label?: string
  readonly keyPrefix?: string
}

export type Refused = { readonly kind: 'refused'; readonly reason: string }
export type MergeOutcome = { readonly kind: 'merged'; readonly commit: string } | Refused
export type CloseOutcome = { readonly kind: 'closed'; readonly pullRequest: PullRequest } | Refused
export type CommentOutcome = { readonly kind: 'written' | 'unchanged' } | Refused

export interface CloseOptions {
  readonly comment?: string
  /** A newer pull request takes its place: then the same contents may be proposed again. */
  readonly supersededBy?: number
}

/** Pull requests, wherever they live. Every method may be repeated: what is done already is not done twice. */
export interface Forge {
  readonly kind: 'local' | 'github'
  /** Throws GitError `unknown-revision` where there is no such base, `bad-path` and `wrong-value` for what cannot be proposed. */
  propose(proposal: Proposal): Promise<ProposeOutcome>
  /** The same for many, in one go; outcomes in the order of the proposals. */
  proposeMany(proposals: readonly Proposal[]): Promise<ProposeOutcome[]>
  /** Newest first. */
  list(filter?: PullRequestFilter): Promise<PullRequest[]>
  show(number: number): Promise<PullRequestDetail | null>
  merge(number: number, by: Person): Promise<MergeOutcome>
  close(number: number, by: Person, options?: CloseOptions): Promise<CloseOutcome>
  /** One comment per key, edited in place. */
  comment(number: number, key: string, body: string, by: Person): Promise<CommentOutcome>
  /** Ends what was started. */
  stop(): Promise<void>
}
