import { describe, expect, test } from 'vitest'
import {
  type DesiredState,
  type ObservedTenant,
  planChanges,
  toObserved,
} from '../../../controller/core/desired/index.ts'
import {
  broken,
  channels,
  type Files,
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

const fleet: Files = {
  ...tenantsDownTo('acme/north/contoso'),
  ...tenant('acme/south'),
  ...release('phish', '1.0.0', oneStep),
  ...release('phish', '2.0.0', oneStep),
  ...channels('phish', '{ stable: 1.0.0 }'),
  ...share('all', 'phish'),
}
const observe = (state: DesiredState): Map<string, ObservedTenant> =>
  new Map([...state.tenants.values()].flatMap((each) => (each.kind === 'valid' ? [[each.path, toObserved(each)]] : [])))
const observed = observe(resolveFiles(fleet))
const plan = (files: Files, before = observed, allowRemovals?: number) =>
  planChanges(resolveFiles(files), before, allowRemovals === undefined ? {} : { allowRemovals })
const told = ({ changes }: ReturnType<typeof plan>): string[] =>
  changes.map((change) => `${change.kind} ${'from' in change && change.from ? `${change.from} → ` : ''}${change.path}`)
const frozen = (result: ReturnType<typeof plan>): string[] =>
  result.frozen.map(({ path, cause }) => `${path} ${cause.code}`)
const moved = (from: string, to: string): Files => ({
  ...without(fleet, `tenants/${from}/tenant.yaml`),
  ...tenant(to, '', observed.get(from)?.uid),
})

describe('what has to be done', () => {
  test('nothing, where nothing differs', () => {
    expect(plan(fleet)).toMatchObject({ changes: [], frozen: [], unchanged: 4 })
  })

  test('everything, parents first, where nothing was applied yet', () => {
    const first = plan(fleet, new Map())
    expect(told(first)).toEqual(['create acme', 'create acme/north', 'create acme/north/contoso', 'create acme/south'])
    expect(first.changes[0]).toMatchObject({ workflows: { added: ['phish'], updated: [], removed: [] } })
  })

  test('an update of those whose digest differs, with what it does to each workflow', () => {
    const changed = plan({
      ...fleet,
      ...workflow('own', oneStep, 'acme/north'),
      ...share('own', 'own', 'to: {}', 'acme/north'),
      ...overlay('acme/north/contoso', 'phish', '1.0.0', 'minutesSaved: 3'),
    })
    expect(told(changed)).toEqual(['update acme/north', 'update acme/north/contoso'])
    expect(changed.unchanged).toBe(2)
    expect(changed.changes.map((change) => ('workflows' in change ? change.workflows : undefined))).toEqual([
      { added: ['own'], updated: [], removed: [] },
      { added: ['own'], updated: ['phish'], removed: [] },
    ])
  })

  test('a workflow that nobody shares any more is removed from each', () => {
    const changed = plan(without(fleet, 'policies/shares/all.yaml'))
    expect(changed.changes).toHaveLength(4)
    expect(changed.changes[0]).toMatchObject({ kind: 'update', workflows: { removed: ['phish'] } })
  })
})

describe('a tenant that moves', () => {
  test('is moved, because its uid says who it is', () => {
    expect(told(plan(moved('acme/south', 'acme/north/south')))).toEqual(['move acme/south → acme/north/south'])
  })

  test('takes those below it along', () => {
    const west = Object.fromEntries(
      Object.entries(fleet).map(([path, text]) => [
        path.replace('tenants/acme/north', 'tenants/acme/west'),
        path === 'tenants/acme/north/tenant.yaml' ? text.replace('name: north,', 'name: west,') : text,
      ]),
    )
    expect(told(plan(west))).toEqual(['move acme/north → acme/west', 'move acme/north/contoso → acme/west/contoso'])
  })

  test('to the place of another, which moves to its own, is told apart', () => {
    const swap: Files = {
      ...fleet,
      ...tenant('acme/south', '', observed.get('acme/north/contoso')?.uid),
      ...tenant('acme/north/contoso', '', observed.get('acme/south')?.uid),
    }
    expect(told(plan(swap))).toEqual(['move acme/south → acme/north/contoso', 'move acme/north/contoso → acme/south'])
  })

  test('away from a path that a new tenant takes is not that tenant', () => {
    const heir = plan({ ...moved('acme/south', 'acme/east'), ...tenant('acme/south', '', 'somebody-new') })
    expect(told(heir)).toEqual(['move acme/south → acme/east', 'create acme/south'])
  })

  test('and breaks on the way is neither moved nor removed', () => {
    const stuck = plan({ ...moved('acme/south', 'acme/east'), ...broken('tenants/acme/east/overlays/phish.yaml') })
    expect([told(stuck), frozen(stuck)]).toEqual([[], ['acme/east yaml-syntax']])
  })
})

describe('a new tenant in the place of one that is gone', () => {
  test('is created, and the one that was there is removed', () => {
    expect(told(plan({ ...fleet, ...tenant('acme/south', '', 'somebody-new') }))).toEqual([
      'create acme/south',
      'remove acme/south',
    ])
  })
})

describe('removal', () => {
  const many = Array.from({ length: 80 }, (_, number) => `acme/c${String(number).padStart(2, '0')}`)
  const large: Files = Object.assign({ ...fleet }, ...many.map((path) => tenant(path)))
  const before = observe(resolveFiles(large))
  const less = (count: number): Files =>
    without(large, ...many.slice(0, count).map((path) => `tenants/${path}/tenant.yaml`))

  test('of one tenant goes without a word, also in a small fleet', () => {
    expect(told(plan(without(fleet, 'tenants/acme/south/tenant.yaml')))).toEqual(['remove acme/south'])
  })

  test('comes last, children before their parents', () => {
    const gone = without(
      { ...fleet, ...tenant('acme/zeta') },
      'tenants/acme/north/tenant.yaml',
      'tenants/acme/north/contoso/tenant.yaml',
    )
    expect(told(plan(gone, observed, 2))).toEqual([
      'create acme/zeta',
      'remove acme/north/contoso',
      'remove acme/north',
    ])
  })

  test('of more than a tenth stops, and everything else is done', () => {
    const gone = without(
      { ...fleet, ...tenant('acme/zeta') },
      'tenants/acme/north/contoso/tenant.yaml',
      'tenants/acme/south/tenant.yaml',
    )
    const stopped = plan(gone)
    expect(told(stopped)).toEqual(['create acme/zeta'])
    expect(stopped.brake).toMatchObject({
      code: 'too-many-removals',
      message: '2 of 4 tenants would be removed: acme/south, acme/north/contoso',
    })
  })

  test('of five of 84 goes, of six stops', () => {
    expect(told(plan(less(5), before))).toHaveLength(5)
    const stopped = plan(less(6), before)
    expect([told(stopped), stopped.brake?.hint]).toEqual([
      [],
      'none of them is removed; start with --allow-removals 6 if it is meant',
    ])
  })

  test.each([
    [6, 6],
    [5, 0],
    [7, 0],
  ])('of six, with leave for %i, removes %i', (allowed, expected) => {
    expect(told(plan(less(6), before, allowed))).toHaveLength(expected)
  })
})

describe('frozen tenants', () => {
  test('are neither changed nor removed', () => {
    const result = plan({ ...fleet, ...broken('tenants/acme/north/tenant.yaml') })
    expect([told(result), frozen(result), result.unchanged]).toEqual([
      [],
      ['acme/north yaml-syntax', 'acme/north/contoso yaml-syntax'],
      2,
    ])
  })

  test('keep those below them that are not in the commit: nobody knows whether they are gone', () => {
    const result = plan(
      without({ ...fleet, ...broken('tenants/acme/north/tenant.yaml') }, 'tenants/acme/north/contoso/tenant.yaml'),
    )
    expect([told(result), frozen(result)]).toEqual([[], ['acme/north yaml-syntax', 'acme/north/contoso yaml-syntax']])
  })

  test('are everybody where a file of the root decides for all', () => {
    const result = plan(without({ ...fleet, ...broken('policies/shares/all.yaml') }, 'tenants/acme/south/tenant.yaml'))
    expect([told(result), frozen(result).length]).toEqual([[], 4])
  })
})

describe('a share whose selector selects nobody', () => {
  const slip = share('all', 'phish', 'to: { tags: { tier: [glod] } }')

  test('takes nothing from anybody', () => {
    const result = plan({ ...fleet, ...slip })
    expect([told(result), frozen(result)]).toEqual([
      [],
      ['acme', 'acme/north', 'acme/north/contoso', 'acme/south'].map((path) => `${path} empty-selector`),
    ])
  })

  test('does not hold those who get the workflow from another share', () => {
    expect(told(plan({ ...fleet, ...slip, ...share('more', '[{ name: phish, range: ^2.0.0 }]') }))).toHaveLength(4)
  })

  test('does not hold those who never had it', () => {
    const none = plan({
      ...fleet,
      ...share('later', 'fish', 'to: { tags: { tier: [platinum] } }'),
      ...workflow('fish'),
      ...tenant('acme/new'),
    })
    expect([told(none), frozen(none)]).toEqual([['create acme/new'], []])
  })
})
