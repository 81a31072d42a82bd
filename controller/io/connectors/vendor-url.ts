import type { BoundConnection } from '../../core/model/effective.ts'

/** One target in one URL object, which is what is dialled; or why nothing is. */
export type VendorUrl =
  | { readonly kind: 'url'; readonly url: URL; readonly sandbox: boolean }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }

export interface Target {
  readonly connection: Pick<BoundConnection, 'baseUrl' | 'allowedOrigins' | 'connector'>
  /** Below the base URL, percent-encoded. */
  readonly path: string
  readonly query: readonly (readonly [string, string])[]
}

/** The URL of a request below its connection's base URL. `sandbox` takes the place of every vendor, each under its connector's name. */
export function vendorUrl({ connection, path, query }: Target, sandbox: URL | undefined): VendorUrl {
  const base = URL.parse(connection.baseUrl)
  if (base === null) return refused('bad-base-url', 'the base URL of the connection cannot be read')
  if (base.protocol !== 'https:')
    return refused('not-https', `the base URL of the connection is not https but ${base.protocol.slice(0, -1)}`)
  if (base.username !== '' || base.password !== '' || base.search !== '' || base.hash !== '')
    return refused('bad-base-url', 'the base URL of the connection holds more than an origin and a path')
  const prefix = base.pathname.replace(/\/+$/, '')
  const wanted = sandbox === undefined ? `${prefix}${path}` : `/${connection.connector}${prefix}${path}`
  const origin = sandbox?.origin ?? base.origin
  const url = URL.parse(`${origin}${wanted}`)
  // A `..`, a backslash or a `?` would have changed the path that the connector says.
  if (url === null || url.pathname !== wanted || url.search !== '' || url.hash !== '')
    return refused('bad-path', 'the path of the request changes when it is read: a value in it holds `.` or `..`')
  const allowed = sandbox === undefined ? [base.origin, ...connection.allowedOrigins.map(originOf)] : [sandbox.origin]
  if (!allowed.includes(url.origin))
    return refused('origin-not-allowed', `the connection does not allow the origin ${url.origin}`)
  for (const [name, value] of query) url.searchParams.append(name, value)
  return { kind: 'url', url, sandbox: sandbox !== undefined }
}

/** Where the tokens of a connection are made: at its base URL's origin, or at another one that it allows. */
export function tokenUrl(connection: Target['connection'], text: string): VendorUrl {
  const base = URL.parse(connection.baseUrl)
  const url = base && URL.parse(text.startsWith('/') ? `${base.origin}${text}` : text)
  if (!base || !url || url.protocol !== 'https:' || url.username !== '' || url.password !== '' || url.hash !== '')
    return refused('bad-token-url', 'the `tokenUrl` of the connector is no https address')
  if (![base.origin, ...connection.allowedOrigins.map(originOf)].includes(url.origin))
    return refused(
      'origin-not-allowed',
      `tokens are made at ${url.origin}, which the connection does not name under \`allowedOrigins\``,
    )
  return { kind: 'url', url, sandbox: false }
}

/** The one origin that may be plain http, and only on this machine. */
export function sandboxUrl(origin: string): URL {
  const url = new URL(origin)
  const loopback = url.hostname === '127.0.0.1' || url.hostname === '[::1]' || url.hostname === 'localhost'
  if (!loopback || !/^https?:$/.test(url.protocol) || url.pathname !== '/')
    throw new TypeError(`a sandbox is an origin on the loopback interface, not ${origin}`)
  return url
}

function originOf(text: string): string {
  return URL.parse(text)?.origin ?? ''
}

function refused(code: string, message: string): VendorUrl {
  return { kind: 'refused', code, message }
}
