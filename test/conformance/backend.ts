import { describe, expect, it, onTestFinished } from 'vitest'
import { idOf, startOf, tenantOf } from '../core/run/sample-fleet.ts'
import { childRunConformance } from './child-runs.ts'
import { ended, type OpenedBackend, type PerformedCall, stateOf, until, waits } from './watch-runs.ts'

/** What every backend promises. `open` gives an empty one whose actions behave as their input says. */
export function backendConformance(name: string, open: () => Promise<OpenedBackend>): void {
  const opened = async (): Promise<OpenedBackend> => {
    const made = await open()
    onTestFinished(() => made.backend.close())
    return made
  }
  const once = 'steps: [{ id: a, action: act, with: { n: 1 } }]'

  childRunConformance(name, opened)

  describe(`${name}: start`, () => {
    it('performs a run to its end, with the secret of its connection', async () => {
      const { backend, calls } = await opened()
      const start = startOf({ workflow: `${once}\noutputs: { times: '\${{ steps.a.outputs.times }}' }` })
      expect(await backend.start(start)).toBe('accepted')
      const state = await ended(backend, idOf(start))
      expect(state).toMatchObject({ phase: 'succeeded', outputs: { times: 1 } })
      expect(calls()).toMatchObject([
        { phase: 'begin', tenant: 'acme', key: `${idOf(start)}/a`, input: { n: 1 }, secret: 'secret of token' },
        { phase: 'end' },
      ])
      expect((await backend.history(idOf(start)))?.map(({ type }) => type)).toEqual([
        'RunRequested',
        'RunStarted',
        'AttemptScheduled',
        'AttemptSucceeded',
        'RunSucceeded',
      ])
    })

    it('is idempotent: at the same time, afterwards, and after a restart', async () => {
      const { backend, calls, reopen } = await opened()
      const start = startOf({ workflow: once })
      const answers = await Promise.all([backend.start(start), backend.start(start), backend.start(start)])
      expect(answers.toSorted()).toEqual(['accepted', 'already-accepted', 'already-accepted'])
      await ended(backend, idOf(start))
      expect(await backend.start(start)).toBe('already-accepted')
      const again = await reopen()
      onTestFinished(() => again.backend.close())
      expect(await again.backend.start(start)).toBe('already-accepted')
      expect(calls().filter(({ phase }) => phase === 'begin')).toHaveLength(1)
    })

    it('is readable as soon as it is accepted', async () => {
      const { backend } = await opened()
      const start = startOf({ workflow: once })
      await backend.start(start)
      expect((await backend.history(idOf(start)))?.[0]).toMatchObject({ type: 'RunRequested' })
      expect((await backend.list({ tenant: 'acme' })).runs.map(({ id }) => id)).toEqual([idOf(start)])
      expect(await backend.history('nobody')).toBeUndefined()
    })
  })

  describe(`${name}: steps`, () => {
    it('are performed in order, each once, and see what came before', async () => {
      const { backend, calls } = await opened()
      const steps = Array.from({ length: 5 }, (_, index) => {
        const before = index === 0 ? '' : `, before: '\${{ steps.s${index - 1}.outputs.times }}'`
        return `  - { id: s${index}, action: act, with: { n: ${index}${before} } }`
      })
      const start = startOf({ workflow: `steps:\n${steps.join('\n')}` })
      await backend.start(start)
      expect((await ended(backend, idOf(start))).phase).toBe('succeeded')
      const begun = calls().filter(({ phase }) => phase === 'begin')
      expect(begun.map(({ input }) => input.n)).toEqual([0, 1, 2, 3, 4])
      expect(begun[4]?.input.before).toBe(1)
    })

    it('are tried again after a passing failure', async () => {
      const { backend } = await opened()
      const retry = 'retry: { attempts: 3, delaySeconds: 0.1 }'
      const start = startOf({ workflow: `steps: [{ id: a, action: act, with: { behave: busy-once }, ${retry} }]` })
      await backend.start(start)
      expect(await ended(backend, idOf(start))).toMatchObject({ phase: 'succeeded' })
    })

    it('end the run where they fail for good', async () => {
      const { backend } = await opened()
      const start = startOf({ workflow: 'steps: [{ id: a, action: act, with: { behave: fail } }]' })
      await backend.start(start)
      expect(await ended(backend, idOf(start))).toMatchObject({
        phase: 'failed',
        failure: { step: 'a', code: 'http-403' },
      })
    })

    it('wait for a person where nobody knows whether they took effect', async () => {
      const { backend } = await opened()
      const start = startOf({ workflow: 'steps: [{ id: a, action: act_once, with: { behave: unknown } }]' })
      await backend.start(start)
      await waits(backend, idOf(start))
      const resolution = { kind: 'resolution', step: 'a', connection: 'unsafe', as: 'succeeded', by: 'ada' } as const
      expect(await backend.signal(idOf(start), resolution)).toEqual({ kind: 'taken' })
      expect((await ended(backend, idOf(start))).phase).toBe('succeeded')
    })
  })

  describe(`${name}: signals`, () => {
    const ask = `steps: [{ id: ask, approval: { message: Sure? } }, { id: a, action: act }]`
    const yes = { kind: 'approval', step: 'ask', approved: true, by: 'ada' } as const

    it('let a waiting run go on', async () => {
      const { backend, calls } = await opened()
      const start = startOf({ workflow: ask })
      await backend.start(start)
      await waits(backend, idOf(start))
      expect(calls()).toEqual([])
      expect(await backend.signal(idOf(start), yes)).toEqual({ kind: 'taken' })
      expect((await ended(backend, idOf(start))).phase).toBe('succeeded')
    })

    it('may come before the wait', async () => {
      const { backend } = await opened()
      const start = startOf({
        workflow: `steps: [{ id: a, action: act, with: { ms: 100 } }, { id: ask, approval: { message: Sure? } }]`,
      })
      await backend.start(start)
      expect(await backend.signal(idOf(start), yes)).toEqual({ kind: 'taken' })
      expect((await ended(backend, idOf(start))).phase).toBe('succeeded')
    })

    it('survive a restart, as the wait does', async () => {
      const first = await opened()
      const start = startOf({ workflow: ask })
      await first.backend.start(start)
      await waits(first.backend, idOf(start))
      const { backend } = await first.reopen()
      onTestFinished(() => backend.close())
      expect(await backend.signal(idOf(start), yes)).toEqual({ kind: 'taken' })
      expect((await ended(backend, idOf(start))).phase).toBe('succeeded')
    })

    it('are refused in words where nobody waits for them', async () => {
      const { backend } = await opened()
      const start = startOf({ workflow: ask })
      await backend.start(start)
      await backend.signal(idOf(start), yes)
      const again = await backend.signal(idOf(start), { ...yes, approved: false })
      expect(again).toMatchObject({ kind: 'refused' })
      await ended(backend, idOf(start))
      expect(await backend.signal(idOf(start), yes)).toMatchObject({ kind: 'refused', code: 'finished' })
      expect(await backend.signal('nobody', yes)).toMatchObject({ kind: 'refused', code: 'unknown-run' })
    })
  })

  describe(`${name}: sleep`, () => {
    const nap = (seconds: number) => `steps: [{ id: nap, sleep: { seconds: ${seconds} } }, { id: a, action: act }]`

    it('gives the slot back, survives a restart, and goes on by itself', async () => {
      const first = await opened()
      const one = tenantOf('one', 1)
      const start = startOf({ workflow: nap(2), tenant: one })
      await first.backend.start(start)
      await waits(first.backend, idOf(start))
      const next = startOf({ workflow: once, tenant: one })
      await first.backend.start(next)
      expect((await ended(first.backend, idOf(next))).phase).toBe('succeeded')
      const { backend } = await first.reopen()
      onTestFinished(() => backend.close())
      const state = await ended(backend, idOf(start))
      expect(state.phase).toBe('succeeded')
      const { startedAt = 0, settledAt = 0 } = state.steps.get('nap') ?? {}
      expect(settledAt - startedAt).toBeGreaterThanOrEqual(2_000)
    })

    it('ends where the run is cancelled', async () => {
      const { backend, calls } = await opened()
      const start = startOf({ workflow: nap(3_600) })
      await backend.start(start)
      await waits(backend, idOf(start))
      expect(await backend.cancel(idOf(start), { by: 'ada', reason: 'enough' })).toBe('cancelled')
      expect((await ended(backend, idOf(start))).phase).toBe('cancelled')
      expect(calls()).toEqual([])
    })

    it('is not the only thing that ends a wait: no answer in time is a no, across a restart', async () => {
      const first = await opened()
      const start = startOf({ workflow: 'steps: [{ id: ask, timeoutSeconds: 1, approval: { message: Sure? } }]' })
      await first.backend.start(start)
      await waits(first.backend, idOf(start))
      const { backend } = await first.reopen()
      onTestFinished(() => backend.close())
      expect((await ended(backend, idOf(start))).failure?.code).toBe('approval-timeout')
    })
  })

  describe(`${name}: budgets`, () => {
    it('of time end a run that waits, across a restart', async () => {
      const first = await opened()
      const start = startOf({ workflow: 'timeoutSeconds: 1\nsteps: [{ id: ask, approval: { message: Sure? } }]' })
      await first.backend.start(start)
      await waits(first.backend, idOf(start))
      const { backend } = await first.reopen()
      onTestFinished(() => backend.close())
      expect((await ended(backend, idOf(start))).failure?.code).toBe('budget-run-time')
    })

    it('and outputs that do not fit end a run with their names', async () => {
      const { backend } = await opened()
      const schema = 'outputSchema: { properties: { n: { type: string } } }'
      const odd = startOf({ workflow: `${once}\n${schema}\noutputs: { n: '\${{ steps.a.outputs.times }}' }` })
      const big = startOf({ workflow: once, inputs: { text: 'x'.repeat(9 * 1024 * 1024) } })
      for (const start of [odd, big]) await backend.start(start)
      expect((await ended(backend, idOf(odd))).failure?.code).toBe('bad-outputs')
      expect((await ended(backend, idOf(big))).failure?.code).toBe('budget-payload')
    })
  })

  describe(`${name}: blocks`, () => {
    it('perform branches and items at the same time, each instance under a key of its own', async () => {
      const { backend, calls } = await opened()
      const start = startOf({
        workflow: `
steps:
  - id: both
    parallel:
      - { id: one, steps: [{ id: a, action: act, with: { ms: 100 } }] }
      - { id: two, steps: [{ id: l, forEach: { in: '\${{ [1, 2] }}', concurrency: 2, steps: [{ id: b, action: act, with: { ms: 100 } }] } }] }
outputs: { count: '\${{ size(steps.l.outputs.results) }}' }
`,
      })
      await backend.start(start)
      expect(await ended(backend, idOf(start))).toMatchObject({ phase: 'succeeded', outputs: { count: 2 } })
      expect(mostAtOnce(calls(), 'acme')).toBe(3)
      const keys = calls().flatMap(({ phase, key }) => (phase === 'begin' ? [key] : []))
      expect(keys.toSorted()).toEqual(['a', 'b[0]', 'b[1]'].map((step) => `${idOf(start)}/${step}`))
    })

    it('take an answer in one branch while another is at work', async () => {
      const { backend, calls } = await opened()
      const start = startOf({
        workflow: `
steps:
  - id: both
    parallel:
      - { id: one, steps: [{ id: ask, approval: { message: Sure? } }, { id: a, action: act }] }
      - { id: two, steps: [{ id: b, action: act, with: { ms: 300 } }] }
`,
      })
      await backend.start(start)
      await until(() => calls().length === 1)
      expect(await backend.signal(idOf(start), { kind: 'approval', step: 'ask', approved: true, by: 'ada' })).toEqual({
        kind: 'taken',
      })
      expect((await ended(backend, idOf(start))).phase).toBe('succeeded')
      expect(calls()).toHaveLength(4)
    })
  })

  describe(`${name}: cancel`, () => {
    const by = { by: 'ada', reason: 'enough' }

    it('ends a waiting run', async () => {
      const { backend } = await opened()
      const start = startOf({ workflow: 'steps: [{ id: ask, approval: { message: Sure? } }]' })
      await backend.start(start)
      await waits(backend, idOf(start))
      expect(await backend.cancel(idOf(start), by)).toBe('cancelled')
      expect((await ended(backend, idOf(start))).phase).toBe('cancelled')
      expect(await backend.cancel(idOf(start), by)).toBe('already-finished')
      expect(await backend.cancel('nobody', by)).toBe('unknown-run')
    })

    it('awaits and keeps what is being performed, and performs nothing after it', async () => {
      const { backend, calls } = await opened()
      const start = startOf({ workflow: 'steps: [{ id: a, action: act, with: { ms: 300 } }, { id: b, action: act }]' })
      await backend.start(start)
      await until(() => calls().length === 1)
      expect(await backend.cancel(idOf(start), by)).toBe('cancelled')
      const state = await ended(backend, idOf(start))
      expect(state.phase).toBe('cancelled')
      expect(state.steps.get('a')?.phase).toBe('succeeded')
      expect(calls()).toHaveLength(2)
    })
  })

  describe(`${name}: cancel and kill`, () => {
    const by = { by: 'ada', reason: 'enough' }
    const undo = `onCancelSteps: [{ id: u, action: act, with: { n: '\${{ steps.a.outcome }}' } }]`
    const keysOf = (calls: readonly PerformedCall[]) =>
      calls.flatMap(({ phase, key }) => (phase === 'begin' ? [key.slice(key.indexOf('/') + 1)] : []))

    it('undo what has been done, after what is being performed has ended, across a restart', async () => {
      const first = await opened()
      const start = startOf({
        workflow: `steps: [{ id: a, action: act, with: { ms: 200 } }, { id: b, action: act }]\n${undo.replace('[{', '[{ id: hold, sleep: { seconds: 1 } }, {')}`,
      })
      await first.backend.start(start)
      await until(() => first.calls().length === 1)
      expect(await first.backend.cancel(idOf(start), by)).toBe('cancelled')
      await waits(first.backend, idOf(start))
      const { backend, calls } = await first.reopen()
      onTestFinished(() => backend.close())
      expect(await ended(backend, idOf(start))).toMatchObject({ phase: 'cancelled' })
      expect(keysOf(calls())).toEqual(['a', 'u'])
      expect(calls().find(({ key }) => key.endsWith('/u'))?.input.n).toBe('succeeded')
    })

    it('a second time changes nothing; to kill ends also what does not come to an end', async () => {
      const { backend, calls } = await opened()
      const start = startOf({
        workflow: `steps: [{ id: a, approval: { message: Sure? } }]\nonCancelSteps: [{ id: u, approval: { message: Undo? } }]`,
      })
      await backend.start(start)
      await waits(backend, idOf(start))
      expect(await backend.cancel(idOf(start), by)).toBe('cancelled')
      await until(async () => (await stateOf(backend, idOf(start))).steps.get('u')?.phase === 'asked')
      expect(await backend.cancel(idOf(start), by)).toBe('cancelled')
      expect((await stateOf(backend, idOf(start))).phase).toBe('running')
      expect(await backend.cancel(idOf(start), { ...by, kill: true })).toBe('cancelled')
      expect((await stateOf(backend, idOf(start))).phase).toBe('cancelled')
      expect(calls()).toEqual([])
    })

    it('to kill does not wait for what is being performed, and tells that nobody knows what became of it', async () => {
      const { backend, calls } = await opened()
      const start = startOf({
        workflow: `steps: [{ id: a, action: act, with: { ms: 500 } }, { id: b, action: act }]\n${undo}`,
      })
      await backend.start(start)
      await until(() => calls().length === 1)
      expect(await backend.cancel(idOf(start), { ...by, kill: true })).toBe('cancelled')
      expect(calls()).toHaveLength(1)
      expect((await backend.history(idOf(start)))?.slice(-2)).toMatchObject([
        { type: 'AttemptUnknown', step: 'a', code: 'killed' },
        { type: 'RunCancelled', killed: true },
      ])
      const next = startOf({ workflow: once })
      await backend.start(next)
      expect((await ended(backend, idOf(next))).phase).toBe('succeeded')
      await until(() => calls().filter(({ phase }) => phase === 'end').length === 2)
      expect(keysOf(calls())).toEqual(['a', 'a'])
      expect((await backend.history(idOf(start)))?.at(-1)?.type).toBe('RunCancelled')
    })
  })

  describe(`${name}: tenants`, () => {
    const act = (ms: number) =>
      `steps: [{ id: a, action: act, with: { ms: ${ms}, run: '\${{ run.trigger.deliveryId }}' } }]`

    it('never exceed their limit, and keep their order at a limit of one', async () => {
      const { backend, calls } = await opened()
      const two = tenantOf('two', 2)
      const one = tenantOf('one', 1)
      const starts = Array.from({ length: 8 }, (_, index) => [
        startOf({ workflow: act(30), tenant: two, delivery: `two-${index}` }),
        startOf({ workflow: act(10), tenant: one, delivery: `one-${index}` }),
      ]).flat()
      for (const start of starts) await backend.start(start)
      await Promise.all(starts.map((start) => ended(backend, idOf(start))))
      expect(mostAtOnce(calls(), 'two')).toBe(2)
      expect(mostAtOnce(calls(), 'one')).toBe(1)
      const order = calls().filter(({ phase, tenant }) => phase === 'begin' && tenant === 'one')
      expect(order.map(({ input }) => input.run)).toEqual(Array.from({ length: 8 }, (_, index) => `one-${index}`))
    })

    it('get their slot back while a run waits', async () => {
      const { backend } = await opened()
      const one = tenantOf('one', 1)
      const waiting = startOf({ workflow: 'steps: [{ id: ask, approval: { message: Sure? } }]', tenant: one })
      await backend.start(waiting)
      await waits(backend, idOf(waiting))
      const next = startOf({ workflow: once, tenant: one })
      await backend.start(next)
      expect((await ended(backend, idOf(next))).phase).toBe('succeeded')
    })

    it('are not overdue while their own limit keeps a run waiting', async () => {
      const { backend } = await opened()
      const starts = [0, 1].map(() => startOf({ workflow: act(100), tenant: tenantOf('one', 1) }))
      for (const start of starts) await backend.start(start)
      expect(backend.overdue(0)).toEqual([])
      await Promise.all(starts.map((start) => ended(backend, idOf(start))))
    })

    it('do not delay one another', async () => {
      const { backend, calls } = await opened()
      const noisy = Array.from({ length: 40 }, () => startOf({ workflow: act(25), tenant: tenantOf('noisy', 2) }))
      await Promise.all(noisy.map((start) => backend.start(start)))
      const quiet = startOf({ workflow: act(1), tenant: tenantOf('quiet') })
      await backend.start(quiet)
      await ended(backend, idOf(quiet))
      expect(calls().filter(({ tenant, phase }) => tenant === 'noisy' && phase === 'end').length).toBeLessThan(20)
      await Promise.all(noisy.map((start) => ended(backend, idOf(start))))
    })
  })

  describe(`${name}: close`, () => {
    it('journals what is being performed; the rest is done after the restart, and nothing twice', async () => {
      const first = await opened()
      const three = [0, 1, 2].map((index) => `  - { id: s${index}, action: act_once, with: { ms: 20 } }`).join('\n')
      const starts = Array.from({ length: 12 }, () =>
        startOf({ workflow: `steps:\n${three}`, tenant: tenantOf('acme', 4) }),
      )
      for (const start of starts) await first.backend.start(start)
      await until(() => first.calls().length > 8)
      const { backend, calls } = await first.reopen()
      onTestFinished(() => backend.close())
      const states = await Promise.all(starts.map((start) => ended(backend, idOf(start))))
      expect(new Set(states.map(({ phase }) => phase))).toEqual(new Set(['succeeded']))
      const keys = calls().flatMap(({ phase, key }) => (phase === 'begin' ? [key] : []))
      expect(keys).toHaveLength(36)
      expect(new Set(keys).size).toBe(36)
    })

    it('keeps the timers of retries', async () => {
      const first = await opened()
      const retry = 'retry: { attempts: 2, delaySeconds: 1 }'
      const start = startOf({ workflow: `steps: [{ id: a, action: act, with: { behave: unknown }, ${retry} }]` })
      await first.backend.start(start)
      await until(
        async () => (await first.backend.history(idOf(start)))?.some(({ type }) => type === 'TimerSet') === true,
      )
      const { backend } = await first.reopen()
      onTestFinished(() => backend.close())
      const state = await ended(backend, idOf(start))
      expect(state.steps.get('a')?.lanes.get('safe')?.scheduled.attempt).toBe(2)
    })
  })
}

function mostAtOnce(calls: readonly PerformedCall[], tenant: string): number {
  let now = 0
  let most = 0
  for (const call of calls) {
    if (call.tenant !== tenant) continue
    now += call.phase === 'begin' ? 1 : -1
    most = Math.max(most, now)
  }
  return most
}
