import { describe, expect, it, onTestFinished } from 'vitest'
import type { ChildRequested } from '../../controller/core/run/events.ts'
import type { Backend } from '../../controller/io/backend/backend.ts'
import { idOf, startOf, tenantOf } from '../core/run/sample-fleet.ts'
import { ended, type OpenedBackend, stateOf, until, waits } from './watch-runs.ts'

const by = { by: 'ada', reason: 'enough' }
const yes = { kind: 'approval', step: 'ask', approved: true, by: 'ada' } as const

/** What every backend promises of workflows that are steps of others. */
export function childRunConformance(name: string, opened: () => Promise<OpenedBackend>): void {
  describe(`${name}: child runs`, () => {
    const parent = (rest = '') => `
steps:
  - { id: call, workflow: { name: child, inputs: { n: 4 }${rest} } }
  - { id: a, action: act, with: { n: '\${{ steps.call.outputs.times }}' } }
outputs: { times: '\${{ steps.call.outputs.times }}' }
`
    const inputs = 'inputs: { required: [n], properties: { n: { type: integer } } }'
    const works = `${inputs}\nsteps: [{ id: b, action: act, with: { n: '\${{ inputs.n }}' } }]\noutputs: { times: '\${{ steps.b.outputs.times }}' }`
    const asks = `${inputs}\nsteps: [{ id: ask, approval: { message: Sure? } }, { id: b, action: act }]\noutputs: { times: 1 }`

    it('are performed as runs of their own, and hand back what they give', async () => {
      const { backend, calls } = await opened()
      const start = startOf({ workflow: parent(), children: { child: works } })
      await backend.start(start)
      expect(await ended(backend, idOf(start))).toMatchObject({ phase: 'succeeded', outputs: { times: 1 } })
      const child = await childOf(backend, idOf(start))
      expect(await stateOf(backend, child)).toMatchObject({
        phase: 'succeeded',
        request: { inputs: { n: 4 }, parent: { runId: idOf(start), step: 'call', depth: 1 } },
      })
      const begun = calls().filter(({ phase }) => phase === 'begin')
      expect(begun.map(({ key, input }) => [key, input.n])).toEqual([
        [`${child}/b`, 4],
        [`${idOf(start)}/a`, 1],
      ])
    })

    it('need no slot more than their tenant has: who waits for a child gives its own back', async () => {
      const { backend } = await opened()
      const nested = `${inputs}\nsteps: [{ id: call, workflow: { name: inner, inputs: { n: '\${{ inputs.n }}' } } }]\noutputs: '\${{ steps.call.outputs }}'`
      const children = { child: nested, inner: works }
      const starts = Array.from({ length: 5 }, () =>
        startOf({ workflow: parent(), children, tenant: tenantOf('one', 1) }),
      )
      for (const start of starts) await backend.start(start)
      for (const start of starts) expect((await ended(backend, idOf(start))).phase).toBe('succeeded')
    })

    it('fail the step that performs them', async () => {
      const { backend } = await opened()
      const fails = `${inputs}\nsteps: [{ id: b, action: act, with: { behave: fail } }]`
      const start = startOf({ workflow: parent(), children: { child: fails } })
      await backend.start(start)
      expect(await ended(backend, idOf(start))).toMatchObject({
        phase: 'failed',
        failure: { step: 'call', code: 'child-failed', message: 'child has failed: b: Forbidden' },
      })
    })

    it('go on after a restart, as does who waits for them', async () => {
      const first = await opened()
      const start = startOf({ workflow: parent(), children: { child: asks } })
      await first.backend.start(start)
      const child = await childOf(first.backend, idOf(start))
      await waits(first.backend, child)
      const { backend } = await first.reopen()
      onTestFinished(() => backend.close())
      expect(await backend.signal(child, yes)).toEqual({ kind: 'taken' })
      expect((await ended(backend, idOf(start))).phase).toBe('succeeded')
    })

    it('end with their parent where it is cancelled', async () => {
      const { backend, calls } = await opened()
      const start = startOf({ workflow: parent(), children: { child: asks } })
      await backend.start(start)
      const child = await childOf(backend, idOf(start))
      await waits(backend, child)
      expect(await backend.cancel(idOf(start), by)).toBe('cancelled')
      expect((await ended(backend, child)).phase).toBe('cancelled')
      expect((await ended(backend, idOf(start))).phase).toBe('cancelled')
      expect(calls()).toEqual([])
    })

    it('undo what they did before their parent does, and do not where it is killed', async () => {
      const { backend, calls } = await opened()
      const undo = (n: string) => `\nonCancelSteps: [{ id: u, action: act, with: { n: ${n} } }]`
      const begin = async () => {
        const start = startOf({ workflow: parent() + undo('parent'), children: { child: asks + undo('child') } })
        await backend.start(start)
        const child = await childOf(backend, idOf(start))
        await waits(backend, child)
        return { run: idOf(start), child }
      }
      const one = await begin()
      await backend.cancel(one.run, by)
      expect((await ended(backend, one.run)).phase).toBe('cancelled')
      const undone = calls().filter(({ phase }) => phase === 'begin')
      expect(undone.map(({ input }) => input.n)).toEqual(['child', 'parent'])
      const two = await begin()
      await backend.cancel(two.run, { ...by, kill: true })
      expect((await ended(backend, two.child)).phase).toBe('cancelled')
      expect(calls().filter(({ phase }) => phase === 'begin')).toHaveLength(2)
    })

    it('end where the step gives up waiting', async () => {
      const { backend } = await opened()
      const steps = 'steps: [{ id: call, timeoutSeconds: 1, workflow: { name: child, inputs: { n: 1 } } }]'
      const start = startOf({ workflow: steps, children: { child: asks } })
      await backend.start(start)
      const child = await childOf(backend, idOf(start))
      expect((await ended(backend, idOf(start))).failure?.code).toBe('timeout')
      expect((await ended(backend, child)).phase).toBe('cancelled')
    })

    it('that are detached are not waited for, and outlive their parent', async () => {
      const { backend } = await opened()
      const steps =
        'steps: [{ id: call, workflow: { name: child, inputs: { n: 1 }, detached: true } }, { id: hold, approval: { message: Sure? } }]'
      const start = startOf({ workflow: steps, children: { child: asks } })
      await backend.start(start)
      const child = await childOf(backend, idOf(start))
      await waits(backend, child)
      await until(async () => (await stateOf(backend, idOf(start))).steps.get('hold')?.phase === 'asked')
      expect((await stateOf(backend, idOf(start))).steps.get('call')?.outputs).toEqual({ run: child })
      expect(await backend.cancel(idOf(start), by)).toBe('cancelled')
      expect(await backend.signal(child, yes)).toEqual({ kind: 'taken' })
      expect((await ended(backend, child)).phase).toBe('succeeded')
    })
  })
}

async function childOf(backend: Backend, runId: string): Promise<string> {
  let found: ChildRequested | undefined
  await until(async () => {
    const events = (await backend.history(runId)) ?? []
    found = events.find((event) => event.type === 'ChildRequested')
    return found !== undefined && (await backend.history(found.runId)) !== undefined
  })
  return found?.runId ?? ''
}
