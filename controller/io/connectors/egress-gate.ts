import { lookup as systemLookup } from 'node:dns/promises'
import { Agent as PlainAgent } from 'node:http'
import { Agent as TlsAgent } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { inspect } from 'node:util'
import { caps } from '../../core/model/caps.ts'
import type { BoundConnection } from '../../core/model/effective.ts'
import type { Connector } from '../../core/model/generated/kinds.ts'
import { type AddressVerdict, addressCheck } from './address-class.ts'
import { type Exchange, oneExchange, RefusedAddress } from './one-exchange.ts'
import { sandboxUrl, type Target, vendorUrl } from './vendor-url.ts'

/** In this module only: whoever holds a Secret can hand it to the gate and do nothing else with it. */
const values = new WeakMap<Secret, string>()

/** A secret that can be used and not be read: it prints as `[secret]` wherever it lands. */
export class Secret {
  constructor(value: string) {
    values.set(this, value)
    Object.freeze(this)
  }

  toString(): string {
    return '[secret]'
  }

  toJSON(): string {
    return '[secret]'
  }

  [inspect.custom](): string {
    return '[secret]'
  }
}

type Auth = Connector['spec']['auth']
export type Resolve = (hostname: string) => Promise<readonly { readonly address: string; readonly family: number }[]>

export interface EgressOptions {
  /** Takes the place of every vendor: an origin on the loopback interface. No secret is sent there. */
  readonly sandboxOrigin?: string
  /** Networks that the operator allows beside public addresses, for products on the premises: `10.1.0.0/16`. */
  readonly allowedNetworks?: readonly string[]
  /** PEM of the authority that signs the certificates of such products. */
  readonly authority?: string
  readonly resolve?: Resolve
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
  readonly timeoutMs: number
  /** Whether sending it twice does harm. */
  readonly repeatable: boolean
}

/** An exchange whose text holds no secret, with the URL that was called. */
export type VendorAnswer = Exchange & { readonly url: string }

/** The one place that opens a connection to a vendor. */
export class EgressGate {
  readonly #sandbox: URL | undefined
  readonly #authority: string | undefined
  readonly #check: (address: string) => AddressVerdict
  readonly #lookup: LookupFunction
  readonly #plain = new PlainAgent(pool)
  readonly #tls = new TlsAgent(pool)

  constructor(options: EgressOptions = {}) {
    this.#sandbox = options.sandboxOrigin === undefined ? undefined : sandboxUrl(options.sandboxOrigin)
    this.#authority = options.authority
    this.#check = addressCheck(options.allowedNetworks)
    this.#lookup = checkedLookup(options.resolve ?? resolveAll, this.#check)
  }

  async send(request: VendorRequest): Promise<VendorAnswer> {
    const target = vendorUrl(request, this.#sandbox)
    if (target.kind === 'refused') return { ...target, url: request.connection.baseUrl }
    const { url, sandbox } = target
    const credential = credentialOf(request, sandbox)
    const clean = redactor(credential)
    const where = clean(url.href)
    const refusal = (code: string, message: string): VendorAnswer => ({
      kind: 'refused',
      code,
      message: clean(message),
      url: where,
    })
    if (credential === undefined)
      return refusal('missing-secret', 'the connection names no secret, and the product asks for one')
    const address = url.hostname.replace(/^\[|\]$/g, '')
    const verdict = sandbox || isIP(address) === 0 ? undefined : this.#check(address)
    if (verdict?.kind === 'refused') return refusal('address-refused', `${address} is ${verdict.why}`)
    const body = request.body === undefined ? undefined : Buffer.from(request.body)
    if (body !== undefined && body.length > caps.answerBytes)
      return refusal('request-too-large', 'the body of the request is too large')
    const exchange = await oneExchange(url, {
      method: request.method,
      headers: { ...headersOf(request, sandbox, body), ...credential.headers },
      agent: this.#agent(url, request.repeatable),
      lookup: sandbox ? undefined : this.#lookup,
      ca: this.#authority,
      timeoutMs: request.timeoutMs,
      body,
    }).catch((error: unknown) => unsendable(error))
    const cleaned = exchange.kind === 'answered' ? { ...exchange, text: clean(exchange.text) } : exchange
    return { ...cleaned, url: where }
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

interface Credential {
  readonly headers: Readonly<Record<string, string>>
  /** Every form in which the secret could come back. */
  readonly forms: readonly string[]
}

/** How the request proves who sends it; undefined where a secret is missing. The sandbox gets a stand-in of the same shape. */
function credentialOf({ auth, secret }: VendorRequest, sandbox: boolean): Credential | undefined {
  if (auth.scheme === 'none') return { headers: {}, forms: [] }
  const value = sandbox ? 'sandbox:sandbox' : secret === null ? undefined : values.get(secret)
  if (value === undefined) return undefined
  const text = auth.scheme === 'basic' ? Buffer.from(value).toString('base64') : value
  const name = auth.scheme === 'header' ? (auth.header ?? 'Authorization') : 'Authorization'
  const prefix = { bearer: 'Bearer ', basic: 'Basic ', header: auth.prefix ?? '' }[auth.scheme]
  const parts = auth.scheme === 'basic' ? [value, text, value.slice(value.indexOf(':') + 1)] : [value]
  return { headers: { [name]: `${prefix}${text}` }, forms: sandbox ? [] : formsOf(parts) }
}

/** Shorter ones would be found in innocent text. */
const shortest = 4

function formsOf(parts: readonly string[]): string[] {
  const forms = new Set<string>()
  for (const part of parts) {
    const encoded = Buffer.from(part).toString('base64')
    const inQuery = new URLSearchParams({ '': part }).toString().slice(1)
    for (const form of [part, encodeURIComponent(part), inQuery, encoded.replace(/=+$/, '')]) forms.add(form)
  }
  return [...forms].filter((form) => form.length >= shortest).toSorted((a, b) => b.length - a.length)
}

/** Replaces every form of the credential, written plainly or with the escapes that JSON allows for any character. */
function redactor(credential: Credential | undefined): (text: string) => string {
  const forms = credential?.forms ?? []
  if (forms.length === 0) return (text) => text
  const pattern = new RegExp(
    forms.map((form) => Array.from({ length: form.length }, (_, i) => anyWriting(form[i] ?? '')).join('')).join('|'),
    'g',
  )
  return (text) => text.replace(pattern, '[secret]')
}

function anyWriting(unit: string): string {
  const hex = unit.charCodeAt(0).toString(16).padStart(4, '0')
  const digits = hex.replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`)
  const plain = `\\u${hex}`
  return /["\\/]/.test(unit) ? `(?:\\\\?${plain}|\\\\u${digits})` : `(?:${plain}|\\\\u${digits})`
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
