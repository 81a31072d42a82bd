import { describe, expect, test } from 'vitest'
import {
  broken,
  channels,
  type Files,
  overlay,
  release,
  resolveFiles,
  share,
  tenant,
  tenantsDownTo,
} from '../../fakes/fleet-files.ts'
import { errorsOf, frozenOf, receives, workflowOf } from '../../fakes/fleet-answers.ts'

const tree = { ...tenantsDownTo('acme/north/contoso'), ...tenant('acme/south') }
const phish = {
  ...release(
    'phish',
    '1.0.0',
    'locks: [{ path: "/spec/steps/[id=audit]", mode: value }]\nsteps: [{ id: audit, set: { to: archive } }, { id: tell, set: { text: found } }]',
  ),
  ...channels('phish', '{ stable: 1.0.0 }'),
  ...share('all', 'phish'),
}
const lock = 'locks: [{ path: "/spec/steps/[id=audit]", mode: value }]\n'
const audit = '{ id: audit, set: { to: archive } }'
const clonePath = 'tenants/acme/north/workflows/phish/workflow.yaml'
const clone = (spec: string, base = 'phish@1.0.0', path = clonePath): Files => ({
  [path]: (Object.values(release('phish', '1.0.0', spec))[0] as string).replace(
    'name: phish',
    `name: phish, annotations: { headwater.dev/base: "${base}" }`,
  ),
})
const own = clone(`${lock}steps: [${audit}, { id: own, set: { text: north } }]`)
const ids = (state: ReturnType<typeof resolveFiles>, path: string) =>
  workflowOf(state, path, 'phish').spec.steps.map(({ id }) => id)

describe('a clone', () => {
  test('stands in for the workflow from its owner down, and for nobody else', () => {
    const state = resolveFiles(tree, phish, own)
    expect(['acme', 'acme/north', 'acme/north/contoso', 'acme/south'].map((path) => ids(state, path).join())).toEqual([
      'audit,tell',
      'audit,own',
      'audit,own',
      'audit,tell',
    ])
    expect(workflowOf(state, 'acme/north/contoso', 'phish').owner).toBe('acme/north')
    expect(errorsOf(state)).toEqual([])
  })

  test('can be customised further down', () => {
    const state = resolveFiles(
      tree,
      phish,
      own,
      overlay('acme/north/contoso', 'phish', '1.0.0', 'steps: [{ id: own, set: { text: contoso } }]'),
    )
    expect(workflowOf(state, 'acme/north/contoso', 'phish').spec.steps[1]?.set).toEqual({ text: 'contoso' })
  })

  test('leaves overlays above it behind', () => {
    const state = resolveFiles(
      tree,
      phish,
      own,
      overlay('acme', 'phish', '1.0.0', 'steps: [{ id: tell, set: { text: acme } }]'),
    )
    expect(ids(state, 'acme/north/contoso')).toEqual(['audit', 'own'])
  })

  test('that cannot be read freezes its users: nobody falls back to the original', () => {
    const state = resolveFiles(tree, phish, own, broken(clonePath))
    expect(frozenOf(state)).toEqual({ 'acme/north': 'frozen-by', 'acme/north/contoso': 'frozen-by' })
    expect(receives(state, 'acme/south')).toEqual(['phish@1.0.0'])
  })

  test.each([
    ['another workflow than its folder is called after', 'fish@1.0.0', 'unknown-workflow'],
    ['a release that is not there', 'phish@7.0.0', 'unknown-release'],
    ['no release', 'phish', 'unknown-release'],
  ])('that names %s is an error, and its subtree waits', (_, base, code) => {
    const state = resolveFiles(tree, phish, clone(`${lock}steps: [${audit}]`, base))
    expect(errorsOf(state)).toContain(`${code} ${clonePath}`)
    expect(Object.keys(frozenOf(state))).toEqual(['acme/north', 'acme/north/contoso'])
  })

  test.each([
    ['changes what is locked', `${lock}steps: [{ id: audit, set: { to: nowhere } }]`],
    ['leaves out what is locked', `${lock}steps: [{ id: own, set: { a: 1 } }]`],
    ['leaves out the lock', `steps: [${audit}]`],
  ])('that %s is no way around a lock', (_, spec) => {
    const state = resolveFiles(tree, phish, clone(spec))
    expect(frozenOf(state)).toEqual({ 'acme/north': 'locked', 'acme/north/contoso': 'locked' })
    expect(errorsOf(state)).toEqual([`locked ${clonePath}`])
  })

  test('hands the locks of those above it to those below it', () => {
    const locker = overlay(
      'acme',
      'phish',
      '1.0.0',
      'minutesSaved: 1',
      'locks: [{ path: "/spec/steps/[id=tell]/set", mode: value }]',
    )
    const kept = clone(`minutesSaved: 1\n${lock}steps: [${audit}, { id: tell, set: { text: found } }]`)
    const below = overlay('acme/north/contoso', 'phish', '1.0.0', 'steps: [{ id: tell, set: { text: other } }]')
    const state = resolveFiles(tree, phish, locker, kept, below)
    expect(frozenOf(state)).toEqual({ 'acme/north/contoso': 'locked' })
    expect(state.problems[0]?.message).toBe('/spec/steps/[id=tell]/set/text is locked by acme')
  })

  test('keeps the locks of a sub-MSP above it', () => {
    const path = 'tenants/acme/north/contoso/workflows/phish/workflow.yaml'
    const northern = overlay(
      'acme/north',
      'phish',
      '1.0.0',
      'minutesSaved: 1',
      'locks: [{ path: "/spec/steps/[id=tell]", mode: delete }]',
    )
    const state = resolveFiles(tree, phish, northern, clone(`${lock}steps: [${audit}]`, 'phish@1.0.0', path))
    expect(frozenOf(state)).toEqual({ 'acme/north/contoso': 'locked' })
  })
})

test('two clones, one below the other: the nearer one counts', () => {
  const path = 'tenants/acme/north/contoso/workflows/phish/workflow.yaml'
  const nearer = clone(`${lock}steps: [${audit}, { id: nearest, set: { a: 1 } }]`, 'phish@1.0.0', path)
  const state = resolveFiles(tree, phish, own, nearer)
  expect([ids(state, 'acme/north').join(), ids(state, 'acme/north/contoso').join()]).toEqual([
    'audit,own',
    'audit,nearest',
  ])
})
