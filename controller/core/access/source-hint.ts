import { createHmac, timingSafeEqual } from 'node:crypto'
import { type Verified, verifyDelivery } from './webhook-signature.ts'

/** The headers by which a forge shows that it knows the secret of a push webhook. */
export interface HintHeaders {
  /** GitHub, Forgejo, Gitea: `sha256=<hex>`. */
  readonly 'x-hub-signature-256'?: string | undefined
  /** GitLab: the secret itself. */
  readonly 'x-gitlab-token'?: string | undefined
  /** Standard Webhooks. */
  readonly 'webhook-id'?: string | undefined
  readonly 'webhook-timestamp'?: string | undefined
  readonly 'webhook-signature'?: string | undefined
}

/**
 * Whether somebody who knows the secret says that there is something new. What else it says is not looked at, and a
 * repetition costs one more look: the repository itself says what is true.
 */
export function verifyHint(secret: string, headers: HintHeaders, body: Uint8Array, now: number): Verified {
  const hub = headers['x-hub-signature-256']
  if (hub !== undefined) {
    const expected = createHmac('sha256', secret).update(body).digest('hex')
    return told(isEqual(hub, `sha256=${expected}`))
  }
  const gitlab = headers['x-gitlab-token']
  if (gitlab !== undefined) return told(isEqual(gitlab, secret))
  const delivery = {
    id: headers['webhook-id'] ?? '',
    timestamp: headers['webhook-timestamp'] ?? '',
    signature: headers['webhook-signature'] ?? '',
    body,
  }
  return verifyDelivery(secret, delivery, now)
}

function told(isRight: boolean): Verified {
  return isRight ? { kind: 'verified' } : { kind: 'refused', reason: 'the signature does not fit the delivery' }
}

/** In a time that tells nothing but the length. */
function isEqual(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)]
  return a.length === b.length && timingSafeEqual(a, b)
}
