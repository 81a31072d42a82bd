import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { actionUses } from '../../../controller/core/desired/bind.ts'
import type { Workflow } from '../../../controller/core/model/generated/kinds.ts'
import { toValue } from '../../../controller/core/model/values.ts'
import {
  action,
  broken,
  connection,
  connector,
  guardrail,
  overlay,
  resolveFiles,
  share,
  tenant,
  tenantsDownTo,
  workflow,
} from '../../fakes/fleet-files.ts'
import { errorsOf, frozenOf, validTenant } from '../../fakes/fleet-answers.ts'

const tree = { ...tenantsDownTo('acme/north/contoso'), ...tenant('acme/south') }
const fleet = {
  ...tree,
  ...action('isolate'),
  ...action('get_user', 'read'),
  ...connector('falcon', ['isolate']),
  ...connector('sentinel', ['isolate']),
  ...connector('okta', ['get_user']),
  ...workflow('contain', 'steps: [{ id: isolate, action: isolate }]'),
  ...share('all', 'contain'),
}
type State = ReturnType<typeof resolveFiles>
const performs = (state: State, path: string, name = 'isolate') =>
  validTenant(state, path).context.bindings[name]?.connections.map(
    (each) => `${each.owner}/${each.name} ${each.connector}`,
  )
const causes = (state: State) =>
  Object.fromEntries(
    [...state.tenants].flatMap(([path, each]) => (each.kind === 'frozen' ? [[path, each.cause.message]] : [])),
  )

describe('who performs an action', () => {
  const atTop = connection('acme', 'edr', 'falcon')

  test('a connection further up, for everybody below', () => {
    expect(performs(resolveFiles(fleet, atTop), 'acme/north/contoso')).toEqual(['acme/edr falcon'])
  })

  test('the nearest level that has one', () => {
    const state = resolveFiles(fleet, atTop, connection('acme/north', 'own-edr', 'sentinel'))
    expect(performs(state, 'acme/north/contoso')).toEqual(['acme/north/own-edr sentinel'])
    expect(performs(state, 'acme/south')).toEqual(['acme/edr falcon'])
  })

  test('a nearer connection for something else changes nothing', () => {
    expect(performs(resolveFiles(fleet, atTop, connection('acme/north', 'idp', 'okta')), 'acme/north')).toEqual([
      'acme/edr falcon',
    ])
  })

  test('the connection that the tenant or one above it names, as the tenant sees that name', () => {
    const state = resolveFiles(
      fleet,
      connection('acme', 'one', 'falcon'),
      connection('acme', 'two', 'sentinel'),
      connection('acme/south', 'two', 'falcon'),
      tenant('acme', 'bindings: { isolate: [two] }'),
    )
    expect(performs(state, 'acme/north/contoso')).toEqual(['acme/two sentinel'])
    expect(performs(state, 'acme/south')).toEqual(['acme/south/two falcon'])
  })

  test('several, where several are named, in that order', () => {
    const state = resolveFiles(
      fleet,
      connection('acme', 'one', 'falcon'),
      connection('acme', 'two', 'sentinel'),
      tenant('acme', 'bindings: { isolate: [two, one] }'),
    )
    expect(performs(state, 'acme')).toEqual(['acme/two sentinel', 'acme/one falcon'])
  })

  test('what is bound says where, with which secret, and to which connector', () => {
    const own = connection(
      'acme',
      'edr',
      'falcon',
      'secret: token\nallowedOrigins: [https://auth.example]\nsettings: { site: "7" }',
    )
    const state = resolveFiles(fleet, own)
    const { effect, connections } = validTenant(state, 'acme').context.bindings['isolate'] ?? {}
    expect({ effect, connections }).toEqual({
      effect: 'contain',
      connections: [
        {
          name: 'edr',
          owner: 'acme',
          connector: 'falcon',
          connectorDigest: [...state.connectors].find(([, spec]) => spec.product === 'falcon')?.[0],
          baseUrl: 'https://edr.example',
          allowedOrigins: ['https://auth.example'],
          secret: 'token',
          settings: { site: '7' },
        },
      ],
    })
  })

  test('a tenant without workflows needs no connection', () => {
    const { [`policies/shares/all.yaml`]: _, ...unshared } = fleet as Record<string, string>
    expect(frozenOf(resolveFiles(unshared))).toEqual({})
  })
})

describe('what cannot be bound freezes the tenants that need it', () => {
  const edr = connection('acme', 'edr', 'falcon')

  test.each<[string, ReturnType<typeof tenant>, Record<string, string>, string]>([
    [
      'nobody performs it',
      {},
      { acme: 'missing-binding' },
      'no connection of acme performs `isolate` (needed by contain)',
    ],
    [
      'several could, and nothing says which',
      { ...edr, ...connection('acme', 'other', 'sentinel') },
      { acme: 'ambiguous-binding' },
      '`isolate` may be performed by edr, other for acme (needed by contain)',
    ],
    [
      'a connection is named that is not there',
      { ...edr, ...tenant('acme', 'bindings: { isolate: [edrr] }') },
      { acme: 'unknown-connection' },
      '`bindings.isolate` names `edrr`, which acme does not have (needed by contain)',
    ],
    [
      'a connection is named that cannot do it',
      { ...edr, ...connection('acme', 'idp', 'okta'), ...tenant('acme', 'bindings: { isolate: [idp] }') },
      { acme: 'missing-binding' },
      'okta does not perform `isolate` (needed by contain)',
    ],
    [
      'a connection names a connector that is not there',
      connection('acme', 'edr', 'falcn'),
      { acme: 'unknown-connector' },
      'the connector `falcn` is not declared (needed by contain)',
    ],
    [
      'a setting is missing',
      { ...edr, ...connector('falcon', ['isolate'], 'settings: { site: Number of the site }') },
      { acme: 'missing-field' },
      'falcon needs the setting `site` (needed by contain)',
    ],
  ])('%s', (_, files, code, message) => {
    const state = resolveFiles(fleet, files)
    expect(frozenOf(state)).toMatchObject(code)
    expect(causes(state)['acme']).toBe(message)
  })

  test('an action that is not declared', () => {
    const state = resolveFiles(fleet, edr, workflow('contain', 'steps: [{ id: go, action: isolat }]'))
    expect(causes(state)['acme/south']).toBe('the action `isolat` is not declared (needed by contain)')
  })

  test.each([
    ['two names in one', 'isolate get_user'],
    ['no name at all', "''"],
  ])('%s stand for themselves, and trouble nobody else', (_, name) => {
    const others = {
      ...workflow('both', 'steps: [{ id: a, action: isolate }, { id: b, action: get_user }]'),
      ...workflow('neither', 'steps: [{ id: a, set: {} }]'),
      ...share('others', '[{ name: both }, { name: neither }]'),
    }
    const bad = overlay('acme/north', 'contain', '1.0.0', `steps: [{ id: isolate, action: ${name} }]`)
    const good = [fleet, others, edr, connection('acme', 'idp', 'okta')] as const
    const state = resolveFiles(...good, bad)
    expect(frozenOf(state)).toMatchObject({ 'acme/north': 'unknown-action', 'acme/north/contoso': 'unknown-action' })
    expect(performs(state, 'acme/south', 'get_user')).toEqual(['acme/idp okta'])
    expect(frozenOf(resolveFiles(...good))).toEqual({})
  })

  test('an action named like something built in is no exception', () => {
    const state = resolveFiles(fleet, edr, workflow('contain', 'steps: [{ id: go, action: constructor }]'))
    expect(frozenOf(state)).toMatchObject({ acme: 'unknown-action', 'acme/south': 'unknown-action' })
    const declared = resolveFiles(
      fleet,
      edr,
      action('constructor'),
      workflow('contain', 'steps: [{ id: go, action: constructor }]'),
    )
    expect(frozenOf(declared)).toMatchObject({ acme: 'missing-binding' })
  })

  test('an action inside a block counts like any other', () => {
    const block =
      "steps: [{ id: b, if: '${{ true }}', then: [{ id: c, if: '${{ true }}', then: [{ id: u, action: get_user }] }] }]"
    expect(frozenOf(resolveFiles(fleet, edr, workflow('contain', block)))).toMatchObject({ acme: 'missing-binding' })
  })

  test('only those who receive a workflow that needs it', () => {
    const state = resolveFiles(
      fleet,
      edr,
      workflow('look', 'steps: [{ id: u, action: get_user }]'),
      share('north', 'look', 'to: { subtree: acme/north }'),
    )
    expect(frozenOf(state)).toEqual({ 'acme/north': 'missing-binding', 'acme/north/contoso': 'missing-binding' })
  })
})

describe('a connector that cannot be read', () => {
  const edr = connection('acme', 'edr', 'falcon')
  const vendors = (name: string) => broken(`connectors/vendors/${name}.yaml`)

  test('freezes those whose connection it is, and nobody else', () => {
    const state = resolveFiles(fleet, edr, connection('acme/south', 'own', 'sentinel'), vendors('sentinel'))
    expect(frozenOf(state)).toEqual({ 'acme/south': 'frozen-by' })
    expect(errorsOf(state)[0]).toBe('yaml-syntax connectors/vendors/sentinel.yaml')
  })

  test('does not hand its action to a connection further up', () => {
    const state = resolveFiles(fleet, edr, connection('acme/north', 'own', 'sentinel'), vendors('sentinel'))
    expect(Object.keys(frozenOf(state))).toEqual(['acme/north', 'acme/north/contoso'])
  })

  test('does not settle which of two connections is meant', () => {
    const two = connection('acme', 'other', 'sentinel')
    expect(frozenOf(resolveFiles(fleet, edr, two))).toMatchObject({ acme: 'ambiguous-binding' })
    expect(frozenOf(resolveFiles(fleet, edr, two, vendors('sentinel')))).toMatchObject({ acme: 'frozen-by' })
  })

  test('does not matter where a readable one is named', () => {
    const named = tenant('acme/north', 'bindings: { isolate: [edr] }')
    const state = resolveFiles(fleet, edr, named, connection('acme/north', 'own', 'sentinel'), vendors('sentinel'))
    expect(frozenOf(state)).toEqual({})
  })

  test('does not matter to a tenant whose own connection performs the action', () => {
    const state = resolveFiles(fleet, edr, connection('acme/south', 'own', 'sentinel'), vendors('falcon'))
    expect(Object.keys(frozenOf(state))).toEqual(['acme', 'acme/north', 'acme/north/contoso'])
  })
})

describe('guardrails', () => {
  const base = { ...fleet, ...connection('acme', 'edr', 'falcon') }
  const approval = (state: State, path: string) => validTenant(state, path).context.bindings['isolate']?.approval

  test.each([
    ['by action', 'actions: [isolate]'],
    ['by effect', 'effects: [contain, destructive]'],
    ['for everything', ''],
  ])('forbid %s freezes the tenants meant', (_, which) => {
    const state = resolveFiles(
      base,
      guardrail('no', `rule: forbid\n${which}\nmessage: not here\nto: { subtree: acme/north }`),
    )
    expect(frozenOf(state)).toEqual({ 'acme/north': 'forbidden', 'acme/north/contoso': 'forbidden' })
    expect(causes(state)['acme/north']).toBe('`isolate` is forbidden for acme/north: not here (needed by contain)')
  })

  test.each([
    ['another action', 'actions: [get_user]\nto: {}'],
    ['another effect', 'effects: [read]\nto: {}'],
    ['other tags', 'to: { tags: { tier: [gold] } }'],
  ])('%s is left alone', (_, spec) => {
    expect(frozenOf(resolveFiles(base, guardrail('no', `rule: forbid\n${spec}`)))).toEqual({})
  })

  test('of a tenant reach its subtree only, whatever they select', () => {
    const state = resolveFiles(base, guardrail('no', 'rule: forbid\nto: {}', 'acme/south'))
    expect(frozenOf(state)).toEqual({ 'acme/south': 'forbidden' })
  })

  test('approve puts the reason into the binding, and so into the digest', () => {
    const rule = 'rule: approve\nactions: [isolate]\nmessage: ask the control room\nto: { subtree: acme/south }'
    const state = resolveFiles(base, guardrail('ask', rule))
    expect([approval(state, 'acme/south'), approval(state, 'acme/north')]).toEqual(['ask the control room', undefined])
    expect(validTenant(state, 'acme/south').digest).not.toBe(validTenant(resolveFiles(base), 'acme/south').digest)
  })

  test('that cannot be read freeze everybody they could be about', () => {
    const file = 'policies/guardrails/no.yaml'
    expect(Object.keys(frozenOf(resolveFiles(base, broken(file))))).toHaveLength(4)
    expect(Object.keys(frozenOf(resolveFiles(base, broken(`tenants/acme/south/${file}`))))).toEqual(['acme/south'])
  })

  test.each([
    ['out-of-scope', 'rule: forbid\nto: { subtree: acme/north }', 'acme/south'],
    ['unknown-tenant', 'rule: forbid\nto: { subtree: acme/nroth }', ''],
    ['unknown-action', 'rule: forbid\nactions: [isolte]\nto: {}', ''],
  ])('that protect nobody by a slip are an error: %s', (code, spec, owner) => {
    const file = `${owner === '' ? '' : `tenants/${owner}/`}policies/guardrails/no.yaml`
    expect(errorsOf(resolveFiles(base, guardrail('no', spec, owner)))).toEqual([`${code} ${file}`])
  })
})

test('an action that nobody declares is an error of the workflow, shared or not, where it stands', () => {
  const steps = "steps: [{ id: both, if: '${{ true }}', then: [{ id: away, action: teleport }] }]"
  const state = resolveFiles(fleet, connection('acme', 'edr', 'falcon'), workflow('odd', steps))
  const found = state.problems.filter(({ code }) => code === 'unknown-action')
  expect(new Set(found.map(({ path }) => path))).toEqual(new Set(['/spec/steps/[id=both]/then/[id=away]/action']))
  expect(frozenOf(state)).toEqual({})
})

test('actions are found in every block', () => {
  const inBlocks = `steps:
  - id: s
    switch:
      cases: [{ id: c, when: '\${{ true }}', steps: [{ id: a, action: isolate }] }]
      default: [{ id: p, parallel: [{ id: b, steps: [{ id: l, forEach: { in: '\${{ [1] }}', steps: [{ id: x, action: isolate, onErrorSteps: [{ id: y, action: get_user }] }] } }] }] }]`
  const undo = `${inBlocks}\nonCancelSteps: [{ id: z, action: get_user }]`
  expect([...actionUses(toValue(parse(undo)) as unknown as Workflow['spec'])]).toEqual([
    { action: 'isolate', path: '/spec/steps/[id=s]/switch/cases/[id=c]/steps/[id=a]/action' },
    {
      action: 'isolate',
      path: '/spec/steps/[id=s]/switch/default/[id=p]/parallel/[id=b]/steps/[id=l]/forEach/steps/[id=x]/action',
    },
    {
      action: 'get_user',
      path: '/spec/steps/[id=s]/switch/default/[id=p]/parallel/[id=b]/steps/[id=l]/forEach/steps/[id=x]/onErrorSteps/[id=y]/action',
    },
    { action: 'get_user', path: '/spec/onCancelSteps/[id=z]/action' },
  ])
  const state = resolveFiles({
    ...fleet,
    ...connection('acme', 'edr', 'falcon'),
    ...connection('acme', 'idp', 'okta'),
    ...workflow('contain', inBlocks),
  })
  expect([performs(state, 'acme/south'), performs(state, 'acme/south', 'get_user')]).toEqual([
    ['acme/edr falcon'],
    ['acme/idp okta'],
  ])
})
