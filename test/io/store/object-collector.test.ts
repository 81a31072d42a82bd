import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import type { RunRequested } from '../../../controller/core/run/events.ts'
import type { StoredObject } from '../../../controller/core/run/journal.ts'
import { foldAll } from '../../../controller/core/run/fold.ts'
import { openStore, type Store } from '../../../controller/io/store/open-store.ts'
import { folder, more, objectOf, requestOf } from './sample-runs.ts'

const day = 86_400_000

function contextOf(path: string, named: readonly StoredObject[]): StoredObject {
  const [connector, schema, child] = named.map(({ digest }) => digest)
  return objectOf({
    path,
    bindings: { act: { inputSchema: schema, connections: [{ connectorDigest: connector }] } },
    children: { other: { digest: child } },
  })
}

const parts = (name: string) => ['connector', 'schema', 'child'].map((what) => objectOf({ [what]: name }))
const workflow = objectOf({ steps: [] })

function application(path: string, context: StoredObject, objects: readonly StoredObject[], at = 1) {
  const workflows = { w: { digest: workflow.digest, release: '1.0.0', owner: '' } }
  const state = 'applied' as const
  const tenant = { path, uid: `uid-${path}`, digest: 'd', contextDigest: context.digest, workflows, state, reason: '' }
  return { commit: `c${at}`, upserts: [tenant], removals: [], objects: [...objects, context, workflow], appliedAt: at }
}

async function run(store: Store, id: string, context: StoredObject, finishedAt?: number): Promise<void> {
  const request: RunRequested = {
    ...(requestOf(id) as RunRequested),
    contextDigest: context.digest,
    workflow: { name: 'w', owner: '', release: '1.0.0', digest: workflow.digest },
  }
  const state = foldAll([request])
  await store.append({ runId: id, expectedVersion: 0, events: [request], state })
  if (finishedAt === undefined) return
  await store.append(more(state, { type: 'RunStarted', at: 1 }, { type: 'RunSucceeded', at: finishedAt, outputs: {} }))
}

/** As often as it takes, a day later each time. */
async function collected(store: Store): Promise<number> {
  await store.collectObjects(0)
  return store.collectObjects(day)
}

const held = (store: Store, objects: readonly StoredObject[]) => objects.map(({ digest }) => store.hasObject(digest))

describe('objects that nothing needs', () => {
  it('are removed a day after that was seen, with what they name', async () => {
    const store = openStore(folder())
    const [before, after] = [parts('before'), parts('after')]
    const [old, current] = [contextOf('a', before), contextOf('a', after)]
    await store.applyObserved(application('a', old, before))
    await store.applyObserved(application('a', current, after, 2))
    expect(await store.collectObjects(0)).toBe(0)
    expect(await store.collectObjects(day - 1)).toBe(0)
    expect(await store.collectObjects(day)).toBe(4)
    expect(await store.collectObjects(3 * day)).toBe(0)
    expect(held(store, [old, ...before])).toEqual([false, false, false, false])
    expect(held(store, [current, ...after, workflow])).toEqual([true, true, true, true, true])
    store.close()
  })

  it('are not those that a run pins, as long as it is kept', async () => {
    const store = openStore(folder())
    const [first, second, third] = ['first', 'second', 'third'].map(parts) as [
      StoredObject[],
      StoredObject[],
      StoredObject[],
    ]
    const contexts = [contextOf('a', first), contextOf('a', second), contextOf('a', third)] as const
    for (const [index, context] of contexts.entries())
      await store.applyObserved(application('a', context, [first, second, third][index] ?? [], index))
    await run(store, 'open', contexts[0])
    await run(store, 'done', contexts[1], 5)
    expect(await collected(store)).toBe(0)
    await store.moveFinished()
    expect(await store.forgetRuns({ tenantUid: 'uid-acme', before: 10, limit: 10 })).toBe(1)
    expect(await store.collectObjects(2 * day)).toBe(0)
    expect(await store.collectObjects(3 * day)).toBe(4)
    expect(held(store, [contexts[0], ...first])).toEqual([true, true, true, true])
    expect(held(store, [contexts[1], ...second])).toEqual([false, false, false, false])
    store.close()
  })

  it('count anew when something needs them in between', async () => {
    const store = openStore(folder())
    const [a, b] = [parts('a'), parts('b')]
    const [one, two] = [contextOf('x', a), contextOf('x', b)]
    await store.applyObserved(application('x', one, a))
    await store.applyObserved(application('x', two, b, 2))
    await store.collectObjects(0)
    await store.applyObserved(application('x', one, [], 3))
    await store.collectObjects(day / 2)
    await store.applyObserved(application('x', two, [], 4))
    expect(await store.collectObjects(day)).toBe(0)
    expect(await store.collectObjects(2 * day)).toBe(4)
    store.close()
  })

  it('are brought again by whoever had seen them just before', async () => {
    const store = openStore(folder())
    const [a, b] = [parts('a'), parts('b')]
    const [one, two] = [contextOf('x', a), contextOf('x', b)]
    await store.applyObserved(application('x', one, a))
    await store.applyObserved(application('x', two, b, 2))
    await collected(store)
    // The context is brought, its connector is believed to be there still.
    const believing = store.applyObserved(application('x', one, a.slice(1), 3))
    await expect(believing).rejects.toThrow('it must be written again')
    expect(store.readTenant('x')?.contextDigest).toBe(two.digest)
    await store.applyObserved(application('x', one, a, 3))
    expect(held(store, [one, ...a])).toEqual([true, true, true, true])
    expect(store.health().state).toBe('green')
    store.close()
  })
})

it('a run of before, whose row does not name its context, keeps it by its journal', async () => {
  const place = folder()
  const store = openStore(place)
  const named = parts('a')
  const [old, current] = [contextOf('x', named), contextOf('x', parts('b'))]
  await store.applyObserved(application('x', old, named))
  await run(store, 'open', old)
  await store.applyObserved(application('x', current, parts('b'), 2))
  store.close()
  const database = new DatabaseSync(join(place, 'control.sqlite'))
  database.exec('UPDATE runs SET context_digest = NULL')
  database.close()
  const again = openStore(place)
  expect(await collected(again)).toBe(0)
  expect(held(again, [old, ...named])).toEqual([true, true, true, true])
  again.close()
})
