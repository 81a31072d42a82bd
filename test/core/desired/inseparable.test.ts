import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type Change,
  inseparable,
  type ObservedTenant,
  planChanges,
  toObserved,
} from '../../../controller/core/desired/index.ts'
import { type Files, resolveFiles, tenant } from '../../fakes/fleet-files.ts'

type Observed = Map<string, ObservedTenant>

/** Which tenant (by uid) stands at which path. */
type Places = Readonly<Record<string, string>>

function observedOf(places: Places): Observed {
  const observed: Observed = new Map()
  apply(observed, planChanges(stateOf(places), observed).changes)
  return observed
}

function stateOf(places: Places) {
  const files: Files[] = Object.entries(places).map(([path, uid]) => tenant(path, '', uid))
  return resolveFiles(...files)
}

/** As the store does in one transaction. */
function apply(observed: Observed, changes: readonly Change[]): void {
  for (const change of changes) {
    if (change.kind === 'remove') observed.delete(change.path)
    if (change.kind === 'move') observed.delete(change.from ?? '')
  }
  for (const change of changes) if (change.kind !== 'remove') observed.set(change.path, toObserved(change.tenant))
}

const placesOf = (observed: Observed): Places => Object.fromEntries([...observed].map(([path, { uid }]) => [path, uid]))

const cases: readonly [string, Places, Places, readonly string[]][] = [
  ['tenants that come', {}, { a: 'tenant-1', b: 'tenant-2' }, ['create a', 'create b']],
  ['a move to a free place', { a: 'tenant-1', b: 'tenant-2' }, { b: 'tenant-2', c: 'tenant-1' }, ['move c']],
  [
    'two that change places',
    { a: 'tenant-1', b: 'tenant-2', c: 'tenant-3' },
    { a: 'tenant-2', b: 'tenant-1', d: 'tenant-3' },
    ['move a, move b', 'move d'],
  ],
  ['a chain of moves', { a: 'tenant-1', b: 'tenant-2' }, { b: 'tenant-1', c: 'tenant-2' }, ['move b, move c']],
  ['one that takes the place of another', { a: 'tenant-1' }, { a: 'tenant-2' }, ['create a, remove a']],
  [
    'all that go',
    { a: 'tenant-1', b: 'tenant-2', c: 'tenant-3' },
    { c: 'tenant-3', d: 'tenant-4' },
    ['create d', 'remove b, remove a'],
  ],
]

test.each(cases)('%s', (_, before, after, groups) => {
  const { changes } = planChanges(stateOf(after), observedOf(before), { allowRemovals: 2 })
  expect(inseparable(changes).map((group) => group.map(({ kind, path }) => `${kind} ${path}`).join(', '))).toEqual(
    groups,
  )
})

test('wherever it stops, the next plan is the rest, and nobody is lost on the way', () => {
  const paths = ['a', 'b', 'c', 'd', 'e', 'f']
  const places = fc.shuffledSubarray(paths).chain((chosen) =>
    fc
      .shuffledSubarray(['tenant-1', 'tenant-2', 'tenant-3', 'tenant-4', 'tenant-5', 'tenant-6', 'tenant-7'], {
        minLength: chosen.length,
        maxLength: chosen.length,
      })
      .map((uids) => Object.fromEntries(chosen.map((path, at) => [path, uids[at] as string])) as Places),
  )
  fc.assert(
    fc.property(places, places, fc.nat(), (before, after, stop) => {
      const desired = stateOf(after)
      const gone = Object.values(before).filter((uid) => !Object.values(after).includes(uid)).length
      const options = { allowRemovals: gone }
      const observed = observedOf(before)
      const groups = inseparable(planChanges(desired, observed, options).changes)
      for (const group of groups.slice(0, stop % (groups.length + 1))) apply(observed, group)
      for (const uid of Object.values(before).filter((each) => Object.values(after).includes(each)))
        expect(Object.values(placesOf(observed))).toContain(uid)
      apply(observed, planChanges(desired, observed, options).changes)
      expect(placesOf(observed)).toEqual(placesOf(observedOf(after)))
    }),
    { numRuns: 200 },
  )
})
