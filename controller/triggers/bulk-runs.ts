import {
  type BulkRequest,
  type BulkState,
  type BulkSummary,
  type BulkTarget,
  bulkTrigger,
  halts,
  isFailure,
  runIdOfTarget,
  summariseBulk,
  type TargetOutcome,
} from '../core/run/bulk-run.ts'
import { UnderWay } from '../io/backend/under-way.ts'
import type { BulkLine, BulkRecord } from '../io/store/bulk-records.ts'
import type { Store } from '../io/store/open-store.ts'
import type { AppliedTenants } from '../reconcile/applied-tenants.ts'
import { chooseTargets } from './choose-targets.ts'
import type { StartRun } from './run-wanted.ts'

export interface BulkParts {
  readonly applied: AppliedTenants
  readonly store: Pick<
    Store,
    'findRun' | 'beginBulk' | 'stopBulk' | 'endBulk' | 'readBulk' | 'unfinishedBulks' | 'listBulks'
  >
  readonly start: StartRun
  now(): number
  onTrouble(id: string, error: unknown): void
}

export type BulkWanted = Omit<BulkRequest, 'targets' | 'skipped' | 'requestedAt'>

export type BulkBegun =
  | { readonly kind: 'accepted' | 'already-accepted'; readonly id: string }
  | { readonly kind: 'refused'; readonly messages: readonly string[] }

/** How a bulk run stands now. */
export interface BulkProgress extends BulkLine {
  readonly skipped: BulkRequest['skipped']
  readonly summary: BulkSummary
}

interface Live {
  readonly request: BulkRequest
  readonly outcomes: Map<string, TargetOutcome>
  /** Targets by run, of those that are on their way. */
  readonly inFlight: Map<string, BulkTarget>
  readonly pending: BulkTarget[]
  /** Why it starts no more. */
  stop: { readonly state: Exclude<BulkState, 'running'>; readonly reason: string } | undefined
  starting: number
  isEnding: boolean
  failed: number
  ended: number
}

const againMs = 30_000

/**
 * Runs one workflow for many tenants, so many at a time. Each run's id derives from the bulk and its tenant, so whoever
 * goes on after a crash finds those that were started and starts the others.
 */
export class BulkRuns {
  readonly #parts: BulkParts
  readonly #live = new Map<string, Live>()
  readonly #working = new UnderWay()
  readonly #timers = new Set<NodeJS.Timeout>()
  #isClosed = false

  constructor(parts: BulkParts) {
    this.#parts = parts
  }

  /** Durable when it resolves. */
  async begin(wanted: BulkWanted): Promise<BulkBegun> {
    const { id } = wanted
    if (this.#live.has(id) || this.#parts.store.readBulk(id)) return { kind: 'already-accepted', id }
    const chosen = await chooseTargets(this.#parts.applied, wanted)
    if (chosen.kind === 'refused') return chosen
    const { targets, skipped } = chosen
    const request = { ...wanted, targets, skipped, requestedAt: this.#parts.now() }
    if (!(await this.#parts.store.beginBulk(request))) return { kind: 'already-accepted', id }
    this.#goOn(request)
    return { kind: 'accepted', id }
  }

  /** Goes on with those that had not ended, once the runs themselves go on. */
  resume(): void {
    for (const id of this.#parts.store.unfinishedBulks()) {
      try {
        const record = this.#parts.store.readBulk(id)
        if (record && !this.#live.has(id)) this.#goOn(record.request, record)
      } catch (error) {
        this.#parts.onTrouble(id, error)
      }
    }
  }

  /** After events of a run became durable. */
  onEvents(runId: string): void {
    for (const live of this.#live.values()) {
      if (!live.inFlight.has(runId)) continue
      this.#look(live, runId)
      this.#pump(live)
    }
  }

  /** Starts no more, durably when it resolves; what is on its way goes on. Undefined where there is no such bulk; false where it has ended. */
  async cancel(id: string, by: string, reason: string): Promise<boolean | undefined> {
    const live = this.#live.get(id)
    if (live === undefined) return this.#parts.store.readBulk(id) && false
    if (live.stop === undefined) await this.#stop(live, 'cancelled', reason === '' ? by : `${by}: ${reason}`)
    this.#pump(live)
    return true
  }

  list(limit: number): BulkLine[] {
    return this.#parts.store.listBulks(limit)
  }

  progress(id: string): BulkProgress | undefined {
    const live = this.#live.get(id)
    if (live !== undefined) {
      const { request, stop } = live
      const { workflow, to, targets, requestedAt, skipped } = request
      const state: BulkState = stop?.state ?? 'running'
      const line = {
        id,
        workflow,
        to,
        targets: targets.length,
        state,
        requestedAt,
        finishedAt: null,
      }
      return { ...line, skipped, summary: summariseBulk(this.#outcomesOf(live), stop?.reason ?? '') }
    }
    const record = this.#parts.store.readBulk(id)
    if (record === undefined) return undefined
    const { request, summary, ...line } = record
    const pending = { counts: { pending: line.targets }, failures: [], reason: '' }
    return { ...line, skipped: request.skipped, summary: summary ?? pending }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const timer of this.#timers) clearTimeout(timer)
    await this.#working.settled()
  }

  #goOn(request: BulkRequest, before?: BulkRecord): void {
    const live: Live = {
      request,
      outcomes: new Map(),
      inFlight: new Map(),
      pending: [],
      stop:
        before && before.state !== 'running'
          ? { state: before.state, reason: before.summary?.reason ?? '' }
          : undefined,
      starting: 0,
      isEnding: false,
      failed: 0,
      ended: 0,
    }
    this.#live.set(request.id, live)
    for (const target of request.targets) {
      const run = runIdOfTarget(request, target)
      if (this.#parts.store.findRun(run) === undefined) live.pending.push(target)
      else {
        live.inFlight.set(run, target)
        this.#look(live, run)
      }
    }
    live.pending.reverse()
    this.#pump(live)
  }

  /** Reads what has become of a run that is on its way. */
  #look(live: Live, runId: string): void {
    const target = live.inFlight.get(runId)
    const run = this.#parts.store.findRun(runId)
    if (target === undefined || run === undefined || run.finishedAt === null) return
    live.inFlight.delete(runId)
    this.#settle(live, { tenant: target.tenant, run: runId, state: run.state, reason: run.reason })
  }

  #settle(live: Live, outcome: TargetOutcome): void {
    live.outcomes.set(outcome.run, outcome)
    live.ended += 1
    if (isFailure(outcome.state)) live.failed += 1
  }

  #pump(live: Live): void {
    const { request, failed, ended } = live
    const isHalted = live.pending.length > 0 && halts(request.haltOnFailureRate, failed, ended, request.targets.length)
    if (isHalted && live.stop === undefined)
      this.#work(live, this.#stop(live, 'halted', `${failed} of ${ended} runs failed`))
    while (
      !this.#isClosed &&
      live.stop === undefined &&
      live.pending.length > 0 &&
      live.inFlight.size + live.starting < request.concurrency
    ) {
      const target = live.pending.pop() as BulkTarget
      live.starting += 1
      this.#work(live, this.#startOne(live, target))
    }
    const isOver = live.inFlight.size + live.starting === 0 && (live.pending.length === 0 || live.stop !== undefined)
    if (!isOver || live.isEnding || this.#isClosed) return
    live.isEnding = true
    this.#work(live, this.#end(live))
  }

  /** At once, and on the disk: runs that succeed later must not make the next process go on. */
  #stop(live: Live, state: 'halted' | 'cancelled', reason: string): Promise<void> {
    live.stop = { state, reason }
    return this.#parts.store.stopBulk(live.request.id, state, { counts: {}, failures: [], reason })
  }

  async #startOne(live: Live, target: BulkTarget): Promise<void> {
    const { request } = live
    const run = runIdOfTarget(request, target)
    try {
      const refusal = await this.#start(request, target)
      if (refusal === undefined) live.inFlight.set(run, target)
      else this.#settle(live, { tenant: target.tenant, run, state: 'refused', reason: refusal })
      live.starting -= 1
    } catch (error) {
      live.starting -= 1
      live.pending.push(target)
      // Nothing is lost: it is asked for again, by this process or the next.
      throw error
    }
    // It may have ended before it was looked for.
    this.#look(live, run)
    this.#pump(live)
  }

  /** Undefined once the run is durable; otherwise why there is none. */
  async #start({ id, workflow: name, inputs, sandbox }: BulkRequest, target: BulkTarget): Promise<string | undefined> {
    const tenant = this.#parts.applied.get(target.tenant)
    const workflow = tenant?.workflows.get(name)
    if (tenant?.uid !== target.uid) return 'The tenant is gone.'
    if (workflow?.owner !== target.owner) return `The tenant does not receive this ${name} any more.`
    const { context, contextDigest } = tenant
    const started = await this.#parts.start({
      tenant: context,
      contextDigest,
      workflow,
      trigger: bulkTrigger(id),
      inputs,
      sandbox,
    })
    return started.kind === 'refused' ? started.messages.join(' ') : undefined
  }

  async #end(live: Live): Promise<void> {
    const { request, stop } = live
    const state: Exclude<BulkState, 'running'> = stop?.state ?? 'finished'
    const summary = summariseBulk(this.#outcomesOf(live), stop?.reason ?? '')
    try {
      await this.#parts.store.endBulk(request.id, { state, at: this.#parts.now(), summary })
      this.#live.delete(request.id)
    } finally {
      live.isEnding = false
    }
  }

  /** What fails is tried again later: by then the disk may take writes. */
  #work(live: Live, work: Promise<void>): void {
    const { id } = live.request
    const done = work.catch((error: unknown) => {
      this.#parts.onTrouble(id, error)
      if (this.#isClosed) return
      const timer = setTimeout(() => {
        this.#timers.delete(timer)
        if (this.#live.has(id)) this.#pump(live)
      }, againMs).unref()
      this.#timers.add(timer)
    })
    this.#working.add(done)
  }

  /** Only runs that are on their way are looked up: the others have ended, or have not begun. */
  *#outcomesOf({ outcomes, inFlight, pending, starting }: Live): Generator<TargetOutcome> {
    yield* outcomes.values()
    for (const [run, { tenant }] of inFlight) {
      const found = this.#parts.store.findRun(run)
      yield { tenant, run, state: found?.state ?? 'queued', reason: found?.reason ?? '' }
    }
    const queued: TargetOutcome = { tenant: '', run: '', state: 'queued', reason: '' }
    for (let count = starting; count > 0; count -= 1) yield queued
    for (const { tenant } of pending) yield { tenant, run: '', state: 'pending', reason: '' }
  }
}
