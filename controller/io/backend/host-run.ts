import { newMap } from '../../core/model/values.ts'
import { advance } from '../../core/run/advance.ts'
import type { RunEvent } from '../../core/run/events.ts'
import { fold } from '../../core/run/fold.ts'
import type { Outcome } from '../../core/run/outcome.ts'
import { deadlineOf } from '../../core/run/run-budgets.ts'
import type { Lane, RunState } from '../../core/run/run-state.ts'
import { attemptOf } from '../../core/run/schedule-attempt.ts'
import { settle } from '../../core/run/settle.ts'
import { inputFault } from './check-action-input.ts'
import { connectionOf } from './connection-of.ts'
import type { Answer, Order, ReadyAttempt } from './host-orders.ts'
import type { Perform } from './perform.ts'
import { performWithDeadline } from './perform-with-deadline.ts'
import type { Pins, PinnedObjects } from './pinned-objects.ts'

export interface HostTools {
  readonly pinned: PinnedObjects
  readonly perform: () => Promise<Perform>
}

/** A run while it sits in a host: what its journal says, and what the host has said of it since. */
export class HostRun {
  readonly #tools: HostTools
  #journaled: RunState | null = null
  #proposed: RunState | null = null
  #pins: Pins | undefined

  constructor(tools: HostTools) {
    this.#tools = tools
  }

  async follow({ seat, events, perform, now: orderedAt, settleOnly }: Order): Promise<Answer> {
    const start = performance.now()
    const now = () => orderedAt + Math.round(performance.now() - start)
    const state = events === undefined ? this.#proposed : events.reduce<RunState | null>(fold, this.#journaled)
    if (state === null) throw new Error('The first order of a seat brings a journal.')
    this.#journaled = state
    const pins = (this.#pins ??= this.#tools.pinned.of(state.request))
    const { runId } = state.request
    const performed = await Promise.all(
      perform.map(async (ready) => {
        const scheduled = laneOf(state, ready).scheduled
        const outcome = await this.#perform(ready, pins, state)
        return settle(attemptOf(runId, scheduled), outcome, { runId, workflow: pins.workflow, now: now() })
      }),
    )
    const found: RunEvent[] = performed.flat()
    if (settleOnly) return { seat, events: found, waits: [] }
    try {
      const advanced = advance(found.reduce(fold, state), { ...pins, now: now() })
      this.#proposed = advanced.state
      const waits = advanced.next.flatMap((decision) => (decision.kind === 'wait-until' ? [{ at: decision.at }] : []))
      const deadline = deadlineOf(advanced.state, pins.workflow)
      if (deadline !== undefined) waits.push({ at: deadline })
      return { seat, events: [...found, ...advanced.events], waits }
    } catch (error) {
      // What was performed must be journaled even where the interpreter fails on it.
      return { seat, events: found, waits: [], fault: error instanceof Error ? error.message : String(error) }
    }
  }

  async #perform(ready: ReadyAttempt, { tenant, connectors, inputSchemas }: Pins, state: RunState): Promise<Outcome> {
    const { scheduled, interruptions } = laneOf(state, ready)
    const { action, input, idempotencyKey, timeoutMs, attempt } = attemptOf(state.request.runId, scheduled)
    const schema = tenant.bindings[action]?.inputSchema
    const fault = schema === undefined ? undefined : inputFault(schema, inputSchemas[schema] ?? newMap(), input)
    if (fault !== undefined) return { kind: 'failed', code: 'bad-input', message: fault, requests: [] }
    const connection = connectionOf(tenant, scheduled)
    const connector = connection && connectors[connection.connectorDigest]
    return performWithDeadline(timeoutMs, async () => {
      if (connection === undefined || connector === undefined)
        throw new Error(`Connection ${ready.connection} is not pinned.`)
      const perform = await this.#tools.perform()
      return perform({
        tenant: { path: tenant.path, uid: tenant.uid },
        connection,
        connector,
        action,
        input,
        idempotencyKey,
        timeoutMs,
        secret: ready.secret,
        sandbox: state.request.sandbox === true,
        again: attempt > 1 || interruptions > 0,
      })
    })
  }
}

function laneOf({ steps }: RunState, { step, connection }: ReadyAttempt): Lane {
  const lane = steps.get(step)?.lanes.get(connection)
  if (lane === undefined) throw new Error(`${step} on ${connection} was never announced.`)
  return lane
}
