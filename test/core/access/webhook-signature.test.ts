import { hkdfSync } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  sign,
  triggerSecret,
  verifyDelivery,
  webhookSecret,
} from '../../../controller/core/access/webhook-signature.ts'

const key = Buffer.alloc(32, 7)

describe('secrets', () => {
  it('are what HKDF-SHA256 derives', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 64 }), fc.string(), (installationKey, uid) => {
        const derived = Buffer.from(hkdfSync('sha256', installationKey, '', `headwater webhook ${uid}`, 32))
        expect(webhookSecret(installationKey, uid)).toBe(`whsec_${derived.toString('base64')}`)
      }),
    )
  })

  it('differ for each tenant, workflow and trigger, and from those of alerts', () => {
    const address = { tenantUid: 'u', workflow: ':w', trigger: 't' }
    const secrets = [
      webhookSecret(key, 'u'),
      webhookSecret(key, 'v'),
      webhookSecret(Buffer.alloc(32, 8), 'u'),
      triggerSecret(key, address),
      triggerSecret(key, { ...address, tenantUid: 'v' }),
      triggerSecret(key, { ...address, workflow: 'acme:w' }),
      triggerSecret(key, { ...address, trigger: 'x' }),
      triggerSecret(key, { ...address, workflow: ':', trigger: 'wt' }),
    ]
    expect(new Set(secrets).size).toBe(secrets.length)
  })
})

// From the specification of Standard Webhooks, version 1.0.0.
it('a signature is that of Standard Webhooks', () => {
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
  const body = Buffer.from('{"test": 2432232314}')
  const delivery = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', timestamp: '1614265330', body }
  const signature = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='
  expect(sign(secret, delivery)).toBe(signature)
  const now = 1_614_265_330_000
  expect(verifyDelivery(secret, { ...delivery, signature: `v1a,x ${signature}` }, now).kind).toBe('verified')
  expect(verifyDelivery(secret, { ...delivery, signature }, now + 301_000).kind).toBe('refused')
})
