import type { BoundConnection } from '../../core/model/effective.ts'
import type { Attempt } from '../../core/run/decision.ts'
import type { RunEvent } from '../../core/run/events.ts'
import type { Outcome } from '../../core/run/outcome.ts'
import { cancelRun } from '../../core/run/cancel-run.ts'
import { isSuspect, recover } from '../../core/run/recover.ts'
import { isFinished } from '../../core/run/run-state.ts'
import { attemptOf } from '../../core/run/schedule-attempt.ts'
import { settle } from '../../core/run/settle.ts'
import type { VendorLimits } from '../../core/run/vendor-limits.ts'
import type { Cancellation } from './backend.ts'
import { connectionOf } from './connection-of.ts'
import type { Answer, Order, Wait } from './host-orders.ts'
import type { Lost } from './host-process.ts'
import type { LiveRun } from './live-run.ts'
import type { RunHosts, Seat, Suspicion } from './run-hosts.ts'
import { SecretUnavailable } from './secret-unavailable.ts'

export interface DriverTools {
  readonly hosts: RunHosts
  readonly clock: () => number
  readonly graceMs: number
  /** What vendors allow; everything goes where absent. */
  readonly limits: VendorLimits | undefined
  readonly secretOf: (connection: BoundConnection, tenant: { path: string; uid: string }) => Promise<string | null>
  /** Resolves once the events are durable. */
  readonly append: (run: LiveRun, events: readonly RunEvent[]) => Promise<void>
  /** What the journal holds of it, as far as that is durable. */
  readonly read: (run: LiveRun) => readonly RunEvent[]
  readonly isClosing: () => boolean
}

interface Ready {
  readonly attempt: Attempt
  readonly secret: string | null
}

/** Takes a run from one durable state to the next: what a host decided is appended before anything of it is performed. */
export class RunDriver {
  readonly #tools: DriverTools

  constructor(tools: DriverTools) {
    this.#tools = tools
  }

  /** Until the run waits, ends, or the controller stops. The answer says which times it waits for. */
  async drive(run: LiveRun): Promise<readonly Wait[]> {
    const { hosts } = this.#tools
    if (run.interrupted && isSuspect(run.state)) run.suspicion = 2
    for (;;) {
      const { suspicion } = run
      const waits =
        suspicion === 0
          ? await this.#advanceIn(run, 0)
          : await hosts.inTurn(suspicion, () => this.#advanceIn(run, suspicion))
      if (waits !== 'again') return waits
    }
  }

  async #advanceIn(run: LiveRun, suspicion: Suspicion): Promise<readonly Wait[] | 'again'> {
    const { hosts } = this.#tools
    run.seat = await hosts.seat(suspicion)
    if (run.seat === undefined) return []
    try {
      return await this.#advance(run, run.seat)
    } finally {
      this.#leave(run)
      run.untold = []
    }
  }

  #leave(run: LiveRun): void {
    if (run.seat !== undefined) this.#tools.hosts.leave(run.seat)
    run.seat = undefined
  }

  /** `again` where it goes on in another host: its host was lost, or it has shown that it was not to blame for that. */
  async #advance(run: LiveRun, seat: Seat): Promise<readonly Wait[] | 'again'> {
    const { append, isClosing } = this.#tools
    if (run.interrupted) await this.#recover(run)
    if (isFinished(run.state)) return []
    let told: readonly RunEvent[] | undefined
    for (;;) {
      if (run.cancel !== undefined) {
        const { by, ended } = run.cancel
        run.cancel = undefined
        await this.cancel(run, by).then(() => ended.resolve('cancelled'), ended.reject)
        if (isFinished(run.state)) return []
      }
      if (isClosing() && run.attempts.length === 0) return []
      const ready = await this.#ready(run)
      if (isFinished(run.state)) return []
      const sent = run.state.version
      const result = await this.#order(run, seat, ready, await this.#unknownTo(run, told))
      // Its request was written alone meanwhile; the journal may hold another run of this id, and this is none of its events.
      if (run.unwritten === undefined && (await run.accepted.promise) !== 'accepted') return []
      // It was killed meanwhile, and its journal says that nobody knows what became of this.
      if (isFinished(run.state)) return []
      const events = 'kind' in result ? this.#lossOf(run, ready, result) : eventsOf(result, this.#tools.clock())
      this.#learn(run, ready, events)
      const appending = append(run, events)
      // No host is asked about it any more, and the next run need not wait for the disk to have this one.
      if (isFinished(run.state)) this.#leave(run)
      await appending
      run.attempts = 'kind' in result ? [] : events.flatMap((event) => attemptsOf(run.id, event))
      if (isFinished(run.state)) return []
      if ('kind' in result) return 'again'
      told = events
      if (run.suspicion > 0 && ready.length > 0) {
        run.suspicion = 0
        return 'again'
      }
      // A signal that arrived meanwhile was not known to the host: it has to decide again.
      const isLatest = run.state.version === sent + events.length
      const isQuiet = run.attempts.length === 0 && run.cancel === undefined
      if (isLatest && isQuiet) return result.waits
    }
  }

  /** What the host has to be told of the journal: all of it at first, later what differs from what it said itself. */
  async #unknownTo(run: LiveRun, told: readonly RunEvent[] | undefined): Promise<readonly RunEvent[] | undefined> {
    const { untold } = run
    if (told !== undefined) {
      if (untold.length === told.length && untold.every((event, at) => event === told[at])) return undefined
      return untold
    }
    if (untold.length === run.state.version) return untold
    // Read back, because the events of runs that wait are not kept. An answer to them may be on its way to the disk.
    for (;;) {
      const events = this.#tools.read(run)
      if (events.length >= run.state.version) return events
      await run.appending
    }
  }

  /** Of a run that no host is busy with. Intents that were never performed are said not to have been. */
  async cancel(run: LiveRun, { by, reason }: Cancellation): Promise<void> {
    const unsent = run.attempts
    run.attempts = []
    await this.#tools.append(run, cancelRun(run.state, run.pins.workflow, { by, reason, unsent }, this.#tools.clock()))
  }

  async #recover(run: LiveRun): Promise<void> {
    const decisions = recover(run.state, this.#tools.clock())
    const events = decisions.flatMap((decision) => (decision.kind === 'append' ? [decision.event] : []))
    if (events.length > 0) await this.#tools.append(run, events)
    run.attempts = decisions.flatMap((decision) => (decision.kind === 'perform' ? [decision.attempt] : []))
    run.interrupted = false
  }

  /** The attempts with their secrets. One whose secret cannot be had has failed before it began. */
  async #ready(run: LiveRun): Promise<Ready[]> {
    const { secretOf, append, clock } = this.#tools
    const { tenant, workflow } = run.pins
    const ready: Ready[] = []
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
    if (failed.length > 0 && !isFinished(run.state)) await append(run, failed)
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

  #order(
    run: LiveRun,
    { host, number }: Seat,
    ready: readonly Ready[],
    events: readonly RunEvent[] | undefined,
  ): Promise<Answer | Lost> {
    const { hosts, clock, graceMs, isClosing } = this.#tools
    const order: Order = {
      seat: number,
      ...(events !== undefined && { events }),
      perform: ready.map(({ attempt: { step, connection }, secret }) => ({ step, connection, secret })),
      now: clock(),
      ...(hosts.isOneTaken && { isAlone: true }),
      ...(isClosing() && { settleOnly: true }),
    }
    run.untold = []
    const longest = Math.max(0, ...ready.map(({ attempt }) => attempt.timeoutMs))
    return host.ask(order, run.pins, longest + graceMs)
  }

  #learn(run: LiveRun, ready: readonly Ready[], events: readonly RunEvent[]): void {
    const { limits, clock } = this.#tools
    if (run.state.request.sandbox) return
    for (const event of limits ? events : []) {
      const sent = ready.find(({ attempt }) => 'step' in event && isOf(attempt, event))
      const connection = sent && connectionOf(run.pins.tenant, sent.attempt)
      if (connection) limits?.saw(connection, event, clock())
    }
  }

  #lossOf(run: LiveRun, ready: readonly Ready[], { code, message }: Lost): RunEvent[] {
    const now = this.#tools.clock()
    const settling = { runId: run.id, workflow: run.pins.workflow, now }
    const events = ready.flatMap(({ attempt }) =>
      settle(attempt, { kind: 'unknown', code, message, requests: [] }, settling),
    )
    if (run.suspicion < 2) {
      run.suspicion = run.suspicion === 0 ? 1 : 2
      return events
    }
    const reason = `One host after the other died or hung while it advanced this run, the last with no other run in it. ${message}`
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

function eventsOf({ events, fault }: Answer, at: number): readonly RunEvent[] {
  if (fault === undefined) return events
  return [...events, { type: 'RunQuarantined', at, reason: `The interpreter failed on this run: ${fault}` }]
}

function attemptsOf(runId: string, event: RunEvent): Attempt[] {
  return event.type === 'AttemptScheduled' ? [attemptOf(runId, event)] : []
}
