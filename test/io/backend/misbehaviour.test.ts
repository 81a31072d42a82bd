import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { isFinished } from '../../../controller/core/run/run-state.ts'
import { lookMs, silentLooks } from '../../../controller/io/backend/host-limits.ts'
import { entry } from '../../../controller/io/backend/spawn-host.ts'
import { ended, stateOf, until } from '../../conformance/watch-runs.ts'
import { idOf, startOf, tenantOf } from '../../core/run/sample-fleet.ts'
import { openEmbedded } from './opened-backend.ts'

const misbehaving = { performModule: join(import.meta.dirname, 'misbehaving-vendor.ts') }
const linux = process.platform === 'linux'

const doing = (behave: string, { action = 'act', ms = 150, timeout = 20 } = {}) =>
  startOf({
    workflow: `
steps:
  - id: a
    action: ${action}
    with: { behave: ${behave}, ms: ${ms} }
    timeoutSeconds: ${timeout}
    retry: { attempts: 9, delaySeconds: 0 }
outputs: { seen: '\${{ steps.a.outputs }}' }`,
    tenant: tenantOf('poison'),
  })

/** Runs of other tenants that are being performed in the same host when it happens, and go on after it. */
const neighbours = () =>
  Array.from({ length: 4 }, (_, index) =>
    startOf({
      workflow: 'steps: [{ id: a, action: act, with: { ms: 400 } }, { id: b, action: act, with: { ms: 1 } }]',
      tenant: tenantOf(`t${index}`),
    }),
  )

describe('a run that does to its host what none should', () => {
  // What the run comes to, and what its attempts ended with.
  const cases: [behave: string, phase: string, code: string][] = [
    ['loops for ever', 'quarantined', 'host-hung'],
    ['blocks in native code', 'quarantined', 'host-hung'],
    // Collecting garbage in vain looks like a loop, and on the way there like a host that takes too much.
    ['fills its heap', 'quarantined', 'host-lost|host-hung|host-memory'],
    ['ends the process', 'quarantined', 'host-lost'],
    ['is killed', 'quarantined', 'host-lost'],
    ['throws where nobody catches', 'quarantined', 'host-lost'],
    ['rejects where nobody catches', 'quarantined', 'host-lost'],
    ['closes its channel', 'quarantined', 'host-lost'],
    ['writes garbage', 'quarantined', 'host-lost'],
    ['answers for others', 'quarantined', 'host-lost'],
    ['announces a huge message', 'quarantined', 'host-lost'],
    ['floods its channel', 'quarantined', 'host-lost'],
    ...(linux
      ? [['fills memory beside its heap', 'quarantined', 'host-memory|host-hung'] as [string, string, string]]
      : []),
  ]
  it.each(cases)(
    '%s: is %s after three attempts, and its neighbours end well',
    { timeout: 90_000 },
    async (behave, phase, code) => {
      const { backend } = await openEmbedded({ ...misbehaving, hostMemoryMb: 96 })
      const poison = doing(behave)
      const others = neighbours()
      for (const start of [...others, poison]) await backend.start(start)
      // On a busy machine a host that loops may only seem to be kept waiting, and is given longer.
      await until(async () => isFinished(await stateOf(backend, idOf(poison))), 60_000)
      expect((await stateOf(backend, idOf(poison))).phase).toBe(phase)
      const events = (await backend.history(idOf(poison))) ?? []
      expect(events.filter(({ type }) => type === 'AttemptScheduled')).toHaveLength(3)
      const codes = events.flatMap((event) => (event.type === 'AttemptFailed' ? [event.code] : []))
      expect(codes).toEqual([code, code, code].map((each) => expect.stringMatching(`^(${each})$`)))
      // What an error says may quote a secret.
      expect(JSON.stringify(events)).not.toContain('hunter2')
      for (const start of others) expect((await ended(backend, idOf(start))).phase).toBe('succeeded')
      const after = doing('says who it is')
      await backend.start(after)
      expect((await ended(backend, idOf(after))).phase).toBe('succeeded')
    },
  )

  it('has its place given to another within two seconds', () => {
    expect(silentLooks * lookMs).toBeLessThan(2_000)
  })

  it.each([
    ['calls itself without end', { phase: 'failed', failure: { code: 'internal-error' } }],
    ['never answers', { phase: 'failed', failure: { code: 'timeout' } }],
    ['gives a huge result', { phase: 'quarantined', failure: { message: expect.stringContaining('characters') } }],
  ])('%s: costs the run, not the host', async (behave, expected) => {
    const { backend } = await openEmbedded(misbehaving)
    const [before, after] = [doing('says who it is'), doing('says who it is')]
    await backend.start(before)
    const { outputs } = await ended(backend, idOf(before))
    const poison = startOf({
      workflow: `steps: [{ id: a, action: act, with: { behave: ${behave} }, timeoutSeconds: 1, retry: { attempts: 2, delaySeconds: 0 } }]`,
    })
    await backend.start(poison)
    expect(await ended(backend, idOf(poison))).toMatchObject(expected)
    await backend.start(after)
    expect((await ended(backend, idOf(after))).outputs).toEqual(outputs)
  })

  it('is not repeated where that may do harm: a person has to say what is true', async () => {
    const { backend } = await openEmbedded(misbehaving)
    const start = doing('ends the process', { action: 'act_once' })
    await backend.start(start)
    await until(async () => (await backend.history(idOf(start)))?.at(-1)?.type === 'AttemptUnknown')
    const intents = (await backend.history(idOf(start)))?.filter(({ type }) => type === 'AttemptScheduled')
    expect(intents).toHaveLength(1)
  })
})

describe.skipIf(!linux)('a host', () => {
  it('that grows slowly is replaced without the loss of an attempt', async () => {
    const { backend } = await openEmbedded({ ...misbehaving, hostMemoryMb: 64 })
    const pids = new Set<unknown>()
    for (let count = 0; count < 120 && pids.size < 2; count++) {
      const leaking = doing('keeps a little each time', { ms: 30 })
      const asking = doing('says who it is', { ms: 0 })
      await backend.start(leaking)
      await backend.start(asking)
      expect((await ended(backend, idOf(leaking))).phase).toBe('succeeded')
      const { outputs } = await ended(backend, idOf(asking))
      pids.add((outputs?.['seen'] as { pid: number } | undefined)?.pid)
      const events = (await backend.history(idOf(leaking))) ?? []
      expect(events.map(({ type }) => type)).not.toContain('AttemptFailed')
    }
    expect(pids.size).toBe(2)
  })

  it('has no environment and no file of the controller', async () => {
    process.env['HEADWATER_TEST_CREDENTIAL'] = 'hunter2'
    onTestFinished(() => void delete process.env['HEADWATER_TEST_CREDENTIAL'])
    const { backend, folder } = await openEmbedded(misbehaving)
    const start = doing('looks around')
    await backend.start(start)
    const { outputs } = await ended(backend, idOf(start))
    const seen = (outputs?.['seen'] ?? {}) as { environment: string[]; files: string[] }
    expect(seen.environment.filter((name) => name !== 'NODE_COMPILE_CACHE')).toEqual([])
    expect(seen.files.length).toBeGreaterThan(3)
    expect(seen.files.filter((file) => file.startsWith(folder))).toEqual([])
  })

  it('that hangs when its controller is killed is ended by the next', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'headwater-left-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const host = spawn(process.execPath, ['-e', 'for (;;);', entry], { stdio: 'ignore' })
    const stranger = spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' })
    onTestFinished(() => void stranger.kill('SIGKILL'))
    await Promise.all([once(host, 'spawn'), once(stranger, 'spawn')])
    writeFileSync(join(folder, 'hosts'), `${host.pid}\n${stranger.pid}\n999999999\n`)
    const ended = once(host, 'exit')
    await openEmbedded({ ...misbehaving, hostsFile: join(folder, 'hosts') })
    expect(await ended).toEqual([null, 'SIGKILL'])
    expect(stranger.exitCode ?? stranger.signalCode).toBeNull()
  })
})
