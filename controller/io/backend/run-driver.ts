import type { BoundConnection } from '../../core/model/effective.ts'
import type { Attempt } from '../../core/run/decision.ts'
import type { RunEvent } from '../../core/run/events.ts'
import type { Outcome } from '../../core/run/outcome.ts'
import { isSuspect, recover } from '../../core/run/recover.ts'
import { isFinished } from '../../core/run/run-state.ts'
import { settle } from '../../core/run/settle.ts'
import type { VendorLimits } from '../../core/run/vendor-limits.ts'
import type { ReadyAttempt, Wait } from './advance-task.ts'
import type { Cancellation } from './backend.ts'
import { connectionOf } from './connection-of.ts'
import type { LiveRun } from './live-run.ts'
import { SecretUnavailable } from './secret-unavailable.ts'
import type { TaskResult, WorkerHosts } from './worker-hosts.ts'

export interface DriverTools {
  readonly hosts: WorkerHosts
  readonly clock: () => number
  readonly graceMs: number
  /** What vendors allow; everything goes where absent. */
  readonly limits: VendorLimits | undefined
  readonly secretOf: (connection: BoundConnection, tenant: { path: string; uid: string }) => Promise<string | null>
  /** Resolves once the events are durable. */
  readonly append: (run: LiveRun, events: readonly RunEvent[]) => Promise<void>
  readonly isClosing: () => boolean
}

const strikesAllowed = 2

/** Takes a run from one durable state to the next: what a worker decided is appended before anything of it is performed. */
export class RunDriver {
  readonly #tools: DriverTools

  constructor(tools: DriverTools) {
    this.#tools = tools
  }

  /** Until the run waits, ends, or the controller stops. The answer says which times it waits for. */
  async drive(run: LiveRun): Promise<readonly Wait[]> {
    if (run.interrupted && isSuspect(run.state)) run.alone = true
    for (;;) {
      const waits = run.alone ? await this.#tools.hosts.apart(() => this.#advance(run)) : await this.#advance(run)
      if (waits !== undefined) return waits
    }
  }

  /** Undefined where its worker was lost: from then on it goes on apart from the others. */
  async #advance(run: LiveRun): Promise<readonly Wait[] | undefined> {
    const { append, isClosing } = this.#tools
    if (run.interrupted) await this.#recover(run)
    if (isFinished(run.state)) return []
    for (;;) {
      if (run.cancel !== undefined) {
        await this.cancel(run, run.cancel.by)
        return []
      }
      if (isClosing() && run.attempts.length === 0) return []
      const ready = await this.#ready(run)
      const sent = run.state.version
      const result = await this.#perform(run, ready)
      const events = result.kind === 'lost' ? this.#lossOf(run, ready, result) : eventsOf(result, this.#tools.clock())
      this.#learn(run, ready, events)
      if (events.length > 0) await append(run, events)
      run.attempts = result.kind === 'lost' ? [] : result.attempts
      if (isFinished(run.state)) return []
      if (result.kind === 'lost') return undefined
      // A signal that arrived meanwhile was not known to the worker: it has to decide again.
      const isLatest = run.state.version === sent + events.length
      const isQuiet = run.attempts.length === 0 && run.cancel === undefined
      if (isLatest && isQuiet) return result.waits
    }
  }

  /** Ends a run that no worker is busy with. Intents that were never performed are said not to have been. */
  async cancel(run: LiveRun, { by, reason }: Cancellation): Promise<void> {
    const at = this.#tools.clock()
    const message = 'Not performed: the run was cancelled.'
    const dropped = run.attempts.map(
      ({ step, connection }): RunEvent => ({
        type: 'AttemptFailed',
        at,
        step,
        connection,
        code: 'cancelled',
        message,
        final: true,
      }),
    )
    run.attempts = []
    await this.#tools.append(run, [...dropped, { type: 'RunCancelled', at, by, reason }])
  }

  async #recover(run: LiveRun): Promise<void> {
    const decisions = recover(run.state, this.#tools.clock())
    const events = decisions.flatMap((decision) => (decision.kind === 'append' ? [decision.event] : []))
    if (events.length > 0) await this.#tools.append(run, events)
    run.attempts = decisions.flatMap((decision) => (decision.kind === 'perform' ? [decision.attempt] : []))
    run.interrupted = false
  }

  /** The attempts with their secrets. One whose secret cannot be had has failed before it began. */
  async #ready(run: LiveRun): Promise<ReadyAttempt[]> {
    const { secretOf, append, clock } = this.#tools
    const { tenant, workflow } = run.pins
    const ready: ReadyAttempt[] = []
    const failed: RunEvent[] = []
    for (const attempt of run.attempts) {
      const connection = connectionOf(tenant, attempt)
      const held = connection && this.#heldBack(run, attempt, connection)
      if (held) {
        failed.push(...held)
        continue
      }
      try {
        const secret =
          connection?.secret === undefined || run.state.request.sandbox ? null : await secretOf(connection, tenant)
        ready.push({ attempt, secret })
      } catch (error) {
        const why = error instanceof SecretUnavailable ? `: ${error.message}` : '.'
        const message = `The secret of connection ${attempt.connection} cannot be read${why}`
        const outcome: Outcome = { ...notSent(attempt), code: 'secret-unavailable', message }
        failed.push(...settle(attempt, outcome, { runId: run.id, workflow, now: clock() }))
      }
    }
    run.attempts = ready.map(({ attempt }) => attempt)
    if (failed.length > 0) await append(run, failed)
    return ready
  }

  /** The events of an attempt that the vendor's limits keep from being sent now; undefined where it may go. */
  #heldBack(run: LiveRun, attempt: Attempt, connection: BoundConnection): RunEvent[] | undefined {
    const { limits, clock } = this.#tools
    const now = clock()
    const { workflow, connectors } = run.pins
    if (run.state.request.sandbox) return undefined
    const admission = limits?.admit(attempt, connection, connectors[connection.connectorDigest], now) ?? { kind: 'go' }
    switch (admission.kind) {
      case 'go':
        return undefined
      case 'later': {
        const { at: fireAt, because: postponed } = admission
        return [{ type: 'TimerSet', at: now, step: attempt.step, connection: attempt.connection, fireAt, postponed }]
      }
      case 'stopped': {
        const { afterMs, because: message } = admission
        const outcome: Outcome = { ...notSent(attempt), code: 'circuit-open', message, afterMs }
        return settle(attempt, outcome, { runId: run.id, workflow, now })
      }
    }
  }

  #perform(run: LiveRun, ready: readonly ReadyAttempt[]): Promise<TaskResult> {
    const { hosts, clock, graceMs, isClosing } = this.#tools
    const longest = Math.max(0, ...ready.map(({ attempt }) => attempt.timeoutMs))
    const task = { state: run.state, attempts: ready, now: clock(), settleOnly: isClosing() }
    return hosts.run(task, run.pins, longest + graceMs, run.alone)
  }

  #learn(run: LiveRun, ready: readonly ReadyAttempt[], events: readonly RunEvent[]): void {
    const { limits, clock } = this.#tools
    if (run.state.request.sandbox) return
    for (const event of limits ? events : []) {
      const sent = ready.find(({ attempt }) => 'step' in event && isOf(attempt, event))
      const connection = sent && connectionOf(run.pins.tenant, sent.attempt)
      if (connection) limits?.saw(connection, event, clock())
    }
  }

  #lossOf(
    run: LiveRun,
    ready: readonly ReadyAttempt[],
    { code, message }: Extract<TaskResult, { kind: 'lost' }>,
  ): RunEvent[] {
    const now = this.#tools.clock()
    const settling = { runId: run.id, workflow: run.pins.workflow, now }
    const events = ready.flatMap(({ attempt }) =>
      settle(attempt, { kind: 'unknown', code, message, requests: [] }, settling),
    )
    run.strikes += 1
    run.alone = true
    if (run.strikes < strikesAllowed) return events
    const reason = `Two workers died or hung while they advanced this run: ${message}`
    return [...events, { type: 'RunQuarantined', at: now, reason }]
  }
}

/**
 * What an attempt comes to that was not sent. Where an earlier one may have taken effect and is to be looked up, it is as
 * unknown as before: giving up must not read as a failure.
 */
function notSent({ attempt, isLookedUp }: Attempt): {
  readonly kind: 'retry' | 'unknown'
  readonly requests: readonly []
} {
  return { kind: isLookedUp === true && attempt > 1 ? 'unknown' : 'retry', requests: [] }
}

function isOf(attempt: Attempt, event: { readonly step?: string; readonly connection?: string }): boolean {
  return attempt.step === event.step && attempt.connection === event.connection
}

function eventsOf({ events, fault }: Extract<TaskResult, { kind: 'advanced' }>, at: number): readonly RunEvent[] {
  if (fault === undefined) return events
  return [...events, { type: 'RunQuarantined', at, reason: `The interpreter failed on this run: ${fault}` }]
}
