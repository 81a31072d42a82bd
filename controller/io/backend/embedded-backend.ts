import type { BoundConnection } from '../../core/model/effective.ts'
import { type RunEvent, epoch } from '../../core/run/events.ts'
import { killRun } from '../../core/run/cancel-run.ts'
import { fold, foldAll } from '../../core/run/fold.ts'
import { giveApproval } from '../../core/run/give-approval.ts'
import type { Journal, RunFilter, RunPage } from '../../core/run/journal.ts'
import { resolveUnknown } from '../../core/run/resolve-unknown.ts'
import { isFinished, type RunState } from '../../core/run/run-state.ts'
import type { VendorLimits } from '../../core/run/vendor-limits.ts'
import { BackendError } from './backend-error.ts'
import type { Backend, Cancellation, OverdueRun, Signal, SignalAnswer, StartRequest } from './backend.ts'
import { ChildRuns } from './child-runs.ts'
import { goneRun } from './gone-run.ts'
import { heapMb } from './host-limits.ts'
import { type LiveRun, liveRun } from './live-run.ts'
import { PinnedObjects, valuesFrom } from './pinned-objects.ts'
import { RunDriver } from './run-driver.ts'
import { RunHosts } from './run-hosts.ts'
import { TenantQueue } from './tenant-queue.ts'
import { UnderWay } from './under-way.ts'
import { WakeUps } from './wake-ups.ts'
import { overdueRuns } from './watchdog.ts'

export interface EmbeddedBackendOptions {
  readonly journal: Journal
  /** URL or absolute path of a module that exports `openPerform`; loaded in each host. */
  readonly performModule: string
  readonly performOptions?: unknown
  /** Called for each attempt; the secret stays in memory only while the attempt is performed. */
  readonly secretOf?: (connection: BoundConnection, tenant: { path: string; uid: string }) => Promise<string | null>
  /** What vendors allow, for all runs together; everything goes where absent. */
  readonly limits?: VendorLimits
  /** After events became durable, for those who watch. */
  readonly onEvents?: (runId: string, events: readonly RunEvent[]) => void
  /** A run that could not go on in this process: it stays in the journal as it is and is resumed by the next. */
  readonly onTrouble?: (runId: string, error: unknown) => void
  readonly clock?: () => number
  /** Processes that advance runs. */
  readonly hosts?: number
  readonly runsPerHost?: number
  readonly hostMemoryMb?: number
  /** Where the ids of hosts stand, so that the next controller ends those that hang when this one is killed. */
  readonly hostsFile?: string
  /** What an advance may take beyond its attempts, in milliseconds, before its host is taken for hung. */
  readonly graceMs?: number
  /** How long a request waits for what is decided first, before it is written alone. */
  readonly longestWaitMs?: number
}

/** Runs in this process: a journal, a fair queue, timers, and host processes that advance runs. */
export class EmbeddedBackend implements Backend {
  readonly #journal: Journal
  readonly #options: EmbeddedBackendOptions
  readonly #clock: () => number
  readonly #runs = new Map<string, LiveRun>()
  readonly #pins: PinnedObjects
  readonly #hosts: RunHosts
  readonly #queue: TenantQueue<LiveRun>
  readonly #wakeUps: WakeUps
  readonly #driver: RunDriver
  readonly #children: ChildRuns
  readonly #driving = new UnderWay()
  #handing: Promise<void> = Promise.resolve()
  #closing = false

  constructor(options: EmbeddedBackendOptions) {
    const { journal, performModule, performOptions = null, hosts = 2, runsPerHost = 256 } = options
    const { hostMemoryMb = heapMb, graceMs = 5_000 } = options
    this.#options = options
    this.#journal = journal
    this.#clock = options.clock ?? Date.now
    this.#pins = new PinnedObjects(valuesFrom((digest) => journal.readObject(digest)))
    const setup = { performModule, performOptions }
    this.#hosts = new RunHosts({ setup, heapMb: hostMemoryMb, idsFile: options.hostsFile }, hosts)
    this.#queue = new TenantQueue<LiveRun>(hosts * runsPerHost, this.#clock)
    this.#wakeUps = new WakeUps(this.#clock, (id) => this.#wake(id))
    this.#driver = new RunDriver({
      hosts: this.#hosts,
      clock: this.#clock,
      graceMs,
      limits: options.limits,
      secretOf: options.secretOf ?? (() => Promise.resolve(null)),
      append: (run, events) => this.#append(run, events),
      read: ({ id }) => journal.readRun(id) ?? [],
      isClosing: () => this.#closing,
    })
    this.#children = new ChildRuns({
      clock: this.#clock,
      live: (runId) => this.#runs.get(runId),
      read: (runId) => this.#stateOf(runId),
      pin: (request) => this.#pins.of(request),
      start: (event) => this.start({ event }),
      cancel: (runId, by) => this.cancel(runId, by),
      append: (run, events) => this.#append(run, events),
      wake: (run) => this.#wake(run.id),
      onTrouble: (runId, error) => options.onTrouble?.(runId, error),
    })
  }

  async start(request: StartRequest): Promise<'accepted' | 'already-accepted'> {
    const { event, objects } = request
    if (this.#closing) throw new BackendError('closing', 'The controller is stopping: it accepts no run.')
    const known = this.#runs.get(event.runId)
    if (known !== undefined) return known.accepted.promise.then(() => 'already-accepted')
    const run = liveRun(fold(null, event), this.#pins.of(event, objects), request)
    this.#runs.set(run.id, run)
    // A host that has nothing else to do decides at once: one commit then takes the request and what comes first.
    if (this.#hosts.isAnyFree) {
      setTimeout(() => this.#write(run), this.#options.longestWaitMs ?? 5).unref()
      this.#handing = this.#handing.then(() => run.handedOver.promise)
      this.#enqueue(run)
    } else this.#write(run)
    const answer = await run.accepted.promise
    if (answer === 'accepted' && run.phase === 'starting') this.#enqueue(run)
    return answer
  }

  /** Alone, where it is not written yet. Whoever started it hears what comes of that. */
  #write(run: LiveRun): void {
    if (run.unwritten !== undefined) this.#append(run, []).catch(() => {})
  }

  /** Until the journal has every run that was to be started: what it is given from then on is not on the disk without them. */
  handedOver(): Promise<void> {
    return this.#handing
  }

  async signal(runId: string, signal: Signal): Promise<SignalAnswer> {
    const run = this.#runs.get(runId)
    if (run === undefined) return goneRun(runId, this.#stateOf(runId))
    await run.accepted.promise
    const now = this.#clock()
    const result =
      signal.kind === 'approval'
        ? giveApproval(run.state, signal, run.pins.workflow, now)
        : resolveUnknown(run.state, signal, now)
    if (result.kind === 'refused') return result
    await this.#append(run, result.events)
    this.#wake(runId)
    return { kind: 'taken' }
  }

  async cancel(runId: string, by: Cancellation): Promise<'cancelled' | 'already-finished' | 'unknown-run'> {
    const run = this.#runs.get(runId)
    if (run === undefined)
      return goneRun(runId, this.#stateOf(runId)).code === 'unknown-run' ? 'unknown-run' : 'already-finished'
    await run.accepted.promise
    if (isFinished(run.state)) return 'already-finished'
    if (by.kill) {
      await this.#append(run, killRun(run.state, by, this.#clock()))
      return 'cancelled'
    }
    if (run.state.cancel !== undefined) return 'cancelled'
    if (run.phase === 'active') {
      run.cancel ??= { by, ended: Promise.withResolvers() }
      return run.cancel.ended.promise
    }
    await this.#driver.cancel(run, by)
    this.#wake(run.id)
    return 'cancelled'
  }

  async list(filter: RunFilter): Promise<RunPage> {
    return this.#journal.listRuns(filter)
  }

  async history(runId: string): Promise<readonly RunEvent[] | undefined> {
    return this.#journal.readRun(runId)
  }

  overdue(forMs: number): readonly OverdueRun[] {
    return overdueRuns({ queue: this.#queue, wakeUps: this.#wakeUps, runs: this.#runs }, this.#clock() - forMs)
  }

  async resume(): Promise<number> {
    const unfinished = this.#journal.unfinishedRuns().filter((id) => !this.#runs.has(id))
    const resumed: LiveRun[] = []
    for (const id of unfinished) {
      try {
        resumed.push(this.#resumeRun(foldAll(this.#journal.readRun(id) ?? [])))
      } catch (error) {
        this.#options.onTrouble?.(id, error)
      }
    }
    for (const run of resumed) this.#children.resumed(run)
    return resumed.length
  }

  #resumeRun(state: RunState): LiveRun {
    const { runId, epoch: begunBy } = state.request
    if (begunBy > epoch) throw new BackendError('too-new', `Run ${runId} was begun by a newer version.`)
    const run = liveRun(state, this.#pins.of(state.request))
    run.interrupted = true
    run.accepted.resolve('accepted')
    this.#runs.set(runId, run)
    this.#enqueue(run)
    return run
  }

  /** False while something follows from what is journaled: a run that waits for another one may be about to go on. */
  get isQuiet(): boolean {
    return this.#driving.isNone && this.#children.isQuiet
  }

  async close(): Promise<void> {
    this.#closing = true
    this.#wakeUps.close()
    this.#queue.clear()
    this.#hosts.stop()
    await this.#driving.settled()
    await this.#children.settled()
    await this.#hosts.close()
    this.#runs.clear()
  }

  /** Folds at once, so that whatever is decided next builds on it; resolves once it is durable. */
  async #append(run: LiveRun, events: readonly RunEvent[]): Promise<void> {
    const { unwritten } = run
    const all = unwritten ? [unwritten.event, ...events] : events
    if (all.length === 0) return
    const expectedVersion = unwritten ? 0 : run.state.version
    const state = events.reduce(fold, run.state)
    run.state = state
    run.untold.push(...events)
    run.unwritten = undefined
    const record = { runId: run.id, expectedVersion, events: all, state, objects: unwritten?.objects ?? [] }
    const appending = this.#journal.append(record)
    run.handedOver.resolve()
    run.appending = appending.catch(() => {})
    try {
      const appended = await appending
      if (appended.kind === 'conflict') {
        if (unwritten) run.accepted.resolve('already-accepted')
        const message = `The journal of run ${run.id} is at ${appended.version}, not ${expectedVersion}: somebody else writes it.`
        throw new BackendError('conflict', message)
      }
    } catch (error) {
      if (unwritten) this.#forget(run)
      this.#giveUp(run, error)
      throw error
    }
    run.accepted.resolve('accepted')
    if (isFinished(state)) this.#forget(run)
    this.#options.onEvents?.(run.id, all)
    this.#children.after(run, all)
  }

  /** It is left to the next process, once; one that was not accepted, to whoever started it. */
  #giveUp(run: LiveRun, error: unknown): void {
    if (this.#runs.get(run.id) === run) this.#options.onTrouble?.(run.id, error)
    run.accepted.reject(error)
    this.#forget(run)
  }

  #forget(run: LiveRun): void {
    if (this.#runs.get(run.id) === run) this.#runs.delete(run.id)
    this.#wakeUps.delete(run.id)
  }

  #wake(runId: string): void {
    const run = this.#runs.get(runId)
    if (run?.phase === 'idle') this.#enqueue(run)
  }

  #enqueue(run: LiveRun): void {
    if (this.#closing) return
    run.phase = 'queued'
    const { uid, concurrentRuns } = run.pins.tenant
    this.#queue.add(uid, concurrentRuns, run)
    this.#pump()
  }

  #pump(): void {
    if (this.#closing) return
    for (let run = this.#queue.take(); run !== undefined; run = this.#queue.take()) this.#driving.add(this.#drive(run))
  }

  async #drive(run: LiveRun): Promise<void> {
    try {
      // It may have been cancelled while it waited for its turn.
      if (this.#runs.get(run.id) !== run) return
      run.phase = 'active'
      const waits = await this.#driver.drive(run)
      run.phase = 'idle'
      if (waits.length > 0) this.#wakeUps.set(run.id, Math.min(...waits.map(({ at }) => at)))
      run.cancel?.ended.resolve(run.state.phase === 'cancelled' ? 'cancelled' : 'already-finished')
    } catch (error) {
      run.cancel?.ended.reject(error)
      this.#giveUp(run, error)
    } finally {
      this.#queue.release(run.pins.tenant.uid)
      this.#pump()
    }
  }

  #stateOf(runId: string): RunState | undefined {
    const events = this.#journal.readRun(runId)
    return events && foldAll(events)
  }
}
