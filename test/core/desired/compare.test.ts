import { expect, test } from 'vitest'
import { compareStates } from '../../../controller/core/desired/index.ts'
import {
  broken,
  channels,
  oneStep,
  overlay,
  release,
  resolveFiles,
  share,
  tenant,
  tenantsDownTo,
  without,
  workflow,
} from '../../fakes/fleet-files.ts'

const steps = (text: string): string => `steps: [{ id: note, set: { text: ${text} } }, { id: more, set: { a: 1 } }]`
const fleet = {
  ...tenantsDownTo('acme/north/contoso'),
  ...tenant('acme/south'),
  ...release('phish', '1.0.0', steps('old')),
  ...release('phish', '2.0.0', steps('new')),
  ...channels('phish', '{ stable: 1.0.0 }'),
  ...share('all', 'phish'),
  ...overlay('acme/north', 'phish', '1.0.0', 'steps: [{ id: more, set: { a: 2 } }]'),
}
const before = resolveFiles(fleet)
const compare = (...changes: readonly Record<string, string>[]) =>
  compareStates(before, resolveFiles(fleet, ...changes))

test('a promotion is told once, with the fields that differ and everybody who has it, customised or not', () => {
  const { effects, problems } = compare(channels('phish', '{ stable: 2.0.0 }'))
  expect(problems).toEqual([])
  expect(effects.map((effect) => ({ ...effect, tenants: [...effect.tenants].sort() }))).toEqual([
    {
      workflow: 'phish',
      kind: 'updated',
      releases: { from: '1.0.0', to: '2.0.0' },
      tenants: ['acme', 'acme/north', 'acme/north/contoso', 'acme/south'],
      fields: [
        { path: '/spec/version', kind: 'modified', from: '1.0.0', to: '2.0.0' },
        { path: '/spec/steps/[id=note]/set/text', kind: 'modified', from: 'old', to: 'new' },
      ],
    },
  ])
})

test('another difference at one tenant is another effect, and the widest comes first', () => {
  const one = share('canary', '[{ name: phish, range: ^2.0.0 }]', 'to: {}', 'acme/south')
  const { effects } = compare(one, overlay('acme/north', 'phish', '1.0.0', 'minutesSaved: 3'))
  expect(effects.map(({ tenants }) => tenants)).toEqual([['acme/north', 'acme/north/contoso'], ['acme/south']])
})

test('an added step is told as one field, a reordered list by its path', () => {
  const patch = 'steps: [{ id: more, $move: { before: note } }, { id: extra, set: { x: 1, y: 2 } }]'
  const [effect] = compare(overlay('acme/south', 'phish', '1.0.0', patch)).effects
  expect(effect?.fields).toEqual([
    { path: '/spec/steps/[id=extra]', kind: 'added', to: { id: 'extra', set: { x: 1, y: 2 } } },
    { path: '/spec/steps', kind: 'reordered', from: expect.anything(), to: expect.anything() },
  ])
})

test('a workflow that comes and one that goes', () => {
  const { effects } = compare(workflow('fish', oneStep), share('all', 'fish', 'to: { subtree: acme/south }'))
  expect(effects.map(({ kind, workflow: name, tenants, releases }) => [kind, name, tenants.length, releases])).toEqual([
    ['removed', 'phish', 4, { from: '1.0.0' }],
    ['added', 'fish', 1, { to: '1.0.0' }],
  ])
})

test('a change of values touches the tenant and no workflow', () => {
  const { effects, contextOnly, digests } = compare(tenant('acme/north', 'values: { desk: north }'))
  expect([effects, contextOnly, [...digests.keys()]]).toEqual([
    [],
    ['acme/north', 'acme/north/contoso'],
    ['acme/north', 'acme/north/contoso'],
  ])
})

test('a tenant that moves keeps its workflows', () => {
  const files = without(fleet, 'tenants/acme/south/tenant.yaml')
  const uid = before.hierarchy.nodes.get('acme/south')?.uid
  const { plan, effects, contextOnly } = compareStates(before, resolveFiles(files, tenant('acme/east', '', uid)))
  expect([plan.changes.map(({ kind }) => kind), effects, contextOnly]).toEqual([['move'], [], ['acme/east']])
})

test('a tenant that is removed gives back all it had', () => {
  const { effects } = compareStates(before, resolveFiles(without(fleet, 'tenants/acme/south/tenant.yaml')))
  expect(effects).toMatchObject([{ kind: 'removed', workflow: 'phish', tenants: ['acme/south'] }])
})

test('only errors that were not there before are told', () => {
  const old = resolveFiles(fleet, broken('policies/roles/a.yaml'))
  const { problems, plan } = compareStates(
    old,
    resolveFiles(fleet, broken('policies/roles/a.yaml'), broken('tenants/acme/south/tenant.yaml')),
  )
  expect(problems.map(({ place }) => place?.file)).toEqual(['tenants/acme/south/tenant.yaml'])
  expect(plan.frozen.map(({ path }) => path)).toEqual(['acme/south'])
})
