import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openAgeKey, setSecret } from '../../controller/io/secrets/index.ts'
import { overlay, tenant } from '../fakes/fleet-files.ts'
import { type Followed, follow, mounted, neighbours, ownFiles, ownRepository, tenantsOf } from './own-repository.ts'

const north = 'acme/north'
const token = 'hw-secret-token-1234567890'
const secrets = 'tenants/acme/secrets.sops.yaml'

async function sealed({ state }: Pick<Followed, 'state'>, values: Readonly<Record<string, string>>): Promise<string> {
  const { identities, recipients } = await openAgeKey(state, undefined)
  let text: string | undefined
  for (const [name, value] of Object.entries(values)) {
    const before = text === undefined ? undefined : Buffer.from(text)
    text = await setSecret({ file: secrets, before, name, value, recipients, identities, now: '2026-01-01T00:00:00Z' })
  }
  return text as string
}

test('the secret `source-north` of the tenant above opens the repository of acme/north, and nobody else’s', async () => {
  const own = await ownRepository(ownFiles(north, overlay(north, 'note', '1.0.0', 'minutesSaved: 5')), token)
  const followed = await follow({ ...neighbours, ...mounted(north, own.url) })
  const shut = await followed.load()
  expect(tenantsOf(shut)).toMatchObject({ [north]: 'source-missing' })
  expect(shut.problems).toMatchObject([
    {
      message: expect.stringContaining('refuses the credentials'),
      hint: 'a private one is opened by the secret `source-north` of acme',
    },
  ])
  followed.edit({ [secrets]: await sealed(followed, { 'source-north': token, other: 'x' }) })
  const open = await followed.load()
  expect([tenantsOf(open), open.problems]).toEqual([{ acme: 'valid', [north]: 'valid', 'acme/south': 'valid' }, []])
  // Who writes the same address elsewhere reads nothing of it.
  followed.edit({ ...mounted('acme/south', own.url) })
  const both = await followed.load()
  expect(tenantsOf(both)).toEqual({ acme: 'valid', [north]: 'valid', 'acme/south': 'source-missing' })
  expect(JSON.stringify([shut.problems, both.problems, both.snapshot])).not.toContain(token)
})

test('the token of the fleet’s own remote is sent to nobody else', async () => {
  const own = await ownRepository({}, 'another-token')
  const { load } = await follow({ ...neighbours, ...mounted(north, own.url) }, { gitToken: token })
  expect(tenantsOf(await load())).toMatchObject({ [north]: 'source-missing' })
  expect(own.server.requests.map(({ authorization }) => authorization)).toEqual(
    own.server.requests.map(() => undefined),
  )
})

test('a secret for somebody else’s key is that tenant’s trouble', async () => {
  const own = await ownRepository({}, token)
  const followed = await follow({ ...neighbours, ...tenant(north), ...mounted(north, own.url) })
  const elsewhere = { state: join(followed.state, 'elsewhere') }
  followed.edit({ [secrets]: await sealed(elsewhere, { 'source-north': token }) })
  const loaded = await followed.load()
  expect(tenantsOf(loaded)).toEqual({ acme: 'valid', [north]: 'source-missing', 'acme/south': 'valid' })
  expect(loaded.problems).toMatchObject([{ code: 'source-missing', message: expect.stringContaining(secrets) }])
})
