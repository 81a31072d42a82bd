import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { authorizeTenant, type TenantAccess } from '../../../controller/core/access/authorize.ts'
import { openStore, type Store } from '../../../controller/io/store/open-store.ts'
import { folder, more, newRun } from './sample-runs.ts'

function accessTo(tenant: string): TenantAccess {
  const granted = authorizeTenant({ kind: 'operator' }, 'runs:read', { path: tenant, uid: `uid-${tenant}` })
  if (granted.kind === 'denied') throw new Error(granted.reason)
  return granted.access
}

async function finish(store: Store, runId: string, tenant = 'acme') {
  const run = newRun(runId, 1, tenant)
  await store.append(run)
  const end = more(run.state, { type: 'RunStarted', at: 2 }, { type: 'RunSucceeded', at: 3, outputs: { for: tenant } })
  await store.append(end)
  return [...run.events, ...end.events]
}

function entriesLeft(place: string): number {
  const database = new DatabaseSync(join(place, 'control.sqlite'), { readOnly: true })
  const count = Number(database.prepare('SELECT count(*) AS count FROM entries').get()?.['count'])
  database.close()
  return count
}

const tenantFile = (place: string, tenant: string) => join(place, 'tenants', `uid-${tenant}.db`)

describe('a finished run', () => {
  it("is moved to its tenant's file, and read from there as before", async () => {
    const place = folder()
    const store = openStore(place)
    const [a, b] = [await finish(store, 'a', 'acme'), await finish(store, 'b', 'globex')]
    const open = newRun('open')
    await store.append(open)
    await store.moveFinished()
    expect(entriesLeft(place)).toBe(1)
    expect([store.readRun('a'), store.readRun('b'), store.readRun('open')]).toEqual([a, b, open.events])
    expect(await store.append(newRun('a'))).toEqual({ kind: 'conflict', version: 3 })
    expect(store.listRuns({ state: 'succeeded' }).runs.map(({ id }) => id)).toEqual(['b', 'a'])
    store.close()
    expect(readdirSync(join(place, 'tenants')).toSorted()).toEqual(['uid-acme.db', 'uid-globex.db'])
    const again = openStore(place)
    expect(again.readRun('a')).toEqual(a)
    again.close()
  })

  it('is moved by the next process where the last one did not come to it', async () => {
    const place = folder()
    const store = openStore(place)
    const a = await finish(store, 'a')
    store.close()
    const again = openStore(place)
    await again.moveFinished()
    expect(entriesLeft(place)).toBe(0)
    expect(again.readRun('a')).toEqual(a)
    again.close()
  })

  it('is moved again where a crash came between copying and deleting', async () => {
    const place = folder()
    const store = openStore(place)
    const a = await finish(store, 'a')
    store.close()
    const before = folder()
    cpSync(place, before, { recursive: true })
    const moving = openStore(place)
    await moving.moveFinished()
    moving.close()
    // The tenant's file of after the copy, the control store of before the deletion.
    cpSync(join(place, 'tenants'), join(before, 'tenants'), { recursive: true })
    const after = openStore(before)
    expect(after.readRun('a')).toEqual(a)
    await after.moveFinished()
    expect(after.readRun('a')).toEqual(a)
    expect(entriesLeft(before)).toBe(0)
    after.close()
  })

  it('of more tenants than files are held open is found in each', async () => {
    const place = folder()
    const store = openStore(place)
    const tenants = Array.from({ length: 40 }, (_, index) => `t${index}`)
    for (const tenant of tenants) await finish(store, `run-${tenant}`, tenant)
    await store.moveFinished()
    expect(entriesLeft(place)).toBe(0)
    for (const tenant of tenants) expect(store.readRun(`run-${tenant}`)).toHaveLength(3)
    store.close()
  })
})

describe('a tenant whose file is damaged', () => {
  it('is told so; its runs stay in the control store, and its neighbours go on', async () => {
    const place = folder()
    const first = openStore(place)
    await finish(first, 'a', 'acme')
    await finish(first, 'b', 'globex')
    await first.moveFinished()
    first.close()
    writeFileSync(tenantFile(place, 'acme'), 'this is no database'.repeat(500))
    const troubled: string[] = []
    const store = openStore(place, { onTrouble: (tenantUid) => troubled.push(tenantUid) })
    expect(() => store.readRun('a')).toThrow(
      expect.objectContaining({ code: 'tampered', message: expect.stringContaining('put back this file') }),
    )
    const later = await finish(store, 'later', 'acme')
    const other = await finish(store, 'other', 'globex')
    await store.moveFinished()
    expect(entriesLeft(place)).toBe(2)
    expect(troubled).toEqual(['uid-acme'])
    expect([store.readRun('later'), store.readRun('other')]).toEqual([later, other])
    expect(store.health().state).toBe('green')
    store.close()
  })

  it('does not get the runs of another one in their place', async () => {
    const place = folder()
    const store = openStore(place)
    await finish(store, 'a', 'acme')
    await finish(store, 'b', 'globex')
    await store.moveFinished()
    store.close()
    cpSync(tenantFile(place, 'globex'), tenantFile(place, 'acme'))
    const database = new DatabaseSync(tenantFile(place, 'acme'))
    database.exec("UPDATE runs SET id = 'a'")
    database.close()
    const again = openStore(place)
    expect(() => again.readRun('a')).toThrow(expect.objectContaining({ code: 'tampered' }))
    again.close()
  })
})

describe('the handle of a tenant', () => {
  it('reads its runs, wherever they stand, and no one else’s', async () => {
    const store = openStore(folder())
    const a = await finish(store, 'a', 'acme')
    await finish(store, 'b', 'globex')
    const acme = store.tenant(accessTo('acme'))
    expect([acme.readRun('a'), acme.readRun('b'), acme.readRun('none')]).toEqual([a, undefined, undefined])
    await store.moveFinished()
    expect([acme.readRun('a'), acme.readRun('b')]).toEqual([a, undefined])
    store.close()
  })

  it('is given to nobody who was not authorized', () => {
    const store = openStore(folder())
    const forged = { tenantUid: 'uid-acme' } as TenantAccess
    expect(() => store.tenant(forged)).toThrow(/granted by the authorization alone/)
    const copied = Object.assign(Object.create(null) as TenantAccess, accessTo('acme'))
    expect(() => store.tenant(copied)).toThrow(/granted by the authorization alone/)
    const denied = authorizeTenant({ kind: 'anonymous' }, 'runs:read', { path: 'acme', uid: 'uid-acme' })
    expect(denied.kind).toBe('denied')
    store.close()
  })
})

describe('forgetting a tenant', () => {
  it('removes its file, its key and its runs, and nothing of the others', async () => {
    const place = folder()
    const store = openStore(place)
    await finish(store, 'a', 'acme')
    const b = await finish(store, 'b', 'globex')
    await store.moveFinished()
    await finish(store, 'not-moved', 'acme')
    const database = new DatabaseSync(join(place, 'control.sqlite'), { readOnly: true })
    const key = database.prepare("SELECT wrapped FROM keys WHERE tenant_uid = 'uid-acme'").get()?.[
      'wrapped'
    ] as Uint8Array
    database.close()
    expect(await store.forgetTenant('uid-acme')).toEqual({ kind: 'forgotten', runs: 2 })
    expect(existsSync(tenantFile(place, 'acme'))).toBe(false)
    expect([store.readRun('a'), store.readRun('not-moved'), store.readRun('b')]).toEqual([undefined, undefined, b])
    for (const file of readdirSync(place).filter((name) => name.startsWith('control.')))
      expect(readFileSync(join(place, file)).includes(Buffer.from(key))).toBe(false)
    const anew = await finish(store, 'a', 'acme')
    await store.moveFinished()
    expect(store.readRun('a')).toEqual(anew)
    store.close()
    rmSync(place, { recursive: true })
  })

  it('waits until it has no run going on', async () => {
    const store = openStore(folder())
    await store.append(newRun('a'))
    expect(await store.forgetTenant('uid-acme')).toEqual({ kind: 'has-unfinished-runs' })
    expect(store.readRun('a')).toHaveLength(1)
    store.close()
  })
})
