import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { ReconcileHost } from '../../../controller/reconcile/thread/reconcile-host.ts'
import { newFolder } from '../../io/git/repositories.ts'

const module = join(import.meta.dirname, 'failing-worker.ts')

async function openHost({ silenceMs }: { readonly silenceMs?: number } = {}) {
  const fleet = join(newFolder(), 'told')
  const tell = (what: string): void => writeFileSync(fleet, what)
  tell('fine')
  const lost: string[] = []
  let hints = 0
  const host = await ReconcileHost.open({
    setup: { fleet, state: '', gitToken: undefined, proposeOn: undefined, allowRemovals: undefined },
    main: { apply: () => Promise.resolve(), progress: () => {}, hint: () => hints++, beat: () => {} },
    onLost: (why) => lost.push(why.message),
    module,
    heapMb: 48,
    ...(silenceMs !== undefined && { silenceMs }),
  })
  onTestFinished(() => host.close())
  return { host, tell, lost, hints: () => hints }
}

test.each([
  ['leave', /it ended with code 7/],
  ['crash', /a bug of ours/],
  ['eat', /memory limit/],
] as const)('a thread that comes to its end (%s) is told, and the next one goes on', async (what, why) => {
  const { host, tell, lost, hints } = await openHost()
  await host.watch()
  tell(what)
  await expect(host.pass()).rejects.toMatchObject({ code: 'reconcile-lost', message: expect.stringMatching(why) })
  expect(host.trouble).toMatch(why)
  expect(lost).toHaveLength(1)
  await expect(host.tenants()).rejects.toMatchObject({ code: 'reconcile-lost' })
  // Who waits for a secret waits for the next thread.
  const file = host.file('a')
  tell('fine')
  expect(await host.pass()).toEqual({ told: 'fine' })
  expect((await file)?.oid).toBe('a')
  expect(host.trouble).toBeUndefined()
  await expect.poll(hints).toBe(1)
})

test('a thread that says nothing for too long is taken for hung, and the next one goes on', async () => {
  const { host, tell } = await openHost({ silenceMs: 1_500 })
  tell('hang')
  await expect(host.pass()).rejects.toMatchObject({
    code: 'reconcile-lost',
    message: expect.stringContaining('it said nothing for 1.5 s'),
  })
  tell('fine')
  expect(await host.pass()).toEqual({ told: 'fine' })
})

test('a thread that ends again and again, or cannot even start, is tried again until it can', async () => {
  const { host, tell, lost } = await openHost()
  tell('leave')
  await expect(host.pass()).rejects.toThrow('code 7')
  await expect(host.pass()).rejects.toThrow('code 7')
  tell('shut')
  await expect.poll(() => lost.length, { timeout: 20_000 }).toBe(3)
  expect(host.trouble).toBe('there is no such folder')
  tell('fine')
  expect(await host.pass()).toEqual({ told: 'fine' })
})

test('a pass that fails leaves its thread, keeps its code, and is in the way of no other', async () => {
  const { host, tell, lost } = await openHost()
  tell('refuse')
  await expect(host.pass()).rejects.toMatchObject({ code: 'fetch-failed', message: 'the remote is away' })
  expect([host.trouble, lost]).toEqual(['the remote is away', []])
  tell('fine')
  await host.pass()
  expect(host.trouble).toBeUndefined()
})

test('what cannot be opened is said at once, with its code', async () => {
  const fleet = join(newFolder(), 'told')
  writeFileSync(fleet, 'shut')
  await expect(
    ReconcileHost.open({
      setup: { fleet, state: '', gitToken: undefined, proposeOn: undefined, allowRemovals: undefined },
      main: { apply: () => Promise.resolve(), progress: () => {}, hint: () => {}, beat: () => {} },
      onLost: () => {},
      module,
    }),
  ).rejects.toMatchObject({ code: 'repository-unreadable' })
})
