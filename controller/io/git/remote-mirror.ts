import { type Problem, problem } from '../../core/model/problems.ts'
import { ensureBareRepository } from './bare-repository.ts'
import { CommitSource } from './commit-source.ts'
import { findGit } from './git-binary.ts'
import { GitBinaryReader } from './git-binary-reader.ts'
import { GitError } from './git-error.ts'
import { GitTransport } from './git-transport.ts'
import { IsomorphicReader } from './isomorphic-reader.ts'
import { IsomorphicTransport } from './isomorphic-transport.ts'
import type { ObjectReader } from './object-reader.ts'
import { readRef, swapRef } from './ref-swap.ts'
import { isTooLarge, type RemoteTransport } from './remote-transport.ts'
import { checkedRemoteUrl } from './remote-url.ts'
import type { OpenOptions } from './repository.ts'
import { checkedRef } from './revision-name.ts'

export interface RemoteMirrorOptions extends OpenOptions {
  /** https; http only to this machine. No credentials in it. */
  readonly url: string
  /** `main`, `refs/heads/main`, `refs/tags/v1` or `HEAD`. */
  readonly ref: string
  /** The bare repository of the mirror, made on demand. One folder serves one remote and ref. */
  readonly gitdir: string
  readonly token?: string | (() => Promise<string | null>)
  /** Goes with the token; `x-access-token` unless told. */
  readonly username?: string
  /** Milliseconds for one fetch, and a quarter of it for a look at the tip before; 120,000 unless told. */
  readonly deadlineMs?: number
  /** Bytes that the mirror may have, history included; any number unless told. */
  readonly maxBytes?: number
}

export interface FetchOptions {
  /** A commit that somebody approved although it does not descend from the one in force. */
  readonly approved?: string | undefined
  /** Milliseconds, in place of those of the mirror. */
  readonly deadlineMs?: number
  readonly signal?: AbortSignal
}

/** `rewritten`: the remote's history no longer holds the commit in force, which therefore stays. */
export type FetchOutcome =
  | { readonly kind: 'unchanged'; readonly commit: string }
  | { readonly kind: 'updated'; readonly from: string | null; readonly commit: string }
  | { readonly kind: 'rewritten'; readonly commit: string; readonly offered: string; readonly problem: Problem }

interface RemoteMirrorParts {
  readonly gitdir: string
  readonly ref: string
  readonly reader: ObjectReader
  readonly transport: RemoteTransport
  readonly deadlineMs: number
  /** Whether it asks for the tip before each fetch. A fetch alone asks as well, with half the requests for news. */
  readonly asksFirst: boolean
}

/** One branch of a remote, kept in a bare repository of our own. Fetches run one after another. */
export class RemoteMirror {
  /** The ref of the mirror that follows the remote's. */
  readonly ref: string
  readonly reader: ObjectReader
  readonly #gitdir: string
  readonly #transport: RemoteTransport
  readonly #deadlineMs: number
  readonly #asksFirst: boolean
  /** A tip that was looked at already. */
  #refused: { readonly tip: string; readonly error?: GitError } | null = null
  #queue: Promise<unknown> = Promise.resolve()

  constructor({ gitdir, ref, reader, transport, deadlineMs, asksFirst }: RemoteMirrorParts) {
    this.#deadlineMs = deadlineMs
    this.#asksFirst = asksFirst
    this.#gitdir = gitdir
    this.ref = ref
    this.reader = reader
    this.#transport = transport
  }

  /** Fetches what is new. Throws GitError `fetch-failed`; the mirror then stays as it is. */
  fetch(options: FetchOptions = {}): Promise<FetchOutcome> {
    return this.#inTurn(() => this.#fetch(options))
  }

  /** Puts a rewritten history in force after somebody approved exactly this commit. Any other tip is reported, not taken. */
  activate(commit: string): Promise<FetchOutcome> {
    return this.#inTurn(() => this.#fetch({ approved: commit }))
  }

  async #fetch({ approved, signal, deadlineMs = this.#deadlineMs }: FetchOptions): Promise<FetchOutcome> {
    const active = readRef(this.#gitdir, this.ref)
    const asksFirst = this.#asksFirst || this.#refused !== null
    const tip = asksFirst ? await this.#transport.tip({ deadlineMs: deadlineMs / 4, signal }) : null
    if (active !== null && tip === active) return { kind: 'unchanged', commit: active }
    // Fetching it again would not make it better.
    if (tip !== null && tip === this.#refused?.tip) {
      if (this.#refused.error) throw this.#refused.error
      if (active !== null && tip !== approved) return rewritten(active, tip)
    }
    const fetched = await this.#transport.fetch(active, { deadlineMs, signal }).catch((error: unknown) => {
      if (tip !== null && isTooLarge(error)) this.#refused = { tip, error: error as GitError }
      throw error
    })
    try {
      if (fetched.commit === active) return { kind: 'unchanged', commit: active }
      if (active !== null && !fetched.follows && fetched.commit !== approved) {
        this.#refused = { tip: fetched.commit }
        return rewritten(active, fetched.commit)
      }
      await fetched.accept()
      if (!swapRef(this.#gitdir, this.ref, fetched.commit, active))
        throw new GitError('fetch-failed', 'Somebody else moved the branch of the mirror during the fetch.')
      this.#refused = null
      return { kind: 'updated', from: active, commit: fetched.commit }
    } finally {
      await fetched.discard()
    }
  }

  /** The fleet at the commit in force. */
  source(folder = ''): CommitSource {
    const layout = { gitdir: this.#gitdir, commonDir: this.#gitdir }
    return new CommitSource({ reader: this.reader, revision: this.ref, folder, layout })
  }

  async close(): Promise<void> {
    await this.#queue
    await this.reader.close()
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const mine = this.#queue.then(act)
    this.#queue = mine.catch(() => {})
    return mine
  }
}

/** Throws GitError `fetch-failed` for a URL, `unknown-revision` for a ref that cannot be used; asks nothing of the remote yet. */
export async function openRemoteMirror(options: RemoteMirrorOptions): Promise<RemoteMirror> {
  const { gitdir, token, username = 'x-access-token', deadlineMs = 120_000, maxBytes } = options
  const url = checkedRemoteUrl(options.url)
  const ref = options.ref === 'HEAD' ? 'HEAD' : mirroredRef(options.ref)
  const git = options.git === undefined ? await findGit() : options.git
  ensureBareRepository(gitdir)
  const address = {
    url,
    ref,
    username,
    ...(maxBytes !== undefined && { maxBytes }),
    token: typeof token === 'function' ? token : async () => token ?? null,
  }
  const transport = git === null ? new IsomorphicTransport(gitdir, address) : new GitTransport(git, gitdir, address)
  const reader = git === null ? new IsomorphicReader(gitdir) : new GitBinaryReader(git, gitdir)
  // A remote with a limit is one that nobody vouches for: the short deadline of the question finds out a slow one.
  const asksFirst = git === null || maxBytes !== undefined
  return new RemoteMirror({ gitdir, ref: mirroredRef(ref), reader, transport, deadlineMs, asksFirst })
}

/** The ref of a mirror that follows a ref of its remote. Throws GitError `unknown-revision` for what cannot be one. */
export function mirroredRef(ref: string): string {
  if (ref === 'HEAD') return 'refs/heads/mirrored'
  return checkedRef(ref.startsWith('refs/') ? ref : `refs/heads/${ref}`)
}

function rewritten(active: string, offered: string): FetchOutcome {
  const message = `The remote's history was rewritten: ${offered} does not descend from ${active}, which stays in force until somebody approves.`
  return { kind: 'rewritten', commit: active, offered, problem: problem('fetch-failed', message) }
}
