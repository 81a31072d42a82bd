import { describe, expect, test } from 'vitest'
import {
  channels,
  type Files,
  overlay,
  release,
  resolveFiles,
  share,
  tenant,
  tenantsDownTo,
} from '../../fakes/fleet-files.ts'
import { errorsOf, frozenOf, problemsOf, receives, workflowOf } from '../../fakes/fleet-answers.ts'

const tree = {
  ...tenantsDownTo('acme/north/contoso'),
  ...tenant('acme/north/marlow'),
  ...tenantsDownTo('acme/south/solano'),
}
const phish = (version: string, set: string, rest = ''): Files =>
  release('phish', version, `${rest}\nsteps: [{ id: find, set: { ${set} } }, { id: tell, set: { text: found } }]`)
const releases = {
  ...phish('1.0.0', 'hours: 24, mail: soc'),
  ...phish('1.1.0', 'hours: 24, mail: soc, deep: true'),
  ...phish('2.0.0', 'hours: 48, mail: soc, deep: true'),
  ...share('all', 'phish'),
}
const stable = (version: string): Files => channels('phish', `{ stable: ${version} }`)
const hours = (owner: string, value: number): Files =>
  overlay(owner, 'phish', '1.0.0', `steps: [{ id: find, set: { hours: ${value} } }]`)
const find = (state: ReturnType<typeof resolveFiles>, path: string) =>
  workflowOf(state, path, 'phish').spec.steps[0]?.set

describe('a channel that moves', () => {
  test('takes along every overlay that changed something else', () => {
    const mail = overlay('acme/north', 'phish', '1.0.0', 'steps: [{ id: find, set: { mail: north } }]')
    const state = resolveFiles(tree, releases, stable('2.0.0'), mail)
    expect(find(state, 'acme/north/contoso')).toEqual({ hours: 48, mail: 'north', deep: true })
    expect(receives(state, 'acme/north/contoso')).toEqual(['phish@2.0.0'])
    expect(errorsOf(state)).toEqual([])
  })

  test('takes along an overlay at the customer over one of the sub-MSP, each from its own base', () => {
    const state = resolveFiles(
      tree,
      releases,
      stable('2.0.0'),
      overlay('acme/north', 'phish', '1.1.0', 'steps: [{ id: find, set: { mail: north } }]'),
      overlay('acme/north/contoso', 'phish', '1.0.0', 'steps: [{ id: find, set: { more: 1 } }]'),
    )
    expect(find(state, 'acme/north/contoso')).toEqual({ hours: 48, mail: 'north', deep: true, more: 1 })
  })

  test('that moves back gives back what was there before', () => {
    const before = workflowOf(resolveFiles(tree, releases, stable('1.0.0')), 'acme', 'phish')
    const after = workflowOf(resolveFiles(tree, releases, stable('1.0.0'), phish('3.0.0', 'hours: 1')), 'acme', 'phish')
    expect(after.digest).toBe(before.digest)
  })
})

describe('an overlay that conflicts with the new release', () => {
  const state = resolveFiles(tree, releases, stable('2.0.0'), hours('acme/north', 72))

  test('holds its level and all below it at the newest release that merges cleanly', () => {
    expect(['acme/north', 'acme/north/contoso', 'acme/north/marlow'].map((path) => receives(state, path))).toEqual([
      ['phish@1.1.0'],
      ['phish@1.1.0'],
      ['phish@1.1.0'],
    ])
    expect(find(state, 'acme/north/contoso')).toEqual({ hours: 72, mail: 'soc', deep: true })
  })

  test('holds nobody else', () => {
    expect([receives(state, 'acme'), receives(state, 'acme/south/solano')]).toEqual([['phish@2.0.0'], ['phish@2.0.0']])
    expect(frozenOf(state)).toEqual({})
  })

  test('is told once, at the level that owns it, with what the two sides say', () => {
    expect(state.problems).toMatchObject([
      {
        code: 'held-back',
        severity: 'warning',
        tenant: 'acme/north',
        place: { file: 'tenants/acme/north/overlays/phish.yaml' },
      },
    ])
    const { held, wanted } = workflowOf(state, 'acme/north/contoso', 'phish')
    expect([held?.wanted, wanted, held?.at.level.owner]).toEqual(['2.0.0', '2.0.0', 'acme/north'])
    expect(held?.at.conflicts).toMatchObject([
      { path: ['spec', 'steps', { id: 'find' }, 'set', 'hours'], type: 'edit/edit', base: 24, ours: 72, theirs: 48 },
    ])
  })

  test('with one of the customer: what the sub-MSP is held at is what the customer merges with', () => {
    const both = resolveFiles(
      tree,
      releases,
      stable('2.0.0'),
      hours('acme/north', 72),
      overlay('acme/north/contoso', 'phish', '1.0.0', 'steps: [{ id: find, set: { deep: false } }]'),
    )
    expect(receives(both, 'acme/north/contoso')).toEqual(['phish@1.0.0'])
    expect(receives(both, 'acme/north/marlow')).toEqual(['phish@1.1.0'])
  })

  test('at the customer alone leaves the sub-MSP and the neighbours alone', () => {
    const one = resolveFiles(tree, releases, stable('2.0.0'), hours('acme/north/contoso', 72))
    expect(receives(one, 'acme/north/contoso')).toEqual(['phish@1.1.0'])
    expect([receives(one, 'acme/north'), receives(one, 'acme/north/marlow')]).toEqual([
      ['phish@2.0.0'],
      ['phish@2.0.0'],
    ])
  })

  test('written word for word by two customers is told to each of them', () => {
    const two = resolveFiles(
      tree,
      releases,
      stable('2.0.0'),
      hours('acme/north/contoso', 72),
      hours('acme/south/solano', 72),
    )
    expect(problemsOf(two)).toEqual([
      'held-back tenants/acme/north/contoso/overlays/phish.yaml',
      'held-back tenants/acme/south/solano/overlays/phish.yaml',
    ])
  })

  test('beside a misnamed release file is held all the same', () => {
    const [text] = Object.values(phish('1.0.0', 'hours: 1'))
    const odd = resolveFiles(tree, releases, stable('2.0.0'), hours('acme/north', 72), {
      'workflows/phish/releases/draft.yaml': text as string,
    })
    expect(receives(odd, 'acme/north')).toEqual(['phish@1.1.0'])
  })
})

describe('a step that the new release renames', () => {
  const renamed = release(
    'phish',
    '2.0.0',
    `
    moved: [{ from: find, to: search }]
    steps:
      - { id: search, set: { hours: 24, mail: soc } }
      - { id: tell, set: { text: found } }`,
  )

  test('takes the overlay’s edits and expressions with it', () => {
    const state = resolveFiles(
      tree,
      releases,
      renamed,
      stable('2.0.0'),
      overlay(
        'acme/north',
        'phish',
        '1.0.0',
        `
        steps:
          - { id: find, set: { hours: 72 } }
          - { id: tell, set: { text: "\${{ steps.find.outputs.hours }} h, \${{ steps['find'].outputs.mail }}" } }`,
      ),
    )
    expect(receives(state, 'acme/north')).toEqual(['phish@2.0.0'])
    expect(workflowOf(state, 'acme/north', 'phish').spec.steps).toEqual([
      { id: 'search', set: { hours: 72, mail: 'soc' } },
      { id: 'tell', set: { text: "${{ steps.search.outputs.hours }} h, ${{ steps['search'].outputs.mail }}" } },
    ])
  })

  test('holds an overlay that still reads the old name, where nothing declares the rename', () => {
    const undeclared = { ...renamed }
    const [path, text] = Object.entries(renamed)[0] as [string, string]
    undeclared[path] = text.replace(/\n.*moved:.*/, '')
    const reads = overlay(
      'acme/north',
      'phish',
      '1.0.0',
      'steps: [{ id: tell, set: { text: "${{ steps.find.outputs.hours }}" } }]',
    )
    const state = resolveFiles(tree, releases, undeclared, stable('2.0.0'), reads)
    expect(receives(state, 'acme/north')).toEqual(['phish@1.1.0'])
    expect(workflowOf(state, 'acme/north', 'phish').held?.at.conflicts).toMatchObject([
      { type: 'dangling-reference', reference: { to: 'find', deletedBy: 'theirs', mentionedBy: 'ours' } },
    ])
  })
})

describe.each(['review', 'pinned'])('the mode %s', (mode) => {
  const all = share('all', 'phish', `updates: ${mode}\nto: {}`)

  test('stays at the base of the tenant’s own overlay', () => {
    const state = resolveFiles(tree, releases, all, stable('2.0.0'), hours('acme/north', 72))
    expect(receives(state, 'acme/north')).toEqual(['phish@1.0.0'])
  })

  test('stays at the base for each of two tenants that wrote the same overlay', () => {
    const both = [hours('acme/north/contoso', 72), hours('acme/south/solano', 72)]
    const state = resolveFiles(tree, releases, all, stable('2.0.0'), ...both)
    expect([receives(state, 'acme/north/contoso'), receives(state, 'acme/south/solano')]).toEqual([
      ['phish@1.0.0'],
      ['phish@1.0.0'],
    ])
  })

  test('stays at the pin of the tenant or of one above it', () => {
    const state = resolveFiles(tree, releases, all, stable('2.0.0'), tenant('acme/north', 'pins: { phish: 1.1.0 }'))
    expect([receives(state, 'acme/north'), receives(state, 'acme/north/contoso')]).toEqual([
      ['phish@1.1.0'],
      ['phish@1.1.0'],
    ])
  })

  test('follows the channel where nothing is pinned, and says so', () => {
    const state = resolveFiles(tree, releases, all, stable('2.0.0'))
    expect(receives(state, 'acme')).toEqual(['phish@2.0.0'])
    expect(problemsOf(state)).toContain('not-pinned tenants/acme/tenant.yaml')
  })

  test('may be the tenant’s own, which counts where the share says nothing', () => {
    const pins = tenant('acme/north', `updates: ${mode}\npins: { phish: 1.0.0 }`)
    const state = resolveFiles(tree, releases, stable('2.0.0'), pins)
    expect([receives(state, 'acme/north/contoso'), receives(state, 'acme/south')]).toEqual([
      ['phish@1.0.0'],
      ['phish@2.0.0'],
    ])
  })

  test('pinned to a release that is not there freezes the tenant and shows the pin', () => {
    const state = resolveFiles(
      tree,
      releases,
      all,
      stable('2.0.0'),
      tenant('acme/south/solano', 'pins: { phish: 9.9.9 }'),
    )
    expect(frozenOf(state)).toEqual({ 'acme/south/solano': 'unknown-release' })
    expect(state.tenants.get('acme/south/solano')).toMatchObject({
      cause: { place: { file: 'tenants/acme/south/solano/tenant.yaml' }, path: '/spec/pins/phish' },
    })
  })
})
