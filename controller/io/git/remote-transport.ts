import { GitError } from './git-error.ts'

/** One branch of one remote. Two implementations: the git binary and isomorphic-git. All throw GitError `fetch-failed`. */
export interface RemoteTransport {
  /** The commit the remote's branch points to; null where it has no such branch. Fetches nothing. */
  tip(limits: Limits): Promise<string | null>
  /** Fetches the branch to where the mirror's readers do not see it. `active` is the commit in force. */
  fetch(active: string | null, limits: Limits): Promise<Fetched>
}

export interface Limits {
  readonly deadlineMs: number
  /** Ends it before that. */
  readonly signal?: AbortSignal | undefined
}

export interface Fetched {
  readonly commit: string
  /** Whether the commit in force is part of the fetched history; true where there is none. */
  readonly follows: boolean
  /** Makes the fetched objects the mirror's. The ref is the caller's business. */
  accept(): Promise<void>
  /** Throws them away. */
  discard(): Promise<void>
}

export interface RemoteAddress {
  /** Checked: https, no credentials. */
  readonly url: URL
  /** A full ref name, or HEAD. */
  readonly ref: string
  /** Asked for at each request, so that short-lived tokens work; null for none. */
  readonly token: () => Promise<string | null>
  readonly username: string
  /** Bytes that the mirror may have after a fetch, history included; any number unless told. */
  readonly maxBytes?: number
}

/** Header value for Basic credentials; null without a token. */
export async function authorization(address: RemoteAddress): Promise<string | null> {
  const token = await address.token()
  if (token === null) return null
  // oxlint-disable-next-line no-control-regex
  if (/[\x00-\x1f\x7f]/.test(token)) throw new GitError('fetch-failed', 'The token holds a control character.')
  return `Basic ${Buffer.from(`${address.username}:${token}`).toString('base64')}`
}

const tooLarge = 'is larger than a mirror may be'

const causes: readonly (readonly [RegExp, string])[] = [
  [/larger than allowed|over limit/i, tooLarge],
  [
    /authentication failed|could not read (username|password)|terminal prompts disabled|\b401\b|\b403\b/i,
    'refuses the credentials',
  ],
  [/\b30[1278]\b|redirect/i, 'answers with a redirect, which is not followed'],
  [/could(n't| not) find (remote ref|\S+\.)/i, 'has no such branch'],
  [/not found|\b404\b/i, 'has no such repository'],
  [/could not resolve|ENOTFOUND|EAI_AGAIN/i, 'cannot be found by name'],
  [/certificate|SSL|TLS/i, 'has no certificate that can be verified'],
  [/fsck|bad object|invalid|corrupt/i, 'sends objects that are not in order'],
  [/timed? ?out|too slow|operation too slow|deadline/i, 'did not answer in time'],
  [/refused|unreachable|reset|ECONN|failed to connect/i, 'cannot be reached'],
]

/** A remote that is too large is so at the next try as well, until its branch moves. */
export function isTooLarge(error: unknown): boolean {
  return error instanceof GitError && error.code === 'fetch-failed' && error.message.includes(tooLarge)
}

/** The error of a failed request, in our words; `said` goes to the cause without the secrets. */
export function fetchFailed(address: RemoteAddress, said: string, secrets: readonly (string | null)[]): GitError {
  let clean = said
  for (const secret of secrets) if (secret) clean = clean.replaceAll(secret, '[secret]')
  const what = causes.find(([pattern]) => pattern.test(said))?.[1] ?? 'cannot be fetched'
  return new GitError('fetch-failed', `The remote ${address.url.href} ${what}.`, new Error(clean.slice(0, 2_000)))
}
