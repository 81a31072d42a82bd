import { inspect } from 'node:util'
import type { Connector } from '../../core/model/generated/kinds.ts'

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

export type Auth = Connector['spec']['auth']

/** What proves to a vendor who sends a request. */
export interface Credential {
  readonly headers: Readonly<Record<string, string>>
  /** Parameters of the query. */
  readonly query: readonly (readonly [string, string])[]
  /** Every form in which the secret could come back. */
  readonly forms: readonly string[]
}

/** The sandbox gets it in place of every secret. */
export const standIn = new Secret('sandbox:sandbox')

/** How a request proves who sends it. For `oauth2` the secret is the token. */
export function credentialOf(auth: Auth, secret: Secret | null): Credential | undefined {
  if (auth.scheme === 'none') return { headers: {}, query: [], forms: [] }
  const value = secret === null ? undefined : values.get(secret)
  if (value === undefined) return undefined
  const forms = secret === standIn ? [] : formsOf(auth.scheme === 'basic' ? partsOfPair(value) : [value])
  if (auth.scheme === 'query') return { headers: {}, query: [[auth.parameter ?? 'key', value]], forms }
  const text = auth.scheme === 'basic' ? base64(value) : value
  const name = auth.scheme === 'header' ? (auth.header ?? 'Authorization') : 'Authorization'
  const prefix = { bearer: 'Bearer ', oauth2: 'Bearer ', basic: 'Basic ', header: auth.prefix ?? '' }[auth.scheme]
  return { headers: { [name]: `${prefix}${text}` }, query: [], forms }
}

/** A request for a token with `client id:client secret`; undefined where the secret is missing or no such pair. */
export function tokenForm(auth: Auth, secret: Secret | null): (Credential & { readonly body: string }) | undefined {
  const value = secret === null ? undefined : values.get(secret)
  const colon = value?.indexOf(':') ?? -1
  if (value === undefined || colon < 1) return undefined
  const [id, password] = [value.slice(0, colon), value.slice(colon + 1)]
  const form = new URLSearchParams({ grant_type: 'client_credentials' })
  if (auth.scope !== undefined) form.set('scope', auth.scope)
  const isBasic = auth.clientAuthentication === 'basic'
  // RFC 6749, 2.3.1: both parts are encoded as in a form before they become one.
  const pair = base64(`${inForm(id)}:${inForm(password)}`)
  if (!isBasic) {
    form.set('client_id', id)
    form.set('client_secret', password)
  }
  return {
    headers: isBasic ? { authorization: `Basic ${pair}` } : {},
    query: [],
    body: form.toString(),
    forms: [...formsOf(partsOfPair(value)), ...(isBasic ? [pair] : [])],
  }
}

/** Changes with the secret and tells nothing of it: a token that an earlier secret was exchanged for is not used on. */
export function sameSecret(one: Secret | null, other: Secret | null): boolean {
  return one !== null && other !== null && values.get(one) === values.get(other)
}

function partsOfPair(value: string): string[] {
  return [value, base64(value), value.slice(value.indexOf(':') + 1)]
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}

function inForm(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1)
}

/** Shorter ones would be found in innocent text. */
const shortest = 4

function formsOf(parts: readonly string[]): string[] {
  const forms = new Set<string>()
  for (const part of parts)
    for (const form of [part, encodeURIComponent(part), inForm(part), base64(part).replace(/=+$/, '')]) forms.add(form)
  return [...forms].filter((form) => form.length >= shortest)
}

/** Replaces every form of the credentials, written plainly or with the escapes that JSON allows for any character. */
export function redactor(credentials: readonly (Credential | undefined)[]): (text: string) => string {
  const forms = credentials.flatMap((credential) => credential?.forms ?? []).toSorted((a, b) => b.length - a.length)
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
