import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { canonicalText } from '../model/values.ts'

/** Signing of deliveries as in the Standard Webhooks specification (standardwebhooks.com, version 1.0.0). */
export interface Delivery {
  /** Header `webhook-id`: the same for every attempt to deliver the same alert. */
  readonly id: string
  /** Header `webhook-timestamp`: seconds since 1970. */
  readonly timestamp: string
  /** Header `webhook-signature`: one or more of `v1,<base64>`, separated by spaces. */
  readonly signature: string
  readonly body: Uint8Array
}

/** A delivery is refused iff its time differs by more than this from the receiver's. */
const toleranceSeconds = 5 * 60

export type Verified = { readonly kind: 'verified' } | { readonly kind: 'refused'; readonly reason: string }

/** A tenant's webhook secret: derived from the installation's key, so nothing has to be stored or handed to git. */
export function webhookSecret(installationKey: Uint8Array, tenantUid: string): string {
  return secretFor(installationKey, `headwater webhook ${tenantUid}`)
}

/** That of the push webhook of a tenant's own repository: its owner learns no other secret with it. */
export function sourceSecret(installationKey: Uint8Array, tenantUid: string): string {
  return secretFor(installationKey, `headwater source ${tenantUid}`)
}

/** That of one trigger's own URL: who holds it can neither send alerts nor reach another trigger. */
export function triggerSecret(installationKey: Uint8Array, { tenantUid, workflow, trigger }: TriggerAddress): string {
  // A hash, because what is derived for takes at most 1,024 bytes and names can be longer together.
  const address = createHash('sha256')
    .update(canonicalText([tenantUid, workflow, trigger]))
    .digest('hex')
  return secretFor(installationKey, `headwater trigger ${address}`)
}

export interface TriggerAddress {
  readonly tenantUid: string
  /** `owner:name`. */
  readonly workflow: string
  readonly trigger: string
}

const extracted = new WeakMap<Uint8Array, Buffer>()

/**
 * HKDF-SHA256 (RFC 5869) without salt, for one block of 32 bytes. Its first half depends on the key alone and is made once;
 * keeping whole secrets instead would answer known addresses faster than others.
 */
function secretFor(installationKey: Uint8Array, purpose: string): string {
  let key = extracted.get(installationKey)
  if (key === undefined) {
    key = createHmac('sha256', '').update(installationKey).digest()
    extracted.set(installationKey, key)
  }
  const derived = createHmac('sha256', key).update(`${purpose}\u0001`).digest('base64')
  return `whsec_${derived}`
}

export function sign(secret: string, { id, timestamp, body }: Omit<Delivery, 'signature'>): string {
  return `v1,${macOf(secret, id, timestamp, body).toString('base64')}`
}

/** True iff one of the signatures is right and the time is near; `now` in milliseconds. */
export function verifyDelivery(secret: string, delivery: Delivery, now: number): Verified {
  const { id, timestamp, signature, body } = delivery
  if (id === '' || id.length > 256)
    return { kind: 'refused', reason: 'the header webhook-id is missing or longer than 256 characters' }
  if (!/^\d{1,12}$/.test(timestamp))
    return { kind: 'refused', reason: 'the header webhook-timestamp is not a number of seconds' }
  if (Math.abs(now / 1000 - Number(timestamp)) > toleranceSeconds) {
    return { kind: 'refused', reason: 'the delivery is older or newer than 5 minutes' }
  }
  const expected = macOf(secret, id, timestamp, body)
  const isRight = signature.split(' ').some((part) => {
    const given = Buffer.from(part.replace(/^v1,/, ''), 'base64')
    return part.startsWith('v1,') && given.length === expected.length && timingSafeEqual(given, expected)
  })
  return isRight ? { kind: 'verified' } : { kind: 'refused', reason: 'the signature does not fit the delivery' }
}

function macOf(secret: string, id: string, timestamp: string, body: Uint8Array): Buffer {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  return createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest()
}
