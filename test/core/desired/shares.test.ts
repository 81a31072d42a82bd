import { describe, expect, test } from 'vitest'
import {
  channels,
  overlay,
  release,
  resolveFiles,
  share,
  tenant,
  workflow,
  oneStep,
  broken,
} from '../../fakes/fleet-files.ts'
import { selectSubscriptions } from '../../../controller/core/desired/subscriptions.ts'
import { errorsOf, frozenOf, problemsOf, receives } from '../../fakes/fleet-answers.ts'

const tree = {
  ...tenant('acme'),
  ...tenant('acme/north', 'tags: { tier: silver }'),
  ...tenant('acme/north/contoso', 'tags: { tier: gold }'),
  ...tenant('acme/south', 'tags: { tier: gold }'),
}
const phish = {
  ...release('phish', '1.0.0', oneStep),
  ...release('phish', '1.4.0', oneStep),
  ...release('phish', '2.0.0', oneStep),
  ...channels('phish', '{ stable: 1.0.0, canary: 2.0.0 }'),
}

describe('which release a share means', () => {
  test.each([
    ['phish', 'phish@1.0.0'],
    ['[{ name: phish, channel: canary }]', 'phish@2.0.0'],
    ['[{ name: phish, range: ^1.0.0 }]', 'phish@1.4.0'],
    ['[{ name: phish, range: ">=1" }]', 'phish@2.0.0'],
    ['[{ name: ":phish" }]', 'phish@1.0.0'],
  ])('%s means %s', (wanted, expected) => {
    expect(receives(resolveFiles(tree, phish, share('all', wanted)), 'acme/south')).toEqual([expected])
  })

  test.each([
    ['[{ name: phish, channel: beta }]', 'unknown-channel'],
    ['[{ name: phish, range: ^3.0.0 }]', 'unknown-release'],
    ['[{ name: phish, range: newest }]', 'wrong-value'],
  ])('%s freezes the tenants meant and nobody else: %s', (wanted, code) => {
    const state = resolveFiles(tree, phish, share('gold', wanted, 'to: { tags: { tier: [gold] } }'))
    expect(frozenOf(state)).toEqual({ 'acme/north/contoso': code, 'acme/south': code })
    expect(errorsOf(state)).toEqual([`${code} policies/shares/gold.yaml`])
  })

  test('a channel that points to no release freezes those who follow it', () => {
    const state = resolveFiles(
      tree,
      phish,
      channels('phish', '{ stable: 9.0.0, canary: 2.0.0 }'),
      share('all', 'phish'),
    )
    expect(new Set(Object.values(frozenOf(state)))).toEqual(new Set(['unknown-release']))
    expect(errorsOf(state)).toEqual(['unknown-release workflows/phish/channels.yaml'])
  })
})

describe('who receives it', () => {
  const gold = share('gold', 'phish', 'to: { tags: { tier: [gold] } }')

  test('future members of a selector are included', () => {
    const state = resolveFiles(tree, phish, gold, tenant('acme/new', 'tags: { tier: gold }'))
    expect(receives(state, 'acme/new')).toEqual(['phish@1.0.0'])
    expect(receives(state, 'acme/north')).toEqual([])
  })

  test('tenants that the same shares select hold one and the same list', () => {
    const west = tenant('acme/west', 'tags: { tier: gold }')
    const { fleet, hierarchy } = resolveFiles(
      tree,
      west,
      phish,
      gold,
      share('north', 'phish', 'to: { subtree: acme/north }'),
    )
    const { byTenant } = selectSubscriptions(fleet, hierarchy.nodes)
    const sharing = [...Map.groupBy(byTenant, ([, subscriptions]) => subscriptions).values()]
    expect(sharing.map((tenants) => tenants.map(([path]) => path))).toEqual([
      ['acme/north'],
      ['acme/south', 'acme/west'],
      ['acme/north/contoso'],
    ])
  })

  test('a share of a tenant reaches its subtree only', () => {
    const own = share('ours', 'phish', 'to: { tags: { tier: [gold] } }', 'acme/north')
    const state = resolveFiles(tree, phish, own)
    expect([receives(state, 'acme/north/contoso'), receives(state, 'acme/south')]).toEqual([['phish@1.0.0'], []])
  })

  test('a share that reaches beyond its owner freezes the owner’s subtree', () => {
    const state = resolveFiles(tree, phish, share('ours', 'phish', 'to: { subtree: acme/south }', 'acme/north'))
    expect(frozenOf(state)).toEqual({ 'acme/north': 'out-of-scope', 'acme/north/contoso': 'out-of-scope' })
    expect(receives(state, 'acme/south')).toEqual([])
  })

  test('a subtree that is not there is an error', () => {
    const state = resolveFiles(tree, phish, share('all', 'phish', 'to: { subtree: acme/west }'))
    expect(problemsOf(state)).toContain('unknown-tenant policies/shares/all.yaml')
    expect(frozenOf(state)).toEqual({})
  })

  test('a selector that selects nobody is a warning', () => {
    const state = resolveFiles(tree, phish, share('all', 'phish', 'to: { tags: { tier: [platinum] } }'))
    expect(state.problems).toMatchObject([{ code: 'empty-selector', severity: 'warning', path: '/spec/to' }])
  })

  test('a workflow that nobody is given is a warning', () => {
    const head = { 'workflows/lone/workflow.yaml': Object.values(release('lone', '1.0.0', oneStep))[0] as string }
    expect(problemsOf(resolveFiles(tree, head))).toEqual(['not-shared workflows/lone/workflow.yaml'])
  })

  test('an unknown workflow freezes the tenants meant; nothing is taken from them', () => {
    const state = resolveFiles(tree, phish, gold, share('typo', 'phsh', 'to: { subtree: acme/north }'))
    expect(frozenOf(state)).toEqual({ 'acme/north': 'unknown-workflow', 'acme/north/contoso': 'unknown-workflow' })
    expect(receives(state, 'acme/south')).toEqual(['phish@1.0.0'])
  })

  test('a workflow of a tenant is visible in its subtree and to no share above it', () => {
    const own = workflow('own', oneStep, 'acme/north')
    const below = resolveFiles(tree, own, share('ours', 'own', 'to: {}', 'acme/north'))
    expect(receives(below, 'acme/north/contoso')).toEqual(['own@1.0.0'])
    expect(receives(below, 'acme/south')).toEqual([])
    const above = resolveFiles(tree, own, share('all', 'own'))
    expect(frozenOf(above)).toMatchObject({ acme: 'unknown-workflow', 'acme/south': 'unknown-workflow' })
  })

  test('two visible workflows of one short name need the full name', () => {
    const own = workflow('phish', oneStep, 'acme/north')
    const short = resolveFiles(tree, phish, own, share('ours', 'phish', 'to: {}', 'acme/north'))
    expect(frozenOf(short)).toMatchObject({ 'acme/north': 'ambiguous-workflow' })
    expect(short.problems[0]?.message).toBe('`phish` may be :phish or acme/north:phish')
    const full = resolveFiles(tree, phish, own, share('ours', '[{ name: "acme/north:phish" }]', 'to: {}', 'acme/north'))
    expect(receives(full, 'acme/north')).toEqual(['phish@1.0.0'])
  })

  test('two workflows of one short name cannot reach one tenant', () => {
    const own = workflow('phish', oneStep, 'acme/north')
    const mine = share('ours', '[{ name: "acme/north:phish" }]', 'to: {}', 'acme/north')
    const state = resolveFiles(tree, phish, own, mine, share('all', 'phish'))
    expect(frozenOf(state)).toEqual({ 'acme/north': 'ambiguous-workflow', 'acme/north/contoso': 'ambiguous-workflow' })
  })
})

describe('two shares of one workflow', () => {
  const all = share('all', 'phish')
  const canary = '[{ name: phish, channel: canary }]'

  test('the nearest owner wins', () => {
    const state = resolveFiles(tree, phish, all, share('ours', canary, 'to: {}', 'acme/north'))
    expect([receives(state, 'acme/north/contoso'), receives(state, 'acme/south')]).toEqual([
      ['phish@2.0.0'],
      ['phish@1.0.0'],
    ])
  })

  test('at equal distance a disagreement freezes that tenant, not those below it, and names both files', () => {
    const state = resolveFiles(tree, phish, all, share('silver', canary, 'to: { tags: { tier: [silver] } }'))
    expect(frozenOf(state)).toEqual({ 'acme/north': 'share-conflict' })
    expect(state.problems[0]?.message).toBe(
      'policies/shares/silver.yaml and policies/shares/all.yaml disagree about phish for acme/north',
    )
  })

  test.each([
    ['another access', 'access: read-only\nto: {}'],
    ['another update mode', 'updates: pinned\nto: {}'],
  ])('%s is a disagreement too', (_, spec) => {
    expect(frozenOf(resolveFiles(tree, phish, all, share('more', 'phish', spec)))).toMatchObject({
      acme: 'share-conflict',
    })
  })

  test('the same said twice is no disagreement, however it is said', () => {
    const twice = share('again', '[{ name: phish, range: 1.0.0 }]', 'access: customisable\nto: {}')
    expect(errorsOf(resolveFiles(tree, phish, all, twice))).toEqual([])
  })

  test('a disagreement further up does not matter where a nearer share decides', () => {
    const state = resolveFiles(
      tree,
      phish,
      all,
      share('again', canary),
      share('ours', '[{ name: phish, range: ^1.0.0 }]', 'to: {}', 'acme/north'),
    )
    expect(frozenOf(state)).toEqual({ acme: 'share-conflict', 'acme/south': 'share-conflict' })
    expect(receives(state, 'acme/north/contoso')).toEqual(['phish@1.4.0'])
  })
})

describe('a share that is read-only', () => {
  const readOnly = share('all', 'phish', 'access: read-only\nto: { tags: { tier: [gold] } }')
  const patch = 'minutesSaved: 5'

  test('hands out the workflow as it is', () => {
    expect(receives(resolveFiles(tree, phish, readOnly), 'acme/south')).toEqual(['phish@1.0.0'])
  })

  test('refuses an overlay of a tenant that receives it', () => {
    const state = resolveFiles(tree, phish, readOnly, overlay('acme/south', 'phish', '1.0.0', patch))
    expect(frozenOf(state)).toEqual({ 'acme/south': 'not-customisable' })
    expect(errorsOf(state)).toEqual(['not-customisable tenants/acme/south/overlays/phish.yaml'])
  })

  test('refuses each of two tenants that wrote the same overlay', () => {
    const both = ['acme/south', 'acme/north/contoso'].map((path) => overlay(path, 'phish', '1.0.0', patch))
    expect(frozenOf(resolveFiles(tree, phish, readOnly, ...both))).toEqual({
      'acme/north/contoso': 'not-customisable',
      'acme/south': 'not-customisable',
    })
  })

  test('is not to be had with changes by a tenant below one that receives it', () => {
    const child = tenant('acme/south/retail')
    const state = resolveFiles(tree, child, phish, readOnly, overlay('acme/south', 'phish', '1.0.0', patch))
    expect(frozenOf(state)).toMatchObject({ 'acme/south/retail': 'not-customisable' })
  })

  test('lets a sub-MSP that does not receive it itself customise it for its customers', () => {
    const state = resolveFiles(tree, phish, readOnly, overlay('acme/north', 'phish', '1.0.0', patch))
    expect(frozenOf(state)).toEqual({})
  })

  test('is not to be had as a clone', () => {
    const clone = Object.values(release('phish', '1.0.0', oneStep))[0]?.replace(
      'name: phish',
      'name: phish, annotations: { headwater.dev/base: phish@1.0.0 }',
    )
    const state = resolveFiles(tree, phish, readOnly, {
      'tenants/acme/south/workflows/phish/workflow.yaml': clone as string,
    })
    expect(frozenOf(state)).toEqual({ 'acme/south': 'not-customisable' })
  })
})

test('a share that cannot be read freezes everybody its owner could reach', () => {
  const state = resolveFiles(tree, phish, broken('tenants/acme/north/policies/shares/ours.yaml'))
  expect(Object.keys(frozenOf(state))).toEqual(['acme/north', 'acme/north/contoso'])
})
