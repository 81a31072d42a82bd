import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { headwaterHere } from '../core/authoring/headwater-here.ts'
import { copyStarterFleet, temporaryFolder } from '../e2e/controller-process.ts'

test('share: a file of its own, then taken up by a present share, and nothing where two would disagree', async () => {
  using folder = temporaryFolder()
  copyStarterFleet(folder.path)
  const inFleet = ['--repo', folder.path]
  const shares = join(folder.path, 'policies/shares')

  const made = await headwaterHere([
    'share',
    'offboard-user',
    '--to',
    'tier=bronze !industry=education',
    '--read-only',
    ...inFleet,
  ])
  expect(made.code).toBe(0)
  expect(made.stdout).toMatch(/^Share offboard-user with \d+ tenants?\n {2}channel stable, now 1\.0\.0\n/)
  expect(
    readFileSync(join(shares, 'offboard-user.yaml'), 'utf8'),
  ).toBe(`# yaml-language-server: $schema=../../crds/generated/share.schema.json
apiVersion: headwater.dev/v1
kind: Share
metadata: { name: offboard-user }
spec:
  access: read-only
  workflows:
    - { name: offboard-user, channel: stable }
  to:
    tags: { tier: [bronze] }
    not: { industry: [education] }
`)

  const bronze = readFileSync(join(shares, 'bronze.yaml'), 'utf8')
  const joined = await headwaterHere([
    'share',
    'suspicious-sign-in',
    '--to',
    'tier=bronze',
    '--name',
    'bronze',
    ...inFleet,
  ])
  expect(joined.code).toBe(0)
  const last = '    - { name: vulnerability-ticket, channel: stable }\n'
  expect(readFileSync(join(shares, 'bronze.yaml'), 'utf8')).toBe(
    bronze.replace(last, `${last}    - { name: suspicious-sign-in, channel: stable }\n`),
  )
  expect((await headwaterHere(['validate', ...inFleet])).code).toBe(0)

  const clash = await headwaterHere([
    'share',
    'phishing-response',
    '--to',
    'tier=gold',
    '--channel',
    'canary',
    ...inFleet,
  ])
  expect(clash.code).toBe(1)
  expect(clash.stderr).toContain(
    'share-conflict: policies/shares/phishing-response.yaml and policies/shares/gold.yaml disagree',
  )
  expect(existsSync(join(shares, 'phishing-response.yaml'))).toBe(false)
})

test.each([
  [['share', 'offboard-user'], 'say to whom: --to <expression>'],
  [['share', 'offboard-user', '--to', 'gold'], '`gold` is not a tag expression'],
  [
    ['share', 'offboard-user', '--to', 'tier=gold', '--channel', 'stable', '--range', '^1.0.0'],
    '`--channel` and `--range` exclude each other',
  ],
])('%s is wrong use', async (args, message) => {
  const { code, stderr } = await headwaterHere(args)
  expect(code).toBe(2)
  expect(stderr).toContain(message)
})
