import { sign, webhookSecret } from '../../controller/core/access/webhook-signature.ts'
import { stateFile } from './controller-process.ts'

/** One message, as it goes over the wire: sent twice it is a replay. */
export interface SignedMessage {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export function signedHeaders(
  secret: string,
  { id, body, at = Date.now() }: { readonly id: string; readonly body: string | Uint8Array; readonly at?: number },
): Record<string, string> {
  const timestamp = String(Math.floor(at / 1000))
  return {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': sign(secret, { id, timestamp, body: Buffer.from(body) }),
  }
}

export function signedMessage(
  { url, secret }: { readonly url: string; readonly secret: string },
  payload: unknown,
  id: string,
  at = Date.now(),
): SignedMessage {
  const body = JSON.stringify(payload)
  return { url, body, headers: signedHeaders(secret, { id, body, at }) }
}

/** An alert for a tenant of the controller on that state folder, whose secret derives from the key there. */
export function signedAlert(
  state: string,
  tenant: { readonly path: string; readonly uid: string },
  id: string,
  body: string,
): SignedMessage {
  const key = Buffer.from(stateFile(state, 'installation.key'), 'base64')
  const url = `${stateFile(state, 'url')}/hooks/${tenant.path}`
  return { url, body, headers: signedHeaders(webhookSecret(key, tenant.uid), { id, body }) }
}

export interface Answer {
  readonly status: number
  readonly runs: readonly { readonly id: string; readonly workflow: string; readonly state: string }[]
  readonly code: string | undefined
  readonly message: string | undefined
}

export async function post({ url, headers, body }: SignedMessage, timeoutMs = 30_000): Promise<Answer> {
  const signal = AbortSignal.timeout(timeoutMs)
  const response = await fetch(url, { method: 'POST', headers: { ...headers }, body, signal })
  const { runs = [], error } = (await response.json()) as {
    runs?: Answer['runs']
    error?: { code: string; message: string }
  }
  return { status: response.status, runs, code: error?.code, message: error?.message }
}
