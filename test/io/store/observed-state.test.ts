import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ObservedTenant } from '../../../controller/io/store/observed-state.ts'
import { openObservedReader } from '../../../controller/io/store/observed-reader.ts'
import { openStore } from '../../../controller/io/store/open-store.ts'
import { folder, objectOf } from './sample-runs.ts'

const workflow = (digest: string) => ({ digest, release: '1.0.0', owner: '' })

function tenant(path: string, workflows: ObservedTenant['workflows']): ObservedTenant {
  return { path, uid: `uid-${path}`, digest: 'd', contextDigest: 'c', workflows, state: 'applied', reason: '' }
}

const nothing = { upserts: [], removals: [], isPart: false }

describe('observed state', () => {
  it('is what was applied, over a reopening', async () => {
    const place = folder()
    const store = openStore(place)
    const stored = objectOf({ steps: [] })
    const acme = tenant('acme', { w: workflow(stored.digest), v: workflow('v1') })
    const north: ObservedTenant = {
      ...tenant('acme/north', {}),
      state: 'frozen',
      reason: 'tenant.yaml:3 cannot be read',
    }
    await store.applyObserved({ commit: 'c1', upserts: [acme, north], removals: [], objects: [stored], appliedAt: 1 })
    store.close()
    const again = openStore(place)
    expect([...again.readObserved().values()]).toEqual([acme, north])
    expect(again.readObject(stored.digest)).toBe(stored.json)
    again.close()
  })

  it('loses the workflows and tenants that are no longer declared', async () => {
    const store = openStore(folder())
    const before = [tenant('a', { w: workflow('1'), v: workflow('1') }), tenant('b', { w: workflow('1') })]
    await store.applyObserved({ commit: 'c1', upserts: before, removals: [], objects: [], appliedAt: 1 })
    const after = tenant('a', { w: workflow('2') })
    await store.applyObserved({ commit: 'c2', upserts: [after], removals: ['b'], objects: [], appliedAt: 2 })
    expect([...store.readObserved().values()]).toEqual([after])
    expect(store.appliedCommits()).toEqual([
      { at: 2, commit: 'c2', upserts: 1, removals: 1, tenants: 1, workflows: 1 },
      { at: 1, commit: 'c1', upserts: 2, removals: 0, tenants: 2, workflows: 3 },
    ])
    store.close()
  })

  it('says how many tenants and workflows there are, whatever came, went, came again or failed', async () => {
    const path = fc.constantFrom('a', 'b', 'c', 'c/d')
    const upsert = fc
      .tuple(path, fc.uniqueArray(fc.constantFrom('u', 'v', 'w')))
      .map(([at, names]) => tenant(at, Object.fromEntries(names.map((name) => [name, workflow('1')]))))
    const application = fc.record({
      upserts: fc.uniqueArray(upsert, { selector: (each) => each.path }),
      removals: fc.uniqueArray(path),
      isPart: fc.boolean(),
      fails: fc.nat(3).map((one) => one === 0),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(application, { maxLength: 8 }), async (applications) => {
        const store = openStore(folder())
        for (const [at, { fails, ...each }] of [...applications, { ...nothing, fails: false }].entries()) {
          const objects = fails ? [{ digest: 'another', json: '{}' }] : []
          const applied = store.applyObserved({ commit: `c${at}`, objects, appliedAt: at, ...each })
          await (fails ? expect(applied).rejects.toThrow() : applied)
        }
        const tenants = [...store.readObserved().values()]
        const workflows = tenants.reduce((sum, each) => sum + Object.keys(each.workflows).length, 0)
        expect(store.appliedCommits(1)).toMatchObject([{ tenants: tenants.length, workflows }])
        store.close()
      }),
      { numRuns: 50 },
    )
  })

  it('is one application with its parts, each of which holds whatever becomes of the rest', async () => {
    const store = openStore(folder())
    const part = (path: string, isPart: boolean) => {
      const upserts = [tenant(path, { w: workflow('1') })]
      return store.applyObserved({ commit: 'c1', upserts, removals: [], objects: [], appliedAt: 1, isPart })
    }
    await part('a', true)
    expect(store.appliedCommits()).toEqual([{ at: 1, commit: 'c1', upserts: 1, removals: 0, tenants: 0, workflows: 0 }])
    expect([store.tenantPaths(), store.readTenant('a')?.workflows]).toEqual([['a'], { w: workflow('1') }])
    await part('b', true)
    await part('c', false)
    expect(store.appliedCommits()).toEqual([{ at: 1, commit: 'c1', upserts: 3, removals: 0, tenants: 3, workflows: 3 }])
    store.close()
  })

  it('is read by another connection as soon as it is acknowledged, whose checkpoint keeps nobody from writing', async () => {
    const place = folder()
    const store = openStore(place)
    const reader = openObservedReader(place)
    expect(reader.readObserved().size).toBe(0)
    for (let at = 1; at <= 3; at++) {
      const object = objectOf({ at })
      const upserts = [tenant(`t${at}`, { w: workflow(object.digest) })]
      await store.applyObserved({ commit: `c${at}`, upserts, removals: [], objects: [object], appliedAt: at })
      expect([...reader.readObserved().keys()]).toHaveLength(at)
      expect([reader.hasObject(object.digest), reader.readObject(object.digest)]).toEqual([true, object.json])
      reader.checkpoint()
    }
    expect(reader.hasObject('none')).toBe(false)
    expect(reader.appliedCommits(1)).toEqual(store.appliedCommits(1))
    reader.close()
    store.close()
    const again = openStore(place)
    expect(again.tenantPaths()).toEqual(['t1', 't2', 't3'])
    again.close()
  })

  it('is applied for all tenants or for none', async () => {
    const store = openStore(folder())
    const upserts = [tenant('a', {})]
    const objects = [{ digest: 'wrong', json: '{}' }]
    await expect(
      store.applyObserved({ commit: 'c1', upserts, removals: [], objects, appliedAt: 1 }),
    ).rejects.toMatchObject({ code: 'bad-value' })
    expect(store.readObserved().size).toBe(0)
    expect(store.appliedCommits()).toEqual([])
    store.close()
  })

  it('knows a workflow called like a member of every object', async () => {
    const store = openStore(folder())
    const own = Object.assign(Object.create(null), { constructor: workflow('1') }) as ObservedTenant['workflows']
    await store.applyObserved({ commit: 'c', upserts: [tenant('a', own)], removals: [], objects: [], appliedAt: 1 })
    expect(Object.keys(store.readObserved().get('a')?.workflows ?? {})).toEqual(['constructor'])
    store.close()
  })
})
