import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { authorizeTenant, type TenantAccess } from '../../../controller/core/access/authorize.ts'
import type { CaseChange } from '../../../controller/core/run/cases.ts'
import type { RunEvent } from '../../../controller/core/run/events.ts'
import { openStore, type Store } from '../../../controller/io/store/open-store.ts'
import { folder, more, newRun } from './sample-runs.ts'

function accessTo(tenant: string): TenantAccess {
  const granted = authorizeTenant({ kind: 'operator' }, 'cases:read', { path: tenant, uid: `uid-${tenant}` })
  if (granted.kind === 'denied') throw new Error(granted.reason)
  return granted.access
}

const changed = (at: number, step: string, change: CaseChange, id = 'aaaaaaaaaaaaaaaa'): RunEvent[] => [
  { type: 'CaseChanged', at, step, case: id, change },
  { type: 'AttemptSucceeded', at, step, outputs: { case: id } },
]
const open = (title: string): CaseChange => ({ kind: 'open', title, severity: 'high' })
const comment: CaseChange = { kind: 'comment', text: 'looked at it' }

/** A run that writes, and ends. */
async function write(store: Store, runId: string, events: readonly RunEvent[], tenant = 'acme'): Promise<void> {
  const run = newRun(runId, 1, tenant)
  await store.append(run)
  const written = more(run.state, { type: 'RunStarted', at: 1 }, ...events)
  await store.append(written)
  await store.append(more(written.state, { type: 'RunSucceeded', at: 99, outputs: {} }))
}

function marksLeft(place: string): number {
  const database = new DatabaseSync(join(place, 'control.sqlite'), { readOnly: true })
  const count = Number(database.prepare('SELECT count(*) AS count FROM case_runs').get()?.['count'])
  database.close()
  return count
}

describe('what runs write into cases', () => {
  it("is there as soon as it is durable, while the run goes on, and is its tenant's alone", async () => {
    const place = folder()
    const store = openStore(place)
    const run = newRun('a', 1, 'acme')
    await store.append(run)
    await store.append(more(run.state, { type: 'RunStarted', at: 1 }, ...changed(5, 'record', open('Host h1'))))
    const head = {
      id: 'aaaaaaaaaaaaaaaa',
      state: 'open',
      title: 'Host h1',
      severity: 'high',
      openedAt: 5,
      changedAt: 5,
      closedAt: null,
    }
    expect(store.tenant(accessTo('acme')).listCases({})).toEqual({ cases: [head], next: null })
    expect(store.tenant(accessTo('acme')).readCase('aaaaaaaaaaaaaaaa')).toEqual({
      case: head,
      entries: [{ at: 5, run: 'a', place: 2, step: 'record', change: open('Host h1') }],
    })
    expect(store.tenant(accessTo('globex')).listCases({}).cases).toEqual([])
    expect(store.tenant(accessTo('globex')).readCase('aaaaaaaaaaaaaaaa')).toBeUndefined()
    store.close()
  })

  it('comes together from several runs, in the order in which they wrote', async () => {
    const store = openStore(folder())
    await write(store, 'late', changed(9, 'close', { kind: 'close', resolution: 'clean' }))
    expect(store.tenant(accessTo('acme')).listCases({ state: 'closed' }).cases).toHaveLength(1)
    await write(store, 'early', [...changed(2, 'record', open('Host h1')), ...changed(3, 'more', comment)])
    const { case: head, entries } = store.tenant(accessTo('acme')).readCase('aaaaaaaaaaaaaaaa') ?? {}
    expect(head).toMatchObject({ state: 'closed', title: 'Host h1', openedAt: 2, changedAt: 9, closedAt: 9 })
    expect(entries?.map(({ run, step }) => [run, step])).toEqual([
      ['early', 'record'],
      ['early', 'more'],
      ['late', 'close'],
    ])
    store.close()
  })

  it('keeps the order of a run whose steps wrote at the same time', async () => {
    const store = openStore(folder())
    const steps = ['z', 'y', 'x'].flatMap((step) => changed(5, step, { kind: 'comment', text: step }))
    await write(store, 'a', [...changed(5, 'record', open('Host h1')), ...steps, ...changed(5, 'b', { kind: 'close' })])
    const { case: head, entries } = store.tenant(accessTo('acme')).readCase('aaaaaaaaaaaaaaaa') ?? {}
    expect([head?.state, entries?.map(({ step }) => step)]).toEqual(['closed', ['record', 'z', 'y', 'x', 'b']])
    store.close()
  })

  it('is listed by its latest change, page by page, open or closed', async () => {
    const store = openStore(folder())
    const ids = ['1', '2', '3', '4', '5'].map((digit) => digit.repeat(16))
    for (const [index, id] of ids.entries()) await write(store, `r${index}`, changed(10 + index, 'a', open(id), id))
    await write(store, 'closer', changed(20, 'a', { kind: 'close' }, ids[1]))
    const tenant = store.tenant(accessTo('acme'))
    const idsOf = (filter: Parameters<typeof tenant.listCases>[0]) =>
      tenant.listCases(filter).cases.map(({ id }) => id[0])
    expect(idsOf({})).toEqual(['2', '5', '4', '3', '1'])
    expect(idsOf({ state: 'open', limit: 2 })).toEqual(['5', '4'])
    const { next } = tenant.listCases({ state: 'open', limit: 2 })
    expect(idsOf({ state: 'open', limit: 2, ...(next !== null && { before: next }) })).toEqual(['3', '1'])
    expect(tenant.listCases({ state: 'open', limit: 4 }).next).toBeNull()
    expect(idsOf({ state: 'closed' })).toEqual(['2'])
    store.close()
  })

  it('is brought over once, wherever a crash comes, also when its journal has moved', async () => {
    const place = folder()
    const first = openStore(place)
    await write(first, 'a', changed(5, 'record', open('Host h1')))
    await first.moveFinished()
    first.close()
    expect(marksLeft(place)).toBe(1)
    const second = openStore(place)
    expect(second.tenant(accessTo('acme')).readCase('aaaaaaaaaaaaaaaa')?.entries).toHaveLength(1)
    second.close()
    expect(marksLeft(place)).toBe(0)
    // As after a crash between the tenant's file and the mark.
    const database = new DatabaseSync(join(place, 'control.sqlite'))
    database.exec("INSERT INTO case_runs SELECT key, id, tenant_uid, version FROM runs WHERE id = 'a'")
    database.close()
    const third = openStore(place)
    expect(third.tenant(accessTo('acme')).readCase('aaaaaaaaaaaaaaaa')?.entries).toHaveLength(1)
    third.close()
  })

  it('of more runs than come over at a time is all there', async () => {
    const store = openStore(folder())
    const steps = Array.from({ length: 230 }, (_, index) => index)
    await Promise.all(
      steps.map((index) => write(store, `r${index}`, changed(index, 'a', index === 0 ? open('x') : comment))),
    )
    expect(store.tenant(accessTo('acme')).readCase('aaaaaaaaaaaaaaaa')?.entries).toHaveLength(230)
    store.close()
  })

  it('stands in no file in clear, and is forgotten with its tenant', async () => {
    const place = folder()
    const store = openStore(place)
    const secret = 'jane.doe@contoso.example'
    await write(store, 'a', [
      ...changed(5, 'record', open(secret)),
      ...changed(6, 'b', { kind: 'comment', text: secret }),
    ])
    expect(store.tenant(accessTo('acme')).listCases({}).cases).toHaveLength(1)
    for (const name of readdirSync(join(place, 'tenants')))
      expect(readFileSync(join(place, 'tenants', name)).includes(secret)).toBe(false)
    await write(store, 'b', changed(7, 'record', comment))
    expect(await store.forgetTenant('uid-acme')).toEqual({ kind: 'forgotten', runs: 2 })
    expect(store.tenant(accessTo('acme')).listCases({}).cases).toEqual([])
    store.close()
    expect(marksLeft(place)).toBe(0)
  })

  it('of a trial in the sandbox is nothing', async () => {
    const store = openStore(folder())
    const run = newRun('a', 1)
    const [first] = run.events
    const trial = {
      ...run,
      events: [{ ...first, sandbox: true } as RunEvent],
      state: { ...run.state, request: { ...run.state.request, sandbox: true as const } },
    }
    await store.append(trial)
    await store.append(more(trial.state, { type: 'RunStarted', at: 1 }, ...changed(5, 'record', open('Host h1'))))
    expect(store.tenant(accessTo('acme')).listCases({}).cases).toEqual([])
    store.close()
  })
})
