import { describe, expect, test } from 'vitest'
import { share as hand, type ShareOptions } from '../../../controller/core/authoring/index.ts'
import { errorsOf, receives } from '../../fakes/fleet-answers.ts'
import { broken, channels, type Files, oneStep, release, share, tenant, workflow } from '../../fakes/fleet-files.ts'
import { type Author, author, refusalOf } from './authored-files.ts'

const tree: Files = {
  ...tenant('acme'),
  ...tenant('acme/north', 'tags: { region: eu }'),
  ...tenant('acme/north/contoso', 'tags: { tier: gold, industry: retail }'),
  ...tenant('acme/north/fabrikam', 'tags: { tier: silver }'),
  ...tenant('acme/south', 'tags: { tier: gold }'),
}
const phish = {
  ...workflow('phish'),
  ...release('phish', '2.0.0', oneStep),
  ...channels('phish', '{ stable: 1.0.0, canary: 2.0.0 }'),
}
const fleet = { ...tree, ...phish }
const sharing =
  (options: ShareOptions, name = 'phish'): Author =>
  (state, textOf) =>
    hand(state, textOf, name, options)
const file = 'policies/shares/phish.yaml'

describe('a new share', () => {
  test('says what the tag expression says', () => {
    const { edits, summary, after } = author(
      fleet,
      sharing({ to: 'tier=gold,silver !industry=retail under:acme', readOnly: true, channel: 'canary' }),
    )
    expect(edits).toEqual({
      [file]: `apiVersion: headwater.dev/v1
kind: Share
metadata: { name: phish }
spec:
  access: read-only
  workflows:
    - { name: phish, channel: canary }
  to:
    subtree: acme
    tags: { tier: [gold, silver] }
    not: { industry: [retail] }
`,
    })
    expect(summary).toEqual([
      'Share phish with 2 tenants',
      'channel canary, now 2.0.0',
      'acme/north/fabrikam, acme/south',
    ])
    expect(receives(after, 'acme/south')).toEqual(['phish@2.0.0'])
    expect(receives(after, 'acme/north/contoso')).toEqual([])
    expect(errorsOf(after)).toEqual([])
  })

  test('follows stable, or a range; values that look like something else are quoted', () => {
    const files = { ...fleet, ...tenant('acme/odd', 'tags: { tier: "1.0", flag: "true" }') }
    const { edits } = author(files, sharing({ to: 'tier=1.0 flag=true', range: '^1.0.0', name: 'odd-ones' }))
    expect(edits['policies/shares/odd-ones.yaml']).toContain(`    - { name: phish, range: ^1.0.0 }
  to:
    tags: { tier: ['1.0'], flag: ['true'] }
`)
    expect(author(fleet, sharing({ to: 'tier=gold' })).edits[file]).toContain('{ name: phish, channel: stable }')
  })

  test('has a schema line where its neighbours have one', () => {
    const north = share('north', 'phish', 'to: { tags: { tier: [gold] } }', 'acme/north')
    const [path] = Object.keys(north) as [string]
    const line = '# yaml-language-server: $schema=../../../../../crds/generated/share.schema.json\n'
    const { edits } = author({ ...fleet, [path]: line + north[path] }, sharing({ to: 'tier=silver' }))
    expect(edits[file]?.split('\n')[0]).toBe('# yaml-language-server: $schema=../../crds/generated/share.schema.json')
  })

  test('of a tenant stands in its folder and reaches what is below it', () => {
    const { edits, summary } = author(fleet, sharing({ to: 'tier=gold', owner: 'acme/north' }))
    expect(Object.keys(edits)).toEqual(['tenants/acme/north/policies/shares/phish.yaml'])
    expect(summary[0]).toBe('Share phish with 1 tenant')
  })

  test('of a workflow that a tenant owns belongs to that tenant', () => {
    const files = { ...tree, ...workflow('own', oneStep, 'acme/north') }
    const { edits } = author(files, sharing({ to: 'tier=gold' }, 'own'))
    expect(Object.keys(edits)).toEqual(['tenants/acme/north/policies/shares/own.yaml'])
  })

  test('says who keeps what a nearer share hands them', () => {
    const files = { ...fleet, ...share('near', '[{ name: phish, channel: canary }]', 'to: {}', 'acme/north') }
    const { summary, after } = author(files, sharing({ to: 'tier=gold' }))
    expect(summary).toContain('a nearer share decides for acme/north/contoso')
    expect(receives(after, 'acme/north/contoso')).toEqual(['phish@2.0.0'])
  })

  test('pins the release where a tenant moves by its own word only, and once for all below', () => {
    const text = (Object.values(tenant('acme/north', 'tags: { region: eu }'))[0] as string).replace(
      /\n$/,
      '\n  updates: review # by pull request\n',
    )
    const files = { ...fleet, 'tenants/acme/north/tenant.yaml': text }
    const { edits, summary, after } = author(files, sharing({ to: 'under:acme' }))
    expect(edits['tenants/acme/north/tenant.yaml']).toBe(`${text}  pins: { phish: 1.0.0 }\n`)
    expect(Object.keys(edits)).toEqual([file, 'tenants/acme/north/tenant.yaml'])
    expect(summary).toContain('pinned at 1.0.0 in 1 tenant.yaml file')
    expect(after.problems.map(({ code }) => code)).not.toContain('not-pinned')
  })
})

describe('a present share of that name', () => {
  const present = `apiVersion: headwater.dev/v1
kind: Share
metadata: { name: gold }
spec:
  workflows:
    # Alphabetical.
    - { name: other, channel: stable }   # first
  to:
    tags: { tier: [gold, silver] }
`
  const files = { ...fleet, ...workflow('other'), 'policies/shares/gold.yaml': present }

  test('takes the workflow up', () => {
    const { edits, after } = author(files, sharing({ to: 'tier=silver,gold', name: 'gold' }))
    expect(edits).toEqual({
      'policies/shares/gold.yaml': present.replace('# first\n', '# first\n    - { name: phish, channel: stable }\n'),
    })
    expect(receives(after, 'acme/south')).toEqual(['other@1.0.0', 'phish@1.0.0'])
  })

  test.each<[string, ShareOptions, string]>([
    [
      'that means other tenants',
      { to: 'tier=gold', name: 'gold' },
      'duplicate-name: policies/shares/gold.yaml shares with other tenants',
    ],
    [
      'that is not read-only',
      { to: 'tier=gold,silver', name: 'gold', readOnly: true },
      'duplicate-name: policies/shares/gold.yaml is not read-only',
    ],
  ])('%s is refused', (_, options, expected) => {
    expect(refusalOf(files, sharing(options))).toBe(expected)
  })

  test('that has the workflow already is refused', () => {
    expect(refusalOf(files, sharing({ to: 'tier=gold,silver', name: 'gold' }, 'other'))).toBe(
      'wrong-value: policies/shares/gold.yaml shares other already, by stable',
    )
  })

  test('that cannot be read is refused', () => {
    expect(
      refusalOf({ ...fleet, ...broken('policies/shares/gold.yaml') }, sharing({ to: 'tier=gold', name: 'gold' })),
    ).toMatch(/^yaml-syntax: /)
  })
})

describe('refuses', () => {
  test.each<[string, Files, ShareOptions, string]>([
    [
      'what would be a share conflict',
      { ...fleet, ...share('all', '[{ name: phish, channel: canary }]') },
      { to: 'tier=gold' },
      'share-conflict: policies/shares/phish.yaml and policies/shares/all.yaml disagree about phish for acme/south (and for 1 more tenant)',
    ],
    [
      'a second workflow of one name for a tenant',
      {
        ...fleet,
        ...workflow('phish', oneStep, 'acme/north'),
        ...share('own', 'acme/north:phish', 'to: {}', 'acme/north'),
      },
      { to: 'tier=gold', owner: '' },
      'ambiguous-workflow: another workflow named phish reaches acme/north/contoso',
    ],
    ['what selects nobody', fleet, { to: 'tier=bronze' }, 'empty-selector: the tag expression selects no tenant'],
    [
      'what is no tag expression',
      fleet,
      { to: 'gold' },
      'wrong-value: `gold` is not a tag expression: write tag=value[,value], !tag=value or under:path',
    ],
    ['an unknown subtree', fleet, { to: 'under:acme/nort' }, 'unknown-tenant: there is no tenant `acme/nort`'],
    [
      'an unknown owner',
      fleet,
      { to: 'tier=gold', owner: 'acme/west' },
      'unknown-tenant: there is no tenant `acme/west`',
    ],
    [
      'a subtree beyond its owner',
      fleet,
      { to: 'under:acme/south', owner: 'acme/north' },
      'out-of-scope: a share of acme/north cannot reach acme/south',
    ],
    [
      'an unknown channel',
      fleet,
      { to: 'tier=gold', channel: 'early' },
      'unknown-channel: phish has no channel `early`',
    ],
    [
      'a range without a release',
      fleet,
      { to: 'tier=gold', range: '^3.0.0' },
      'unknown-release: no release of phish is in the range ^3.0.0',
    ],
    [
      'a channel and a range',
      fleet,
      { to: 'tier=gold', channel: 'stable', range: '^1.0.0' },
      'wrong-value: a share follows a channel or a range',
    ],
    ['a name that is none', fleet, { to: 'tier=gold', name: '../x' }, 'bad-name: `../x` cannot be the name of a share'],
  ])('%s', (_, files, options, expected) => {
    expect(refusalOf(files, sharing(options, options.owner === '' ? ':phish' : 'phish'))).toBe(expected)
  })

  test('a workflow that is not there', () => {
    expect(refusalOf(fleet, sharing({ to: 'tier=gold' }, 'fish'))).toBe('unknown-workflow: there is no workflow `fish`')
  })
})
