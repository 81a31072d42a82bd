import { workerData } from 'node:worker_threads'
import { advance, attemptsIn } from '../../core/run/advance.ts'
import type { RunEvent } from '../../core/run/events.ts'
import { fold } from '../../core/run/fold.ts'
import type { RunState } from '../../core/run/run-state.ts'
import { settle } from '../../core/run/settle.ts'
import { newMap } from '../../core/model/values.ts'
import { inputFault } from './check-action-input.ts'
import type { AdvanceAnswer, AdvanceTask, ReadyAttempt } from './advance-task.ts'
import { connectionOf } from './connection-of.ts'
import type { Perform, PerformModule } from './perform.ts'
import { performWithDeadline } from './perform-with-deadline.ts'
import type { Pins } from './pinned-objects.ts'
import type { WorkerSetup } from './worker-hosts.ts'

const keptPins = 1_000
const pinsByKey = new Map<string, Pins>()
let opened: Promise<Perform> | undefined

/** The whole of a worker: a task goes in, events come out. It holds no store, and secrets only while it uses them. */
export default async function advanceRun(task: AdvanceTask): Promise<AdvanceAnswer> {
  const pins = pinsOf(task)
  if (pins === undefined) return { kind: 'need-pins' }
  const start = performance.now()
  const now = () => task.now + Math.round(performance.now() - start)
  const { runId } = task.state.request
  const performed = await Promise.all(
    task.attempts.map(async (ready) => {
      const outcome = await performOne(ready, pins, task.state)
      return settle(ready.attempt, outcome, { runId, workflow: pins.workflow, now: now() })
    }),
  )
  const events: RunEvent[] = performed.flat()
  if (task.settleOnly) return { kind: 'advanced', events, attempts: [], waits: [] }
  try {
    const state = events.reduce(fold, task.state)
    const advanced = advance(state, { ...pins, now: now() })
    const waits = advanced.next.flatMap((decision) => (decision.kind === 'wait-until' ? [decision] : []))
    return { kind: 'advanced', events: [...events, ...advanced.events], attempts: attemptsIn(advanced), waits }
  } catch (error) {
    // What was performed must be journaled even where the interpreter fails on it.
    return {
      kind: 'advanced',
      events,
      attempts: [],
      waits: [],
      fault: error instanceof Error ? error.message : String(error),
    }
  }
}

/** Answers as soon as the worker runs. */
export function ping(): void {}

async function performOne(
  { attempt, secret }: ReadyAttempt,
  { tenant, connectors, inputSchemas }: Pins,
  { request: { sandbox }, steps }: RunState,
) {
  const connection = connectionOf(tenant, attempt)
  const connector = connection === undefined ? undefined : connectors[connection.connectorDigest]
  const { path, uid } = tenant
  const { action, input, idempotencyKey, timeoutMs } = attempt
  const schema = tenant.bindings[action]?.inputSchema
  const fault = schema === undefined ? undefined : inputFault(schema, inputSchemas[schema] ?? newMap(), input)
  if (fault !== undefined) return { kind: 'failed', code: 'bad-input', message: fault, requests: [] } as const
  return performWithDeadline(timeoutMs, async () => {
    if (connection === undefined || connector === undefined)
      throw new Error(`Connection ${attempt.connection} is not pinned.`)
    opened ??= openPerform()
    const perform = await opened
    const request = { connection, connector, action, input, idempotencyKey, timeoutMs, secret }
    const lane = steps.get(attempt.step)?.lanes.get(attempt.connection)
    const again = attempt.attempt > 1 || (lane?.interruptions ?? 0) > 0
    return perform({ tenant: { path, uid }, ...request, sandbox: sandbox === true, again })
  })
}

async function openPerform(): Promise<Perform> {
  const { performModule, performOptions } = workerData as WorkerSetup
  const { openPerform: open } = (await import(performModule)) as PerformModule
  return open(performOptions)
}

function pinsOf({ pinsKey, pins }: AdvanceTask): Pins | undefined {
  if (pins === undefined) return pinsByKey.get(pinsKey)
  pinsByKey.set(pinsKey, pins)
  if (pinsByKey.size > keptPins) pinsByKey.delete(pinsByKey.keys().next().value ?? pinsKey)
  return pins
}
