import { type ClientRequest, type IncomingMessage, type RequestOptions, request as plainRequest } from 'node:http'
import { request as tlsRequest } from 'node:https'
import { caps } from '../../core/model/caps.ts'

/**
 * What came of one request on the wire. `unsent`: nothing reached the vendor. `unsure`: it may have acted, and we have no answer.
 * `refused`: not sent, and trying again changes nothing.
 */
export type Exchange =
  | {
      readonly kind: 'answered'
      readonly status: number
      readonly type: string
      readonly retryAfter: string | undefined
      /** The header `Link`. */
      readonly link?: string | undefined
      readonly text: string
    }
  | { readonly kind: 'too-large'; readonly status: number }
  | { readonly kind: 'unsent' | 'unsure' | 'refused'; readonly code: string; readonly message: string }

/** Thrown by a lookup for an address that must not be dialled. */
export class RefusedAddress extends Error {
  readonly code = 'ADDRESS_REFUSED'
}

export interface ExchangeOptions extends RequestOptions {
  readonly body: Buffer | undefined
  readonly timeoutMs: number
  readonly ca?: string | undefined
}

/** Sends one request and reads its answer, within its time and `caps.answerBytes`; never follows a redirect. */
export function oneExchange(url: URL, { body, timeoutMs, ...options }: ExchangeOptions): Promise<Exchange> {
  return new Promise((resolve) => {
    let sent = false
    let answer: IncomingMessage | undefined
    const chunks: Buffer[] = []
    let bytes = 0
    const request = url.protocol === 'https:' ? tlsRequest(url, options) : plainRequest(url, options)

    const finish = (exchange: Exchange) => {
      clearTimeout(timer)
      resolve(exchange)
      if (exchange.kind !== 'answered') request.destroy()
    }
    const cut = (code: string, message: string) => {
      // A status that refuses is an answer, even where its text did not arrive in full.
      if (answer?.statusCode !== undefined && answer.statusCode >= 400) finish(answered(answer, chunks))
      else finish({ kind: sent ? 'unsure' : 'unsent', code, message })
    }
    const timer = setTimeout(
      () => cut('timeout', `no answer within ${Math.round(timeoutMs)} ms`),
      Math.max(0, timeoutMs),
    )

    onceConnected(request, url, () => (sent = true))
    request.on('error', (error: NodeJS.ErrnoException) => {
      if (answer === undefined && isFinal(error)) finish({ kind: 'refused', ...finalCause(error) })
      else cut(...cause(error, sent))
    })
    request.on('response', (response) => {
      answer = response
      const tooLarge = () => {
        if ((response.statusCode ?? 0) >= 400) finish(answered(response, chunks))
        else finish({ kind: 'too-large', status: response.statusCode ?? 0 })
        request.destroy()
      }
      if (Number(response.headers['content-length'] ?? 0) > caps.answerBytes) return tooLarge()
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes > caps.answerBytes) tooLarge()
        else chunks.push(chunk)
      })
      response.on('error', (error: NodeJS.ErrnoException) => cut(...cause(error, true)))
      response.on('end', () => finish(answered(response, chunks)))
    })
    request.end(body)
  })
}

/** From the moment that the vendor can be reached, something may have been sent. */
function onceConnected(request: ClientRequest, url: URL, connected: () => void): void {
  request.once('socket', (socket) => {
    if (request.reusedSocket || !socket.connecting) connected()
    else socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', connected)
  })
}

function answered(response: IncomingMessage, chunks: readonly Buffer[]): Exchange {
  return {
    kind: 'answered',
    status: response.statusCode ?? 0,
    type:
      (response.headers['content-encoding'] ?? 'identity') === 'identity'
        ? (response.headers['content-type'] ?? '')
        : 'encoded',
    retryAfter: response.headers['retry-after'],
    link: [response.headers['link']].flat()[0],
    text: Buffer.concat(chunks).toString('utf8'),
  }
}

const certificate = /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|ALTNAME/

function isFinal(error: NodeJS.ErrnoException): boolean {
  return error instanceof RefusedAddress || certificate.test(error.code ?? '')
}

function finalCause(error: NodeJS.ErrnoException): { code: string; message: string } {
  if (error instanceof RefusedAddress) return { code: 'address-refused', message: error.message }
  return { code: 'bad-certificate', message: `the certificate of the vendor cannot be trusted (${error.code})` }
}

function cause(error: NodeJS.ErrnoException, sent: boolean): [code: string, message: string] {
  if (error.code?.startsWith('HPE_')) return ['bad-answer', `the answer is not HTTP as it should be (${error.code})`]
  if (sent)
    return ['connection-lost', `the connection broke before the answer was complete (${error.code ?? 'closed'})`]
  return ['unreachable', `the vendor cannot be reached (${error.code ?? 'no connection'})`]
}
