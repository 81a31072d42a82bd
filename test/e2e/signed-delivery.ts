import { sign } from '../../controller/core/access/webhook-signature.ts'

/** One message, as it goes over the wire: sent twice it is a replay. */
export interface SignedMessage {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export function signedMessage(
  { url, secret }: { readonly url: string; readonly secret: string },
  payload: unknown,
  id: string,
  at = Date.now(),
): SignedMessage {
  const body = JSON.stringify(payload)
  const timestamp = String(Math.floor(at / 1000))
  const signature = sign(secret, { id, timestamp, body: Buffer.from(body) })
  return {
    url,
    body,
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': signature,
    },
  }
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
