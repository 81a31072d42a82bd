import { sameSecret, Secret } from './credential.ts'
import type { Exchange } from './one-exchange.ts'

export type TokenAnswer =
  | { readonly kind: 'token'; readonly token: Secret }
  | { readonly kind: 'unsent' | 'refused'; readonly code: string; readonly message: string }

interface Kept {
  /** What it was, or is being, exchanged for. */
  readonly secret: Secret
  readonly answer: Promise<TokenAnswer>
  usableUntil: number
}

const most = 1_000
/** Where the vendor does not say how long a token holds. */
const assumedSeconds = 300
const skewMs = 60_000

/** Tokens of connections, each fetched once by however many requests want it, and no longer used shortly before it expires. */
export class OAuthTokens {
  readonly #kept = new Map<string, Kept>()
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  /** `fetch` asks the vendor; it is not called where a token is there, or on its way. */
  of(connection: string, secret: Secret, fetch: () => Promise<Exchange>): Promise<TokenAnswer> {
    const known = this.#kept.get(connection)
    if (known && known.usableUntil > this.#now() && sameSecret(known.secret, secret)) return known.answer
    const fetched = fetch().then((exchange) => tokenIn(exchange))
    const kept: Kept = { secret, usableUntil: Number.POSITIVE_INFINITY, answer: fetched.then(({ answer }) => answer) }
    this.#kept.delete(connection)
    this.#kept.set(connection, kept)
    if (this.#kept.size > most) this.#kept.delete(this.#kept.keys().next().value ?? connection)
    void fetched.then(({ answer, seconds }) => {
      // Whoever comes after a failure asks anew.
      if (answer.kind !== 'token') this.#forget(connection, kept)
      else kept.usableUntil = this.#now() + seconds * 1_000 - Math.min(skewMs, seconds * 100)
    })
    return kept.answer
  }

  /** A token that the vendor no longer takes, unless another one has taken its place. */
  async reject(connection: string, token: Secret): Promise<void> {
    const kept = this.#kept.get(connection)
    const answer = await kept?.answer
    if (kept && answer?.kind === 'token' && answer.token === token) this.#forget(connection, kept)
  }

  #forget(connection: string, kept: Kept): void {
    if (this.#kept.get(connection) === kept) this.#kept.delete(connection)
  }
}

function tokenIn(exchange: Exchange): { answer: TokenAnswer; seconds: number } {
  const failed = (kind: 'unsent' | 'refused', message: string): { answer: TokenAnswer; seconds: number } => ({
    answer: { kind, code: 'no-token', message: `no token: ${message}` },
    seconds: 0,
  })
  // Nothing of the action itself has been sent, so that it can be tried again in any case.
  if (exchange.kind === 'too-large') return failed('refused', 'the answer is larger than we read')
  if (exchange.kind !== 'answered') return failed(exchange.kind === 'refused' ? 'refused' : 'unsent', exchange.message)
  const { status, text } = exchange
  const body = parsed(text)
  if (status === 408 || status === 429 || status >= 500)
    return failed('unsent', `the token endpoint answered ${status}`)
  // RFC 6749, 5.2: `error` is one of a few words; the rest of the text is the vendor's and may be anything.
  const error = /^[a-z_]{1,40}$/.test(String(body['error'])) ? `: ${String(body['error'])}` : ''
  if (status < 200 || status > 299) return failed('refused', `the token endpoint answered ${status}${error}`)
  const { access_token: token, token_type: type, expires_in: lifetime } = body
  if (typeof token !== 'string' || !/^[\x21-\x7e]{1,16384}$/.test(token))
    return failed('refused', 'the answer of the token endpoint holds no token')
  if (typeof type === 'string' && type.toLowerCase() !== 'bearer')
    return failed('refused', 'the token endpoint gives tokens of another type than bearer')
  const seconds = Number(lifetime ?? assumedSeconds)
  return { answer: { kind: 'token', token: new Secret(token) }, seconds: seconds > 0 ? seconds : assumedSeconds }
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}
