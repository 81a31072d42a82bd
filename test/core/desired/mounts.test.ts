import { describe, expect, test } from 'vitest'
import {
  type DesiredState,
  type DesiredTenant,
  planChanges,
  resolve,
  toObserved,
} from '../../../controller/core/desired/index.ts'
import { problem } from '../../../controller/core/model/problems.ts'
import { checkWorkflowSpec } from '../../../controller/reconcile/check-workflow-spec.ts'
import {
  action,
  connection,
  connector,
  type Files,
  guardrail,
  overlay,
  parsed,
  share,
  tenant,
  tenantsDownTo,
  without,
  workflow,
} from '../../fakes/fleet-files.ts'

const source = 'source: { url: https://git.example/north, ref: main }'
const dead = problem('source-missing', 'it was never fetched')

/** The state with the folder of acme/north filled from its own repository, or not. */
function mounted(files: Files, mount: { isFilled: boolean; problem?: typeof dead } = { isFilled: true }): DesiredState {
  const all = { ...tenantsDownTo('acme/north'), ...tenant('acme/south'), ...tenant('acme/north', source), ...files }
  const folder = { path: 'tenants/acme/north/', oid: '', verdict: { kind: 'mount' as const, ...mount } }
  return resolve([...parsed(all), folder], checkWorkflowSpec)
}

function causes({ tenants }: DesiredState): Record<string, string> {
  return Object.fromEntries(
    [...tenants.values()].map((each) => [each.path, each.kind === 'valid' ? 'valid' : each.cause.code]),
  )
}

function valid(state: DesiredState, path: string): DesiredTenant & { kind: 'valid' } {
  const found = state.tenants.get(path)
  if (found?.kind !== 'valid') throw new Error(`${path} is frozen`)
  return found
}

describe('a folder that is filled from a tenant’s own repository', () => {
  test('counts like any other', () => {
    const state = mounted({ ...tenant('acme/north/retail') })
    expect([causes(state), state.problems]).toEqual([
      { acme: 'valid', 'acme/north': 'valid', 'acme/north/retail': 'valid', 'acme/south': 'valid' },
      [],
    ])
  })

  test('freezes its tenant and what is below where it could not be filled, and nobody else', () => {
    const state = mounted(tenant('acme/north/retail'), { isFilled: false, problem: dead })
    expect(causes(state)).toEqual({
      acme: 'valid',
      'acme/north': 'source-missing',
      'acme/north/retail': 'source-missing',
      'acme/south': 'valid',
    })
    expect(state.problems).toEqual([dead])
  })

  test('mounts no further repository', () => {
    const state = mounted(tenant('acme/north/retail', 'source: { url: https://git.example/other, ref: main }'))
    expect(causes(state)).toMatchObject({ 'acme/north': 'valid', 'acme/north/retail': 'tenant-source' })
    expect(state.problems.map(({ message }) => message)).toEqual([
      'acme/north/retail is declared in the repository of acme/north, which can mount no other one',
    ])
  })

  test('a tenant called like a file does not take its place', () => {
    const files = { ...tenantsDownTo('acme/tenant'), ...tenant('acme/tenant', source) }
    const folder = { path: 'tenants/acme/tenant/', oid: '', verdict: { kind: 'mount' as const, isFilled: true } }
    const state = resolve([...parsed(files), folder], checkWorkflowSpec)
    expect([causes(state), state.problems]).toEqual([{ acme: 'valid', 'acme/tenant': 'valid' }, []])
  })

  test('tenants that are gone with it stay as they are until it can be read again', () => {
    const before = mounted(tenant('acme/north/retail'))
    const observed = new Map([...before.tenants.keys()].map((path) => [path, toObserved(valid(before, path))] as const))
    const plan = planChanges(mounted({}, { isFilled: false, problem: dead }), observed)
    expect(plan.changes).toEqual([])
    expect(plan.frozen.map(({ path }) => path).sort()).toEqual(['acme/north', 'acme/north/retail'])
  })
})

test('many tenants that vanish in somebody’s own repository hold up nobody’s removal elsewhere', () => {
  const shops = Object.assign({}, ...Array.from({ length: 8 }, (_, n) => tenant(`acme/north/shop${n}`)))
  const more = Object.assign({}, ...Array.from({ length: 20 }, (_, n) => tenant(`acme/branch${n}`)))
  const before = mounted({ ...more, ...shops })
  const observed = new Map([...before.tenants.keys()].map((path) => [path, toObserved(valid(before, path))] as const))
  const after = mounted(without(more, 'tenants/acme/branch7/tenant.yaml'))
  const removed = (allowRemovals?: number) => {
    const { changes, brake } = planChanges(after, observed, allowRemovals === undefined ? {} : { allowRemovals })
    return [changes.filter(({ kind }) => kind === 'remove').map(({ path }) => path), brake?.message]
  }
  expect(removed()).toEqual([
    ['acme/branch7'],
    '8 of 31 tenants would be removed: acme/north/shop7, acme/north/shop6, acme/north/shop5, acme/north/shop4, acme/north/shop3, …',
  ])
  expect(removed(9)).toEqual(removed())
  const [all, brake] = removed(8)
  expect([all?.length, brake]).toEqual([9, undefined])
})

describe('the uid of a tenant in somebody’s own repository', () => {
  const retail = (uid: string) => tenant('acme/north/retail', '', uid)

  test('is none of a tenant outside, whatever it says', () => {
    const state = mounted({ ...tenant('acme/south', '', 'uid-of-south'), ...retail('uid-of-south') })
    expect(causes(state)).toEqual({
      acme: 'valid',
      'acme/north': 'valid',
      'acme/north/retail': 'valid',
      'acme/south': 'valid',
    })
    expect(valid(state, 'acme/south').uid).toBe('uid-of-south')
    expect(valid(state, 'acme/north/retail').uid).toMatch(/^[0-9a-f]{40}$/)
  })

  test('does not take over a tenant that leaves', () => {
    const before = mounted({ ...tenant('acme/south', '', 'uid-of-south') })
    const observed = new Map([...before.tenants.keys()].map((path) => [path, toObserved(valid(before, path))] as const))
    const files = { ...parsedWithout('acme/south'), ...retail('uid-of-south') }
    const { changes } = planChanges(mountedOnly(files), observed)
    expect(changes.map(({ kind, path }) => `${kind} ${path}`)).toEqual([
      'create acme/north/retail',
      'remove acme/south',
    ])
  })

  test('is the one it had in the fleet where the fleet says so', () => {
    const keeps = tenant('acme/north', `${source.slice(0, -1)}, uids: [uid-of-retail] }`)
    expect(valid(mounted({ ...keeps, ...retail('uid-of-retail') }), 'acme/north/retail').uid).toBe('uid-of-retail')
  })

  test('twice in one repository freezes both', () => {
    const state = mounted({ ...retail('one-and-the-same'), ...tenant('acme/north/plant', '', 'one-and-the-same') })
    expect(causes(state)).toMatchObject({ 'acme/north/retail': 'duplicate-uid', 'acme/north/plant': 'duplicate-uid' })
  })

  function parsedWithout(gone: string): Files {
    const all = { ...tenantsDownTo('acme/north'), ...tenant('acme/north', source) }
    return Object.fromEntries(Object.entries(all).filter(([path]) => !path.startsWith(`tenants/${gone}/`)))
  }

  function mountedOnly(files: Files): DesiredState {
    const folder = { path: 'tenants/acme/north/', oid: '', verdict: { kind: 'mount' as const, isFilled: true } }
    return resolve([...parsed(files), folder], checkWorkflowSpec)
  }
})

describe('what was decided above', () => {
  test('cannot be undone inside: suspension, and the number of runs', () => {
    const state = mounted({
      ...tenant('acme/north', `${source}\nsuspended: true\nlimits: { concurrentRuns: 3 }`),
      ...tenant('acme/north/retail', 'suspended: false\nlimits: { concurrentRuns: 1000 }'),
      ...tenant('acme/north/plant', 'limits: { concurrentRuns: 2 }'),
    })
    const settings = (path: string) => {
      const { suspended, concurrentRuns } = valid(state, path).context
      return { suspended, concurrentRuns }
    }
    expect(settings('acme/north/retail')).toEqual({ suspended: true, concurrentRuns: 3 })
    expect(settings('acme/north/plant')).toEqual({ suspended: true, concurrentRuns: 2 })
  })

  test.each([
    ['for good, whatever the repository says', '', 'retention: { runDays: 7 }', undefined],
    ['as long, where the repository says less', 'retention: { runDays: 90 }', 'retention: { runDays: 7 }', 90],
    ['longer, where the repository says more', 'retention: { runDays: 90 }', 'retention: { runDays: 400 }', 400],
    ['as long, where the repository says nothing', 'retention: { runDays: 90 }', '', 90],
  ])('finished runs are kept %s', (_, above, inside, kept) => {
    const state = mounted({
      ...tenant('acme/north', `${source}\n${above}`),
      ...tenant('acme/north/retail', inside),
    })
    expect(valid(state, 'acme/north/retail').context.runDays).toBe(kept)
  })

  test('the tags by which a tenant is chosen from above, which its context tells', () => {
    const state = mounted({
      ...tenant('acme/north', `${source}\ntags: { tier: silver }`),
      ...tenant('acme/north/retail', 'tags: { tier: gold }'),
    })
    const { tags, mount } = valid(state, 'acme/north/retail').context
    expect([tags.tier, mount]).toEqual([
      'gold',
      { path: 'acme/north', tags: expect.objectContaining({ tier: 'silver' }) },
    ])
  })

  const world = {
    ...action('isolate'),
    ...connector('edr', ['isolate']),
    ...connection('acme', 'edr', 'edr'),
    ...workflow('contain', 'steps: [{ id: isolate, action: isolate, with: {} }]'),
    ...share('contain', 'contain'),
  }
  const retail = tenant('acme/north/retail', 'tags: { tier: gold, exempt: "yes" }')

  test.each([
    ['a tag that takes out of a guardrail', 'to: { not: { exempt: ["yes"] } }'],
    ['a tag of its own in place of an inherited one', 'to: { tags: { tier: [bronze] } }'],
  ])('holds for a guardrail from above, against %s', (_, to) => {
    const north = tenant('acme/north', `${source}\ntags: { tier: bronze }`)
    const rule = guardrail('ask', `rule: approve\nactions: [isolate]\nmessage: ask first\n${to}`)
    const state = mounted({ ...world, ...north, ...retail, ...rule })
    expect(valid(state, 'acme/north/retail').context.bindings['isolate']?.approval).toContain('ask first')
  })

  test('a tag of its own does not bring a share from above, and does bring one from inside', () => {
    const state = mounted({
      ...retail,
      ...workflow('outer'),
      ...workflow('inner', undefined, 'acme/north'),
      ...share('outer', 'outer', 'to: { tags: { tier: [gold] } }'),
      ...share('inner', 'inner', 'to: { tags: { tier: [gold] } }', 'acme/north'),
    })
    expect([...valid(state, 'acme/north/retail').workflows.keys()]).toEqual(['inner'])
  })

  describe('of a workflow from above that its own repository shares with acme/north/retail', () => {
    const inside = {
      ...tenant('acme/north/retail'),
      ...workflow('outer'),
      ...share('inside', 'outer', 'to: { subtree: acme/north/retail }\naccess: customisable', 'acme/north'),
      ...overlay('acme/north/retail', 'outer', '1.0.0', 'minutesSaved: 5'),
    }
    const toNorth = 'to: { subtree: acme/north, exclude: [acme/north/retail] }'

    test.each([
      ['nothing is handed on that nobody shares with acme/north', 'to: { subtree: acme/south }', false, 'out-of-scope'],
      ['it is handed on where acme/north receives it', toNorth, true, ''],
      ['read-only stays read-only', `${toNorth}\naccess: read-only`, false, 'not-customisable'],
    ])('%s', (_, to, isReceived, code) => {
      const state = mounted({ ...inside, ...share('above', 'outer', to) })
      const retail = state.tenants.get('acme/north/retail')
      expect(retail?.kind === 'valid' && retail.workflows.has('outer')).toBe(isReceived)
      expect(state.problems.map((each) => each.code)).toEqual(code === '' ? [] : expect.arrayContaining([code]))
    })
  })

  test('a share or guardrail of its own reaches nobody outside', () => {
    const state = mounted({
      ...world,
      ...workflow('inner', undefined, 'acme/north'),
      ...share('beyond', 'inner', 'to: { subtree: acme/south }', 'acme/north'),
      ...guardrail('beyond', 'rule: forbid\nto: { subtree: acme/south }', 'acme/north'),
      ...overlay('acme/north', 'contain', '1.0.0', 'minutesSaved: 5'),
    })
    expect(causes(state)).toMatchObject({ acme: 'valid', 'acme/south': 'valid', 'acme/north': 'out-of-scope' })
    expect(valid(state, 'acme/south').context.bindings['isolate']?.approval).toBeUndefined()
    expect([...valid(state, 'acme/south').workflows.keys()]).toEqual(['contain'])
  })
})
