import { describe, expect, test } from 'vitest'
import { impactOf } from '../../../controller/core/desired/index.ts'
import {
  action,
  broken,
  channels,
  connection,
  connector,
  type Files,
  guardrail,
  overlay,
  release,
  resolveFiles,
  share,
  tenant,
  tenantsDownTo,
  without,
} from '../../fakes/fleet-files.ts'

/** What a reviewer is told of a change, one thing a case. */
const policy = (kind: string, folder: string, name: string, spec: string, owner = ''): Files => ({
  [`${owner === '' ? '' : `tenants/${owner}/`}policies/${folder}/${name}.yaml`]: `apiVersion: headwater.dev/v1\nkind: ${kind}\nmetadata: { name: ${name} }\nspec: ${spec}\n`,
})
const role = (name: string, verbs: string): Files =>
  policy('Role', 'roles', name, `{ rules: [{ verbs: ${verbs}, resources: [workflows] }] }`)
const binding = (name: string, roleName: string, to: string, owner = ''): Files =>
  policy(
    'RoleBinding',
    'bindings',
    name,
    `{ role: ${roleName}, subjects: [{ kind: Group, name: desk }], to: ${to} }`,
    owner,
  )

const steps = (hours: number, more = ''): string => `steps: [{ id: find, set: { hours: ${hours} } }${more}]`
const isolate = ', { id: isolate, action: isolate_endpoint }'
const fleet: Files = {
  ...tenantsDownTo('acme/north/contoso'),
  ...tenant('acme/south', 'tags: { tier: silver }'),
  ...release('phish', '1.0.0', steps(24)),
  ...release('phish', '2.0.0', steps(48)),
  ...release('phish', '2.1.0', steps(24, isolate)),
  ...channels('phish', '{ stable: 1.0.0 }'),
  ...share('all', 'phish'),
  ...action('isolate_endpoint', 'destructive'),
  ...connector('falcon', ['isolate_endpoint']),
}
const edr = (name = 'edr'): Files => connection('acme', name, 'falcon', 'secret: edr-token')
const stable = (version: string): Files => channels('phish', `{ stable: ${version} }`)
const impact = (before: Files, ...changes: readonly Files[]) =>
  impactOf(resolveFiles(before), resolveFiles(before, ...changes))
const everybody = ['acme', 'acme/north', 'acme/north/contoso', 'acme/south']

describe('actions and connections', () => {
  const bound = { ...fleet, ...edr() }

  test('an action that comes into use is told with its effect and who gets it', () => {
    const found = impact(bound, stable('2.1.0'))
    expect(found.newActions).toEqual([
      { what: { action: 'isolate_endpoint', effect: 'destructive' }, tenants: everybody },
    ])
    expect(found.refusals).toEqual([])
  })

  test('a connection that comes into use is told with the secret it sends', () => {
    expect(impact(bound, stable('2.1.0')).newConnections).toEqual([
      { what: { connection: 'edr', owner: 'acme', connector: 'falcon', secret: 'edr-token' }, tenants: everybody },
    ])
  })

  test('an action that is in use already is not told again', () => {
    const found = impact({ ...bound, ...stable('2.1.0') }, overlay('acme/south', 'phish', '2.1.0', 'minutesSaved: 3'))
    expect([found.newActions, found.newConnections]).toEqual([[], []])
  })

  test('an action without a connection is refused, naming the tenants', () => {
    const { refusals } = impact(fleet, stable('2.1.0'))
    expect(refusals.map(({ code, tenant: at }) => `${code} ${at}`)).toEqual(
      everybody.map((path) => `missing-binding ${path}`),
    )
  })
})

describe('approvals', () => {
  const running = { ...fleet, ...edr(), ...stable('2.1.0') }
  const ask = guardrail(
    'careful',
    `
    rule: approve
    effects: [destructive]
    message: Ask first
    to: {}
    `,
  )

  test('that come are told with their reason', () => {
    const { newApprovals, droppedApprovals } = impact(running, ask)
    expect(newApprovals).toMatchObject([{ what: { action: 'isolate_endpoint' }, tenants: everybody }])
    expect(droppedApprovals).toEqual([])
  })

  test('that go are told too', () => {
    const { newApprovals, droppedApprovals } = impactOf(resolveFiles(running, ask), resolveFiles(running))
    expect(newApprovals).toEqual([])
    expect(droppedApprovals).toEqual([{ what: { action: 'isolate_endpoint' }, tenants: everybody }])
  })
})

describe('a tag', () => {
  const tagged = {
    ...fleet,
    ...share('gold', '[{ name: gold-only }]', 'to: { tags: { tier: [gold] } }'),
    ...release('gold-only', '1.0.0', steps(1)),
    ...channels('gold-only', '{ stable: 1.0.0 }'),
    ...role('operator', '[run]'),
    ...binding('gold-desk', 'operator', '{ tags: { tier: [gold] } }'),
    ...tenant('acme/vip', 'tags: { tier: gold }'),
  }
  const found = impact(tagged, tenant('acme/south', 'tags: { tier: gold }'))

  test('that changes is told, with its old value and the new one', () => {
    expect(found.tagChanges).toEqual([{ what: { tag: 'tier', from: 'silver', to: 'gold' }, tenants: ['acme/south'] }])
  })

  test('brings workflows', () => {
    expect(found.effects).toMatchObject([{ kind: 'added', workflow: 'gold-only', tenants: ['acme/south'] }])
  })

  test('brings rights', () => {
    expect(found.newRights).toEqual([
      { what: { binding: 'gold-desk', role: 'operator', subjects: ['Group desk'] }, tenants: ['acme/south'] },
    ])
  })

  test('that stays as it is brings nothing', () => {
    const { tagChanges, newRights } = impact(tagged, tenant('acme/south', 'tags: { tier: silver }\nvalues: { a: 1 }'))
    expect([tagChanges, newRights]).toEqual([[], []])
  })
})

describe('a role', () => {
  const bound = { ...fleet, ...role('operator', '[read]'), ...binding('desk', 'operator', '{ subtree: acme/north }') }

  test('that is bound to more people is told', () => {
    const wider = binding('desk', 'operator', '{ subtree: acme/north }')
    const [path, text] = Object.entries(wider)[0] as [string, string]
    const { newRights } = impact(bound, {
      [path]: text.replace('name: desk }]', 'name: desk }, { kind: Group, name: night }]'),
    })
    expect(newRights).toMatchObject([
      { what: { subjects: ['Group desk', 'Group night'] }, tenants: ['acme/north', 'acme/north/contoso'] },
    ])
  })

  test('that allows more is told for everybody who has it', () => {
    const { newRights } = impact(bound, role('operator', '[read, run]'))
    expect(newRights).toMatchObject([{ what: { role: 'operator' }, tenants: ['acme/north', 'acme/north/contoso'] }])
  })
})

describe('conflicts', () => {
  const held = { ...fleet, ...overlay('acme/north', 'phish', '1.0.0', 'steps: [{ id: find, set: { hours: 72 } }]') }

  test('that are new are told once, with everybody they hold back', () => {
    const { newConflicts, heldTenants, refusals } = impact(held, stable('2.0.0'))
    expect(newConflicts).toMatchObject([{ level: 'acme/north', tenants: ['acme/north', 'acme/north/contoso'] }])
    expect(heldTenants).toEqual(['acme/north', 'acme/north/contoso'])
    expect(refusals).toEqual([])
  })

  test('that were there before are not new, and hold all the same', () => {
    const { newConflicts, heldTenants } = impact(
      { ...held, ...stable('2.0.0') },
      tenant('acme/south', 'values: { a: 1 }'),
    )
    expect([newConflicts, heldTenants]).toEqual([[], ['acme/north', 'acme/north/contoso']])
  })
})

describe('releases', () => {
  const releaseFile = 'workflows/phish/releases/1.0.0.yaml'

  test('one that changes is an error', () => {
    const { refusals } = impact(fleet, release('phish', '1.0.0', steps(25)))
    expect(refusals).toMatchObject([{ code: 'release-changed', place: { file: releaseFile } }])
  })

  test('one that is gone is an error, used or not', () => {
    const { refusals } = impactOf(
      resolveFiles(fleet),
      resolveFiles(without(fleet, 'workflows/phish/releases/2.0.0.yaml')),
    )
    expect(refusals.map(({ code }) => code)).toEqual(['release-changed'])
  })

  test('one that comes is none', () => {
    expect(impact(fleet, release('phish', '3.0.0', steps(1))).refusals).toEqual([])
  })

  const own = {
    ...fleet,
    ...release('own', '1.0.0', steps(1), 'acme/south'),
    ...channels('own', '{ stable: 1.0.0 }', 'acme/south'),
    ...share('own', 'own', 'to: {}', 'acme/south'),
  }
  const ownFiles = Object.keys(own).filter((path) => path.startsWith('tenants/acme/south/'))

  test('those of a tenant that leaves go with it', () => {
    expect(impactOf(resolveFiles(own), resolveFiles(without(own, ...ownFiles))).refusals).toEqual([])
  })

  test('those of a tenant that moves are the same at its new place', () => {
    const movedFiles = Object.fromEntries(
      Object.entries(own).map(([path, text]) => [
        path.replace('tenants/acme/south/', 'tenants/acme/north/south/'),
        text,
      ]),
    )
    const { refusals, plan } = impactOf(resolveFiles(own), resolveFiles(movedFiles))
    expect(plan.changes.map(({ kind }) => kind)).toEqual(['move'])
    expect(refusals).toEqual([])
  })
})

describe('removals and the brake', () => {
  const many: Files = Object.assign({}, fleet, ...Array.from({ length: 8 }, (_, at) => tenant(`acme/c${at}`)))
  const gone = (count: number): Files =>
    without(many, ...Array.from({ length: count }, (_, at) => `tenants/acme/c${at}/tenant.yaml`))

  test('one tenant may go', () => {
    const { refusals, plan } = impactOf(resolveFiles(many), resolveFiles(gone(1)))
    expect([refusals, plan.changes.map(({ kind, path }) => `${kind} ${path}`)]).toEqual([[], ['remove acme/c0']])
  })

  test('too many are refused, by how many', () => {
    const { refusals } = impactOf(resolveFiles(many), resolveFiles(gone(3)))
    expect(refusals).toMatchObject([{ code: 'too-many-removals', message: expect.stringContaining('3 of 12 tenants') }])
  })
})

test('a broken file is told, and the others are planned', () => {
  const { refusals, effects } = impact(fleet, stable('2.0.0'), broken('tenants/acme/south/tenant.yaml'))
  expect(refusals.map(({ place }) => place?.file)).toEqual(['tenants/acme/south/tenant.yaml'])
  expect(effects.map(({ tenants }) => tenants)).toEqual([['acme', 'acme/north', 'acme/north/contoso']])
})
