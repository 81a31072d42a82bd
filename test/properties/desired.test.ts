import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type DesiredState,
  type FleetFile,
  planChanges,
  resolve,
  toObserved,
} from '../../controller/core/desired/index.ts'
import { placeOf } from '../../controller/core/desired/layout.ts'
import { isWithin } from '../../controller/core/model/names.ts'
import { checkWorkflowSpec } from '../../controller/reconcile/check-workflow-spec.ts'
import { digestsOf, validTenant } from '../fakes/fleet-answers.ts'
import { type Files, parsed, tenant } from '../fakes/fleet-files.ts'
import { starterFleet } from '../fakes/starter-fleet.ts'

const soak = process.env['HEADWATER_LANE'] === 'soak'
const seed = Number(process.env['HEADWATER_SEED'] ?? Date.now() % 2_147_483_647)
console.log(`desired-state properties: seed ${seed} (HEADWATER_SEED=${seed} repeats them)`)

/** The starter fleet, each file parsed once: these properties put the same files together in other ways. */
const starter: Files = Object.fromEntries(starterFleet())
const files = parsed(starter)
const settle = (list: readonly FleetFile[]): DesiredState => resolve(list, checkWorkflowSpec)
const before = settle(files)
const digests = digestsOf(before)
const paths = Object.keys(digests)
const hold = <T>(input: fc.Arbitrary<T>, numRuns: number, check: (value: T) => void): void =>
  fc.assert(fc.property(input, check), { numRuns: soak ? numRuns * 20 : numRuns, seed })

test('the starter fleet is sound, and no property below is empty', () => {
  expect(before.problems.filter(({ severity }) => severity === 'error')).toEqual([])
  expect(paths.length).toBeGreaterThan(20)
  expect(Object.values(digests)).not.toContain('frozen')
})

test('the order of files does not matter, for digests, problems and places', () => {
  const broken = parsed({
    'policies/roles/analyst.yaml': 'kind: [',
    'tenants/acme/north/overlays/user-lockout.yaml': 'kind: [',
    'tenants/acme/south/policies/shares/more.yaml': (starter['policies/shares/gold.yaml'] as string).replaceAll(
      'gold',
      'more',
    ),
  })
  const mixed = [...files.filter(({ path }) => !broken.some((other) => other.path === path)), ...broken]
  const expected = settle(mixed)
  hold(fc.shuffledSubarray(mixed, { minLength: mixed.length }), 15, (shuffled) => {
    const state = settle(shuffled)
    expect(digestsOf(state)).toEqual(digestsOf(expected))
    expect(state.problems).toEqual(expected.problems)
  })
})

test('an unrelated tenant changes no other digest', () => {
  const place = fc.record({
    above: fc.constantFrom('', ...paths),
    name: fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?$/).map((name) => `${name}-new`),
    tags: fc.dictionary(fc.constantFrom('industry', 'region', 'colour'), fc.constantFrom('finance', 'retail', 'ot')),
    overlay: fc.option(fc.constantFrom(...files.filter(({ path }) => placeOf(path).role === 'overlay'))),
  })
  hold(place, 25, ({ above, name, tags, overlay }) => {
    const path = above === '' ? name : `${above}/${name}`
    const added = parsed(tenant(path, `tags: ${JSON.stringify(tags)}`))
    // The same overlay as somebody else's, byte for byte: what is equal is shared, and must not be confused.
    const copy = overlay ? [{ ...overlay, path: `tenants/${path}/overlays/${overlay.path.split('/').at(-1)}` }] : []
    const { [path]: mine, ...others } = digestsOf(settle([...files, ...added, ...copy]))
    expect(mine).toBeDefined()
    expect(others).toEqual(digests)
  })
})

describe('breaking any one file', () => {
  const breakable = files.filter(({ path }) => placeOf(path).role !== 'secrets')

  /** Tenants that may be frozen by a file of the root: those who use what it declares. */
  function users({ path }: FleetFile): string[] {
    const place = placeOf(path)
    if (!('kind' in place)) return []
    const valid = paths.map((each) => validTenant(before, each))
    switch (place.role) {
      case 'action':
        return valid.filter(({ context }) => place.name in context.bindings).map((each) => each.path)
      case 'connector':
        return paths.filter((each) =>
          [...before.hierarchy.nodes.values()].some(
            (node) =>
              isWithin(each, node.path) &&
              [...node.files.connections.values()].some(({ resource }) => resource.spec.connector === place.name),
          ),
        )
      case 'release':
      case 'channels':
        return valid.filter(({ workflows }) => workflows.has(place.workflow as string)).map((each) => each.path)
      case 'share':
      case 'guardrail':
        return paths
      default:
        return []
    }
  }

  const choice = fc.record({
    file: fc.constantFrom(...breakable),
    contents: fc.constantFrom(
      'kind: [',
      '',
      'a: &b 1',
      'apiVersion: headwater.dev/v1\nkind: Nothing\nmetadata: { name: a }\nspec: {}',
    ),
  })
  const breaks = (file: FleetFile, contents: string): DesiredState =>
    settle([...files.filter((other) => other !== file), ...parsed({ [file.path]: contents })])

  test('changes no digest outside its owner’s subtree; of the root, only its users’', () => {
    hold(choice, 60, ({ file, contents }) => {
      const { owner } = placeOf(file.path)
      const may = new Set(owner === '' ? users(file) : paths.filter((path) => isWithin(path, owner)))
      const after = digestsOf(breaks(file, contents))
      expect(Object.keys(after)).toEqual(paths)
      for (const path of paths) {
        if (after[path] === digests[path]) continue
        expect(may, `${file.path} changes ${path}`).toContain(path)
        expect(after[path], `${file.path} changes ${path} instead of freezing it`).toBe('frozen')
      }
    })
  })

  test('is told with its place, and plans no change and no removal', () => {
    const observed = new Map(paths.map((path) => [path, toObserved(validTenant(before, path))]))
    hold(choice, 30, ({ file, contents }) => {
      const state = breaks(file, contents)
      expect(state.problems.map(({ place }) => place?.file)).toContain(file.path)
      expect(planChanges(state, observed)).toMatchObject({ changes: [] })
    })
  })
})
