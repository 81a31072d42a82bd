import { lookup as systemLookup } from 'node:dns/promises'
import { Agent as PlainAgent } from 'node:http'
import { Agent as TlsAgent } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { caps } from '../../core/model/caps.ts'
import type { BoundConnection } from '../../core/model/effective.ts'
import { type AddressVerdict, addressCheck } from './address-class.ts'
import { type Auth, type Credential, credentialOf, redactor, type Secret, standIn, tokenForm } from './credential.ts'
import { OAuthTokens, type TokenAnswer } from './oauth-tokens.ts'
import { type Exchange, oneExchange, RefusedAddress } from './one-exchange.ts'
import { sandboxUrl, type Target, tokenUrl, vendorUrl } from './vendor-url.ts'

export type Resolve = (hostname: string) => Promise<readonly { readonly address: string; readonly family: number }[]>

export interface EgressOptions {
  /** Takes the place of every vendor: an origin on the loopback interface. No secret is sent there. */
  readonly sandboxOrigin?: string
  /** Such an origin for those requests alone that are marked for it. */
  readonly trialOrigin?: string
  /** Networks that the operator allows beside public addresses, for products on the premises: `10.1.0.0/16`. */
  readonly allowedNetworks?: readonly string[]
  /** PEM of the authority that signs the certificates of such products. */
  readonly authority?: string
  readonly resolve?: Resolve
  readonly now?: () => number
}

export interface VendorRequest extends Target {
  readonly connection: BoundConnection
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  /** For the sandbox only, which no vendor gets to see. */
  readonly sandboxHeaders: Readonly<Record<string, string>>
  readonly body: string | undefined
  readonly auth: Auth
  readonly secret: Secret | null
  /** For the sandbox, whatever the gate is there for. */
  readonly sandbox?: boolean
  readonly timeoutMs: number
  /** Whether sending it twice does harm. */
  readonly repeatable: boolean
}

/** An exchange whose text holds no secret, with the URL that was called. */
export type VendorAnswer = Exchange & { readonly url: string }

/** The one place that opens a connection to a vendor. */
export class EgressGate {
  readonly #sandbox: URL | undefined
  readonly #trial: URL | undefined
  readonly #authority: string | undefined
  readonly #check: (address: string) => AddressVerdict
  readonly #lookup: LookupFunction
  readonly #plain = new PlainAgent(pool)
  readonly #tls = new TlsAgent(pool)
  readonly #tokens: OAuthTokens

  constructor(options: EgressOptions = {}) {
    this.#sandbox = options.sandboxOrigin === undefined ? undefined : sandboxUrl(options.sandboxOrigin)
    this.#trial = options.trialOrigin === undefined ? this.#sandbox : sandboxUrl(options.trialOrigin)
    this.#authority = options.authority
    this.#check = addressCheck(options.allowedNetworks)
    this.#lookup = checkedLookup(options.resolve ?? resolveAll, this.#check)
    this.#tokens = new OAuthTokens(options.now ?? Date.now)
  }

  async send(request: VendorRequest): Promise<VendorAnswer> {
    const { sandbox: isTrial = false, connection } = request
    if (isTrial && this.#trial === undefined) {
      const message = 'the run is for the sandbox, and none is there'
      return { kind: 'refused', code: 'no-sandbox', message, url: connection.baseUrl }
    }
    const target = vendorUrl(request, isTrial ? this.#trial : this.#sandbox)
    if (target.kind === 'refused') return { ...target, url: connection.baseUrl }
    const { url, sandbox } = target
    if (sandbox) return this.#exchange(request, url, true, standIn)
    if (request.auth.scheme !== 'oauth2') return this.#exchange(request, url, false, request.secret)
    const deadline = performance.now() + request.timeoutMs
    const first = await this.#withToken(request, url, deadline)
    if (first.token === undefined || first.answer.kind !== 'answered' || first.answer.status !== 401)
      return first.answer
    // The vendor has taken the token back before its time; what it refused it has not done.
    await this.#tokens.reject(connectionKey(request), first.token)
    return (await this.#withToken(request, url, deadline)).answer
  }

  async #withToken(
    request: VendorRequest,
    url: URL,
    deadline: number,
  ): Promise<{ token?: Secret; answer: VendorAnswer }> {
    const { auth, secret, connection } = request
    const form = tokenForm(auth, secret)
    const target = tokenUrl(connection, auth.tokenUrl ?? '')
    const refuse = (code: string, message: string) => ({
      answer: { kind: 'refused', code, message, url: url.href } as const,
    })
    if (!form || secret === null)
      return refuse('missing-secret', 'the product wants `client id:client secret`, and the secret is no such pair')
    if (target.kind === 'refused') return refuse(target.code, target.message)
    const left = () => Math.max(0, deadline - performance.now())
    const asked = this.#tokens.of(connectionKey(request), secret, () => {
      const headers = {
        accept: 'application/json',
        'accept-encoding': 'identity',
        'user-agent': 'headwater',
        'content-type': 'application/x-www-form-urlencoded',
        ...form.headers,
      }
      const body = Buffer.from(form.body)
      return this.#dial(target.url, { method: 'POST', headers, body, timeoutMs: left(), repeatable: true })
    })
    const answer = await within(left(), asked)
    if (answer.kind !== 'token') return { answer: { ...answer, url: redactor([form])(target.url.href) } }
    const rest = { ...request, timeoutMs: left() }
    return { token: answer.token, answer: await this.#exchange(rest, url, false, answer.token, form) }
  }

  async #exchange(
    request: VendorRequest,
    url: URL,
    sandbox: boolean,
    secret: Secret | null,
    also?: Credential,
  ): Promise<VendorAnswer> {
    const credential = credentialOf(request.auth, secret)
    const clean = redactor([credential, also])
    const where = clean(url.href)
    if (credential === undefined)
      return {
        kind: 'refused',
        code: 'missing-secret',
        message: 'the connection names no secret, and the product asks for one',
        url: where,
      }
    const dialled = new URL(url)
    for (const [name, value] of credential.query) dialled.searchParams.append(name, value)
    const body = request.body === undefined ? undefined : Buffer.from(request.body)
    const exchange = await this.#dial(
      dialled,
      {
        method: request.method,
        headers: { ...headersOf(request, sandbox, body), ...credential.headers },
        body,
        timeoutMs: request.timeoutMs,
        repeatable: request.repeatable,
      },
      sandbox,
    )
    if (exchange.kind === 'answered') return { ...exchange, text: clean(exchange.text), url: where }
    return 'message' in exchange
      ? { ...exchange, message: clean(exchange.message), url: where }
      : { ...exchange, url: where }
  }

  /** The one way out: the address is checked, the body has its cap, and nothing follows. */
  async #dial(url: URL, { repeatable, ...parts }: Parts, sandbox = false): Promise<Exchange> {
    const refusal = (code: string, message: string): Exchange => ({ kind: 'refused', code, message })
    const address = url.hostname.replace(/^\[|\]$/g, '')
    const verdict = sandbox || isIP(address) === 0 ? undefined : this.#check(address)
    if (verdict?.kind === 'refused') return refusal('address-refused', `${address} is ${verdict.why}`)
    if (parts.body !== undefined && parts.body.length > caps.answerBytes)
      return refusal('request-too-large', 'the body of the request is too large')
    const lookup = sandbox ? undefined : this.#lookup
    const options = { ...parts, agent: this.#agent(url, repeatable), lookup, ca: this.#authority }
    return oneExchange(url, options).catch((error: unknown) => unsendable(error))
  }

  /** Ends idle connections. */
  close(): void {
    this.#plain.destroy()
    this.#tls.destroy()
  }

  /** The vendor may close an idle connection just when it is used again; where a repeat does harm, that would be an unknown outcome. */
  #agent(url: URL, repeatable: boolean): PlainAgent | TlsAgent | false {
    if (!repeatable) return false
    return url.protocol === 'https:' ? this.#tls : this.#plain
  }
}

interface Parts {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer | undefined
  readonly timeoutMs: number
  readonly repeatable: boolean
}

/** A connection is one account at the vendor, for all tenants that inherit it. */
function connectionKey({ connection, auth }: VendorRequest): string {
  return JSON.stringify([connection.owner, connection.name, connection.baseUrl, auth.tokenUrl, auth.scope])
}

/** Another request may be fetching the token, with more time than this one has. */
async function within(ms: number, asked: Promise<TokenAnswer>): Promise<TokenAnswer> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<TokenAnswer>((resolve) => {
    const answer = { kind: 'unsent', code: 'no-token', message: 'no token: it did not come in time' } as const
    timer = setTimeout(() => resolve(answer), ms)
  })
  try {
    return await Promise.race([asked, late])
  } finally {
    clearTimeout(timer)
  }
}

const pool = { keepAlive: true, maxSockets: 64, maxFreeSockets: 16, scheduling: 'lifo', timeout: 15_000 } as const

/** Resolves once, checks every address, and hands on exactly those that were checked: a second resolution could answer otherwise. */
function checkedLookup(resolve: Resolve, check: (address: string) => AddressVerdict): LookupFunction {
  return (hostname, options, done) => {
    resolve(hostname).then(
      (addresses) => {
        const [first] = addresses
        const refused = addresses
          .map(({ address }) => ({ address, verdict: check(address) }))
          .find(({ verdict }) => verdict.kind === 'refused')
        if (refused?.verdict.kind === 'refused')
          done(new RefusedAddress(`${hostname} is ${refused.address}, ${refused.verdict.why}`), '')
        else if (first === undefined)
          done(Object.assign(new Error(`${hostname} has no address`), { code: 'ENOTFOUND' }), '')
        else if (options.all === true) done(null, [...addresses])
        else done(null, first.address, first.family)
      },
      (error: NodeJS.ErrnoException) => done(error, ''),
    )
  }
}

async function resolveAll(hostname: string): ReturnType<Resolve> {
  return await systemLookup(hostname, { all: true })
}

function headersOf(request: VendorRequest, sandbox: boolean, body: Buffer | undefined): Record<string, string> {
  return {
    accept: 'application/json',
    // What we do not ask to be compressed cannot unpack into something larger than its cap.
    'accept-encoding': 'identity',
    'user-agent': 'headwater',
    ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': String(body.length) }),
    ...request.headers,
    ...(sandbox ? request.sandboxHeaders : {}),
  }
}

/** Node refuses some headers before anything is sent, and its message holds the header's value. */
function unsendable(error: unknown): Exchange {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'invalid'
  return { kind: 'refused', code: 'bad-request', message: `the request cannot be sent (${code})` }
}
