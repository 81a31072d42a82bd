import { describe, expect, test } from 'vitest'
import { authorize } from '../../../controller/core/access/authorize.ts'
import { type HintHeaders, verifyHint } from '../../../controller/core/access/source-hint.ts'
import { sign, sourceSecret, webhookSecret } from '../../../controller/core/access/webhook-signature.ts'

// The example of GitHub's documentation, "Validating webhook deliveries".
const secret = "It's a Secret to Everybody"
const body = Buffer.from('Hello, World!')
const hub = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17'
const now = 1_767_225_600_000
const standard = { 'webhook-id': 'a', 'webhook-timestamp': String(now / 1000) }
const key = new Uint8Array(32).fill(7)
const ours = sourceSecret(key, 'uid-north')
const signature = sign(ours, { id: 'a', timestamp: standard['webhook-timestamp'], body })

const verdict = (headers: HintHeaders, known = secret, text = body) => verifyHint(known, headers, text, now).kind

describe('a push webhook is believed', () => {
  test.each([
    ['as GitHub, Forgejo and Gitea sign', { 'x-hub-signature-256': hub }, secret],
    ['as GitLab sends', { 'x-gitlab-token': secret }, secret],
    ['as in Standard Webhooks', { ...standard, 'webhook-signature': signature }, ours],
  ])('%s', (_, headers, known) => {
    expect(verdict(headers, known)).toBe('verified')
  })
})

describe('a push webhook is refused', () => {
  test.each<[string, HintHeaders, string?]>([
    ['without a signature', {}],
    ['with another secret', { 'x-hub-signature-256': hub }, 'another secret'],
    ['with a signature of another length', { 'x-hub-signature-256': `${hub}0` }],
    ['with a signature without its kind', { 'x-hub-signature-256': hub.slice('sha256='.length) }],
    ['with an empty token', { 'x-gitlab-token': '' }],
    ['with a wrong token', { 'x-gitlab-token': `${secret}!` }],
    // Whoever sends one of them must be right with it.
    ['with a wrong signature beside a right token', { 'x-hub-signature-256': 'sha256=00', 'x-gitlab-token': secret }],
    ['with a stale time', { ...standard, 'webhook-timestamp': '1', 'webhook-signature': signature }, ours],
  ])('%s', (_, headers, known = secret) => {
    expect(verdict(headers, known)).toBe('refused')
  })

  test('with another body', () => {
    expect(verdict({ 'x-hub-signature-256': hub }, secret, Buffer.from('Hello, world!'))).toBe('refused')
  })
})

test('its secret is none of the others, and opens one tenant’s repository', () => {
  expect(new Set([ours, sourceSecret(key, 'uid-south'), webhookSecret(key, 'uid-north')]).size).toBe(3)
  const north = { kind: 'delivery', tenant: 'acme/north' } as const
  expect(authorize(north, 'sources:hint', 'acme/north').kind).toBe('allowed')
  expect(authorize(north, 'sources:hint', 'acme/south').kind).toBe('denied')
  expect(authorize({ kind: 'anonymous' }, 'sources:hint', 'acme/north').kind).toBe('denied')
})
