import { join } from 'node:path'
import { Piscina } from 'piscina'
import type { AdvanceAnswer, AdvanceTask } from './advance-task.ts'
import type { Pins } from './pinned-objects.ts'

/** What a worker is given when it starts. */
export interface WorkerSetup {
  /** URL or absolute path of a module that exports `openPerform`. */
  readonly performModule: string
  /** Handed to it; must survive structured cloning. */
  readonly performOptions: unknown
}

export interface WorkerLimits {
  readonly workers: number
  readonly runsPerWorker: number
  /** Heap of one worker; one that needs more dies, and the run that made it so is quarantined. */
  readonly workerMemoryMb: number
}

export type TaskResult =
  | Extract<AdvanceAnswer, { kind: 'advanced' }>
  /** The worker is gone; what it was performing may have taken effect. */
  | { readonly kind: 'lost'; readonly code: 'worker-hung' | 'worker-lost'; readonly message: string }

export type Task = Omit<AdvanceTask, 'pinsKey' | 'pins'>

interface Host {
  pool: Piscina<AdvanceTask | null, AdvanceAnswer>
  tasks: number
  /** Pins that its worker was given. */
  readonly pinned: Set<string>
}

const pinsKept = 1_000
const worker = join(import.meta.dirname, 'run-worker.ts')

/**
 * Threads that advance runs, several runs at once in each: a run that waits for a vendor needs no thread of its own.
 * A thread that dies or hangs takes all its tasks with it; so a run that was on such a thread goes on alone in the last host,
 * where only it can be to blame. One pool a thread, because a pool cannot tell which of its threads hangs.
 */
export class WorkerHosts {
  readonly #setup: WorkerSetup
  readonly #shared: Host[]
  /** Made when a run is first suspected. */
  #alone: Host | undefined
  readonly #runsPerWorker: number
  readonly #memoryMb: number
  #aloneTurn: Promise<unknown> = Promise.resolve()
  #closed = false

  constructor(setup: WorkerSetup, { workers, runsPerWorker, workerMemoryMb }: WorkerLimits) {
    this.#setup = setup
    this.#memoryMb = workerMemoryMb
    this.#runsPerWorker = runsPerWorker
    this.#shared = Array.from({ length: workers }, () => this.#host(runsPerWorker))
  }

  run(task: Task, pins: Pins, deadlineMs: number, alone: boolean): Promise<TaskResult> {
    return this.#runOn(alone ? this.#aloneHost() : this.#leastBusy(), task, pins, deadlineMs)
  }

  /** One run at a time, with a worker that is up: a run that only waits for its turn must not look as if it had been at work. */
  apart<T>(go: () => Promise<T>): Promise<T> {
    const turn = this.#aloneTurn.then(async () => {
      await this.#aloneHost()
        .pool.run(null, { name: 'ping' })
        .catch(() => {})
      return go()
    })
    this.#aloneTurn = turn.catch(() => {})
    return turn
  }

  /** Once every worker has started; one that cannot start shows when it is given a task. */
  async ready(): Promise<void> {
    await Promise.allSettled(this.#shared.map(({ pool }) => pool.run(null, { name: 'ping' })))
  }

  async close(): Promise<void> {
    this.#closed = true
    const hosts = this.#alone === undefined ? this.#shared : [...this.#shared, this.#alone]
    await Promise.all(hosts.map(({ pool }) => pool.destroy()))
  }

  async #runOn(host: Host, task: Task, pins: Pins, deadlineMs: number): Promise<TaskResult> {
    host.tasks += 1
    const { pool } = host
    try {
      const known = host.pinned.has(pins.key)
      const send = { ...task, pinsKey: pins.key }
      const first = await this.#send(host, known ? send : { ...send, pins }, deadlineMs)
      if (host.pinned.size >= pinsKept) host.pinned.clear()
      host.pinned.add(pins.key)
      if (first.kind !== 'need-pins') return first
      const second = await this.#send(host, { ...send, pins }, deadlineMs)
      if (second.kind === 'need-pins') throw new Error('The worker does not keep what it was given.')
      return second
    } catch (error) {
      this.#replace(host, pool)
      const code = error === hung ? 'worker-hung' : 'worker-lost'
      return { kind: 'lost', code, message: error instanceof Error ? error.message : String(error) }
    } finally {
      host.tasks -= 1
    }
  }

  async #send(host: Host, task: AdvanceTask, deadlineMs: number): Promise<AdvanceAnswer> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(hung), deadlineMs)
    })
    try {
      return await Promise.race([host.pool.run(task), late])
    } finally {
      clearTimeout(timer)
    }
  }

  #aloneHost(): Host {
    this.#alone ??= this.#host(1)
    return this.#alone
  }

  #leastBusy(): Host {
    return this.#shared.reduce((least, host) => (host.tasks < least.tasks ? host : least))
  }

  #host(tasks: number): Host {
    return { pool: this.#pool(tasks), tasks: 0, pinned: new Set() }
  }

  /** Once for all tasks of a dead worker: destroying its pool rejects those that still wait. */
  #replace(host: Host, dead: Host['pool']): void {
    if (host.pool !== dead || this.#closed) return
    host.pool = this.#pool(host === this.#alone ? 1 : this.#runsPerWorker)
    host.pinned.clear()
    void dead.destroy()
  }

  #pool(concurrentTasksPerWorker: number): Host['pool'] {
    const pool = new Piscina<AdvanceTask | null, AdvanceAnswer>({
      filename: worker,
      workerData: this.#setup,
      minThreads: 1,
      maxThreads: 1,
      concurrentTasksPerWorker,
      // Between tasks a worker still has timers and sockets to serve.
      atomics: 'disabled',
      resourceLimits: { maxOldGenerationSizeMb: this.#memoryMb },
    })
    // A worker that dies without a task; the next task gets another one.
    pool.on('error', () => {})
    return pool
  }
}

const hung = new Error('The worker did not come back in time.')
