import { describe, expect, test } from 'vitest'
import {
  channels,
  overlay,
  release,
  resolveFiles,
  share,
  tenant,
  tenantsDownTo,
  type Files,
} from '../../fakes/fleet-files.ts'
import { errorsOf, frozenOf, receives, workflowOf } from '../../fakes/fleet-answers.ts'

const tree = { ...tenantsDownTo('acme/north/contoso'), ...tenant('acme/south') }
const steps = `
steps:
  - { id: audit, set: { to: archive, keep: { years: 7, copies: 2 } } }
  - { id: tell, set: { text: found } }`
const phish = (version: string, locks = ''): Files => release('phish', version, `${locks}${steps}`)
const fleet = { ...tree, ...share('all', 'phish'), ...channels('phish', '{ stable: 1.0.0 }') }
const north = (patch: string, rest = ''): Files => overlay('acme/north', 'phish', '1.0.0', patch, rest)
const contoso = (patch: string): Files => overlay('acme/north/contoso', 'phish', '1.0.0', patch)
const messages = (state: ReturnType<typeof resolveFiles>) =>
  state.problems.map(({ message, path }) => `${path}: ${message}`)

describe('a lock of the template', () => {
  const locked = phish('1.0.0', 'locks: [{ path: "/spec/steps/[id=audit]", mode: value, message: law }]')

  test.each([
    ['a leaf', 'steps: [{ id: audit, set: { to: nowhere } }]', '/spec/steps/[id=audit]/set/to'],
    ['a deeper leaf', 'steps: [{ id: audit, set: { keep: { years: 1 } } }]', '/spec/steps/[id=audit]/set/keep/years'],
    ['the whole item', 'steps: [{ id: audit, $delete: true }]', '/spec/steps/[id=audit]'],
    ['the list around it', 'steps: { $replace: true, $add: [] }', undefined],
  ])('refuses to change %s', (_, patch, path) => {
    const state = resolveFiles(fleet, locked, north(patch))
    expect(Object.keys(frozenOf(state))).toEqual(['acme/north', 'acme/north/contoso'])
    if (path)
      expect(messages(state)[0]).toBe(
        `${path.replace('/spec', '/spec/patch')}: ${path} is locked by the template phish: law`,
      )
  })

  test('leaves everything else free', () => {
    expect(frozenOf(resolveFiles(fleet, locked, north('steps: [{ id: tell, set: { text: new } }]')))).toEqual({})
  })

  test('holds for every level below, also where a patch between would take the lock away', () => {
    for (const patch of [
      'locks: null',
      'locks: [{ path: "/spec/steps/[id=audit]", $delete: true }]',
      'locks: [{ path: "/spec/steps/[id=audit]", mode: delete }]',
    ]) {
      const state = resolveFiles(fleet, locked, north(patch), contoso('steps: [{ id: audit, set: { to: nowhere } }]'))
      expect(frozenOf(state), patch).toEqual({ 'acme/north': 'locked', 'acme/north/contoso': 'locked' })
    }
  })

  test.each([
    [
      'delete',
      'steps: [{ id: audit, $delete: true }]',
      'steps: [{ id: audit, set: { to: nowhere } }]',
      '/spec/steps/[id=audit]',
    ],
    ['insert', 'steps: [{ id: more, set: { a: 1 } }]', 'steps: [{ id: tell, set: { text: new } }]', '/spec/steps'],
    ['order', 'steps: [{ id: tell, $move: { before: audit } }]', 'steps: [{ id: more, set: { a: 1 } }]', '/spec/steps'],
    [
      'subtree',
      'steps: [{ id: audit, set: { more: 1 } }]',
      'steps: [{ id: tell, set: { text: new } }]',
      '/spec/steps/[id=audit]',
    ],
  ])('of the mode %s', (mode, refused, allowed, path) => {
    const own = phish('1.0.0', `locks: [{ path: "${path}", mode: ${mode} }]`)
    expect(frozenOf(resolveFiles(fleet, own, north(refused)))).toMatchObject({ 'acme/north': 'locked' })
    expect(frozenOf(resolveFiles(fleet, own, north(allowed)))).toEqual({})
  })
})

describe('a lock of a sub-MSP', () => {
  const lock = 'locks: [{ path: "/spec/steps/[id=audit]/set/to", mode: value }]'

  test('lets itself change the path, and nobody below', () => {
    const own = north('steps: [{ id: audit, set: { to: north } }]', lock)
    const state = resolveFiles(fleet, phish('1.0.0'), own, contoso('steps: [{ id: audit, set: { to: nowhere } }]'))
    expect(frozenOf(state)).toEqual({ 'acme/north/contoso': 'locked' })
    expect(messages(state)).toEqual([
      '/spec/patch/steps/[id=audit]/set/to: /spec/steps/[id=audit]/set/to is locked by acme/north',
    ])
  })

  test('says nothing to the neighbours', () => {
    const elsewhere = overlay('acme/south', 'phish', '1.0.0', 'steps: [{ id: audit, set: { to: south } }]')
    expect(frozenOf(resolveFiles(fleet, phish('1.0.0'), north('minutesSaved: 1', lock), elsewhere))).toEqual({})
  })

  test('is named after its owner, although another tenant wrote the same file', () => {
    const file = (owner: string) => overlay(owner, 'phish', '1.0.0', 'minutesSaved: 1', lock)
    const below = contoso('steps: [{ id: audit, set: { to: nowhere } }]')
    const state = resolveFiles(fleet, tenant('acme/east'), phish('1.0.0'), file('acme/east'), file('acme/north'), below)
    expect(messages(state)[0]).toContain('is locked by acme/north')
  })

  test('cannot weaken one of the template', () => {
    const locked = phish('1.0.0', 'locks: [{ path: "/spec/steps/[id=audit]/set/to", mode: value }]')
    const state = resolveFiles(
      fleet,
      locked,
      north('minutesSaved: 1', 'locks: [{ path: "/spec/steps/[id=audit]/set/to", mode: delete }]'),
      contoso('steps: [{ id: audit, set: { to: nowhere } }]'),
    )
    expect(frozenOf(state)).toEqual({ 'acme/north/contoso': 'locked' })
  })
})

test('a lock that comes with a new release holds those it would overrule, instead of dropping their edit', () => {
  const locked = phish('2.0.0', 'locks: [{ path: "/spec/steps/[id=audit]/set/to", mode: value }]')
  const state = resolveFiles(
    fleet,
    phish('1.0.0'),
    locked,
    channels('phish', '{ stable: 2.0.0 }'),
    contoso('steps: [{ id: audit, set: { to: contoso } }]'),
  )
  expect([receives(state, 'acme/north/contoso'), receives(state, 'acme/north')]).toEqual([
    ['phish@1.0.0'],
    ['phish@2.0.0'],
  ])
  expect(workflowOf(state, 'acme/north/contoso', 'phish').held?.at.conflicts).toMatchObject([
    { type: 'locked', ours: 'contoso', theirs: 'archive', lock: { lockedBy: 'the template phish' } },
  ])
  expect(errorsOf(state)).toEqual([])
})

describe('an exemption', () => {
  const lock = (exempt = '') => `locks: [{ path: "/spec/steps/[id=audit]/set/to", mode: value${exempt} }]`
  const granted = (to: string) => `, exempt: [{ tenant: ${to}, reason: "archive of their own" }]`
  const edit = contoso('steps: [{ id: audit, set: { to: nowhere } }]')
  const to = (state: ReturnType<typeof resolveFiles>, path = 'acme/north/contoso') =>
    workflowOf(state, path, 'phish').spec.steps[0]?.set?.['to']

  test.each(['acme/north/contoso', 'acme/north'])('for %s at the level of the lock lets the edit stand', (path) => {
    expect(to(resolveFiles(fleet, phish('1.0.0'), edit, north('minutesSaved: 1', lock(granted(path)))))).toBe('nowhere')
  })

  test('is nobody else’s: an equal overlay of another tenant stays locked', () => {
    const lucerne = overlay('acme/north/lucerne', 'phish', '1.0.0', 'steps: [{ id: audit, set: { to: nowhere } }]')
    const state = resolveFiles(
      fleet,
      tenant('acme/north/lucerne'),
      phish('1.0.0'),
      edit,
      lucerne,
      north('minutesSaved: 1', lock(granted('acme/north/contoso'))),
    )
    expect(frozenOf(state)).toEqual({ 'acme/north/lucerne': 'locked' })
    expect(to(state)).toBe('nowhere')
  })

  test('from a lock of the template stands in the head, and holds for every release', () => {
    const [[, head] = []] = Object.entries(phish('1.0.1', `${lock(granted('acme/north'))}\n`))
    const files = { ...fleet, ...phish('1.0.0', lock()), 'workflows/phish/workflow.yaml': head ?? '' }
    expect(to(resolveFiles(files, edit))).toBe('nowhere')
  })

  test('that a tenant grants itself counts for nothing', () => {
    const files = [fleet, phish('1.0.0', lock()), edit] as const
    const own = overlay(
      'acme/north/contoso',
      'phish',
      '1.0.0',
      'steps: [{ id: audit, set: { to: nowhere } }]',
      lock(granted('acme/north/contoso')),
    )
    for (const more of [own, north('minutesSaved: 1', lock(granted('acme/north/contoso')))])
      expect(frozenOf(resolveFiles(...files, more))).toEqual({ 'acme/north/contoso': 'locked' })
  })

  test('is what a refused or held tenant is told to ask for, and where', () => {
    const state = resolveFiles(fleet, phish('1.0.0'), edit, north('minutesSaved: 1', lock()))
    expect(state.problems[0]?.hint).toBe(
      'take it out, or ask acme/north to add `exempt: [{ tenant: …, reason: … }]` to the lock in tenants/acme/north/overlays/phish.yaml',
    )
  })
})
