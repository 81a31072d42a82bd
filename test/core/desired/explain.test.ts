import { describe, expect, test } from 'vitest'
import {
  type ExplainedField,
  explainTenant,
  explainWorkflow,
  layersOf,
  type Source,
} from '../../../controller/core/desired/index.ts'
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
import { workflowOf } from '../../fakes/fleet-answers.ts'

const fleet = {
  ...tenantsDownTo('acme/north/contoso'),
  ...release(
    'phish',
    '1.0.0',
    'minutesSaved: 5\nsteps: [{ id: find, set: { hours: 24 } }, { id: tell, name: Tell, set: { text: found } }]',
  ),
  ...channels('phish', '{ stable: 1.0.0 }'),
  ...share('all', 'phish'),
}
const overlays = (patches: Record<string, string>): Files =>
  Object.assign({}, ...Object.entries(patches).map(([owner, patch]) => overlay(owner, 'phish', '1.0.0', patch)))
const explain = (patches: Record<string, string>, path = 'acme/north/contoso') => {
  const state = resolveFiles(fleet, overlays(patches))
  return explainWorkflow(state, workflowOf(state, path, 'phish')).map(told)
}
const said = ({ owner, value }: Source): string =>
  `${owner || 'template'}: ${value === undefined ? 'taken away' : JSON.stringify(value)}`
const told = ({ path, value, setBy, overrode }: ExplainedField) => ({
  path,
  value,
  by: [setBy, ...overrode].map(said),
})

describe('the fields of a workflow that somebody customised', () => {
  test('are none where nobody did', () => {
    expect(explain({})).toEqual([])
  })

  test('say who set them and what that overrode, nearest first, down to the template', () => {
    expect(
      explain({ acme: 'minutesSaved: 6', 'acme/north': 'minutesSaved: 7', 'acme/north/contoso': 'minutesSaved: 8' }),
    ).toEqual([
      {
        path: '/spec/minutesSaved',
        value: 8,
        by: ['acme/north/contoso: 8', 'acme/north: 7', 'acme: 6', 'template: 5'],
      },
    ])
  })

  test('leave out a level that said nothing about them', () => {
    const fields = explain({
      acme: 'minutesSaved: 6',
      'acme/north': 'title: Other',
      'acme/north/contoso': 'minutesSaved: 8',
    })
    expect(fields.find(({ path }) => path === '/spec/minutesSaved')?.by).toEqual([
      'acme/north/contoso: 8',
      'acme: 6',
      'template: 5',
    ])
  })

  test('name file and path of each', () => {
    const state = resolveFiles(fleet, overlays({ 'acme/north': 'steps: [{ id: find, set: { hours: 72 } }]' }))
    const [field] = explainWorkflow(state, workflowOf(state, 'acme/north', 'phish'))
    expect([field?.setBy, ...(field?.overrode ?? [])].map((each) => [each?.file, each?.pathInFile])).toEqual([
      ['tenants/acme/north/overlays/phish.yaml', '/spec/patch/steps/[id=find]/set/hours'],
      ['workflows/phish/releases/1.0.0.yaml', '/spec/steps/[id=find]/set/hours'],
    ])
  })

  test('that were taken away have no value', () => {
    expect(explain({ 'acme/north': 'minutesSaved: null' })).toEqual([
      { path: '/spec/minutesSaved', value: undefined, by: ['acme/north: taken away', 'template: 5'] },
    ])
  })

  test('that were taken away and put back say both', () => {
    expect(explain({ acme: 'minutesSaved: null', 'acme/north': 'minutesSaved: 9' })[0]?.by).toEqual([
      'acme/north: 9',
      'acme: taken away',
      'template: 5',
    ])
  })

  test('that somebody added have no template', () => {
    expect(explain({ 'acme/north': 'steps: [{ id: log, set: { a: 1 } }]' })).toEqual([
      {
        path: '/spec/steps/[id=log]',
        value: { id: 'log', set: { a: 1 } },
        by: ['acme/north: {"id":"log","set":{"a":1}}'],
      },
    ])
  })

  test('inside a step that a level above added tell of that level', () => {
    const fields = explain({
      'acme/north': 'steps: [{ id: log, set: { a: 1 } }]',
      'acme/north/contoso': 'steps: [{ id: log, set: { a: 2 } }]',
    })
    expect(fields).toEqual([
      {
        path: '/spec/steps/[id=log]',
        value: { id: 'log', set: { a: 2 } },
        by: ['acme/north: {"id":"log","set":{"a":1}}'],
      },
      { path: '/spec/steps/[id=log]/set/a', value: 2, by: ['acme/north/contoso: 2', 'acme/north: 1'] },
    ])
  })

  test('inside a step that a level below takes away are told with that step, and not as if they still held', () => {
    const fields = explain({
      'acme/north': 'steps: [{ id: tell, name: Ring }]',
      'acme/north/contoso': 'steps: [{ id: tell, $delete: true }]',
    })
    expect(fields).toEqual([
      {
        path: '/spec/steps/[id=tell]',
        value: undefined,
        by: [
          'acme/north/contoso: taken away',
          'acme/north: {"id":"tell","name":"Ring","set":{"text":"found"}}',
          'template: {"id":"tell","name":"Tell","set":{"text":"found"}}',
        ],
      },
    ])
  })

  test('are told beside the order of the list they stand in', () => {
    const fields = explain({ 'acme/north': 'steps: [{ id: tell, $move: { before: find }, name: Ring }]' })
    expect(fields.map(({ path }) => path)).toEqual(['/spec/steps/[id=tell]/name', '/spec/steps'])
  })
})

test('tenants that wrote the same overlay are each told of their own file', () => {
  const state = resolveFiles(
    fleet,
    tenant('acme/east'),
    overlays({ 'acme/east': 'minutesSaved: 6', 'acme/north': 'minutesSaved: 6' }),
  )
  for (const path of ['acme/east', 'acme/north'])
    expect(explainWorkflow(state, workflowOf(state, path, 'phish'))[0]?.setBy.owner).toBe(path)
})

test('the layers of a workflow, from the template down', () => {
  const state = resolveFiles(fleet, overlays({ acme: 'minutesSaved: 6', 'acme/north/contoso': 'minutesSaved: 8' }))
  expect(layersOf(workflowOf(state, 'acme/north/contoso', 'phish'))).toEqual([
    { owner: '', file: 'workflows/phish/releases/1.0.0.yaml' },
    { owner: 'acme', file: 'tenants/acme/overlays/phish.yaml', base: '1.0.0' },
    { owner: 'acme/north/contoso', file: 'tenants/acme/north/contoso/overlays/phish.yaml', base: '1.0.0' },
  ])
})

describe('tags and values of a tenant', () => {
  const fields = (...files: readonly Files[]) => {
    const node = resolveFiles(fleet, ...files).hierarchy.nodes.get('acme/north/contoso')
    return node ? explainTenant(node).map(told) : []
  }

  test('say who set them and what that overrode', () => {
    expect(
      fields(
        tenant('acme', 'tags: { tier: bronze }\nvalues: { desk: soc }'),
        tenant('acme/north/contoso', 'tags: { tier: gold }'),
      ),
    ).toEqual([
      { path: '/tags/tier', value: 'gold', by: ['acme/north/contoso: "gold"', 'acme: "bronze"'] },
      { path: '/values/desk', value: 'soc', by: ['acme: "soc"'] },
    ])
  })

  test('are told key by key where maps merge', () => {
    const above = tenant('acme', 'values: { hours: { from: 8, to: 18 }, list: [1] }')
    expect(fields(above, tenant('acme/north', 'values: { hours: { to: 24 }, list: [2] }'))).toEqual([
      { path: '/values/hours/from', value: 8, by: ['acme: 8'] },
      { path: '/values/hours/to', value: 24, by: ['acme/north: 24', 'acme: 18'] },
      { path: '/values/list', value: [2], by: ['acme/north: [2]', 'acme: [1]'] },
    ])
  })

  test('of another shape are replaced as a whole', () => {
    expect(
      fields(tenant('acme', 'values: { hours: { from: 8 } }'), tenant('acme/north', 'values: { hours: always }')),
    ).toEqual([{ path: '/values/hours', value: 'always', by: ['acme/north: "always"', 'acme: {"from":8}'] }])
  })
})
