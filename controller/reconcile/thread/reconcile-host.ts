import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { PortCalls } from './port-calls.ts'
import type { FileBytes, PassAnswer, StoreCalls, WorkSetup } from './reconcile-work.ts'
import type { WorkerCalls } from './reconcile-worker.ts'

export interface HostOptions {
  readonly setup: WorkSetup
  readonly main: StoreCalls
  /** The thread is gone; another one is started after so many milliseconds. */
  onLost(why: Error, restartInMs: number): void
  /** What runs in the thread; the reconciler unless told. */
  readonly module?: string
  /** Heap of the thread in MiB; what the engine gives unless told. */
  readonly heapMb?: number
  /** A thread that says nothing for so long in the midst of a pass is taken for hung; ten minutes unless told. */
  readonly silenceMs?: number
}

/** The thread that reconciles is gone, and with it what it was asked. Nothing that was applied is lost. */
export class ReconcileLost extends Error {
  readonly code = 'reconcile-lost'
}

const firstRestartMs = 100
/** Of its heap, the part for what was made just now: three times 8 MiB. */
const youngMb = 24
const longestRestartMs = 60_000
/** What an orderly end may take: resolving a large fleet cannot be interrupted. A thread may be ended at any moment. */
const patienceMs = 5_000

/**
 * One thread that owns git, the files and everything that is computed from them. Where it ends for whatever reason, what was
 * applied stays in force, and another one starts: it finds in the store how far the last one came.
 */
export class ReconcileHost {
  readonly #options: HostOptions
  #worker: Worker | undefined
  #calls = pending()
  #isUp = false
  #trouble: Error | undefined
  /** Threads that ended since the last pass that came to its end. */
  #losses = 0
  #timer: NodeJS.Timeout | undefined
  readonly #silences = new Set<NodeJS.Timeout>()
  #hung: string | undefined
  #isWatching = false
  readonly #released = Promise.withResolvers<never>()
  #isClosing = false

  private constructor(options: HostOptions) {
    this.#options = options
    this.#released.promise.catch(() => {})
  }

  /** Throws what stands in the way of starting. */
  static async open(options: HostOptions): Promise<ReconcileHost> {
    const host = new ReconcileHost(options)
    await host.#start()
    return host
  }

  /** Why what is applied may not be what the fleet says; undefined after a pass that came to its end. */
  get trouble(): string | undefined {
    return this.#trouble?.message
  }

  /** Waits for a thread where there is none at the moment; throws ReconcileLost where it ends meanwhile. */
  async pass(): Promise<PassAnswer> {
    const calls = await this.#calls.promise
    const worker = this.#worker
    const { silenceMs = 10 * 60_000 } = this.#options
    // Each word it says winds this up again, and it says one whenever its event loop turns.
    const silence = setTimeout(() => {
      this.#hung = `it said nothing for ${silenceMs / 1000} s`
      void worker?.terminate()
    }, silenceMs)
    this.#silences.add(silence)
    try {
      const answer = await calls.call('pass')
      this.#losses = 0
      this.#trouble = undefined
      return answer
    } catch (thrown) {
      this.#trouble = thrown as Error
      throw thrown
    } finally {
      clearTimeout(silence)
      this.#silences.delete(silence)
    }
  }

  /** Does not wait for a thread: throws ReconcileLost where there is none. */
  async tenants(): Promise<Uint8Array> {
    if (!this.#isUp) throw this.#trouble ?? stopping()
    return (await this.#calls.promise).call('tenants')
  }

  /** A file of the commit in force. Waits as long as it takes: an attempt that waits for its secret has not failed. */
  file(path: string): Promise<FileBytes | undefined> {
    return Promise.race([this.#released.promise, this.#file(path)])
  }

  /** Who waits for a file must not keep the controller from stopping: soon nobody waits any more. */
  release(): void {
    setTimeout(() => this.#released.reject(stopping()), this.#isUp ? patienceMs : 0).unref()
  }

  /** Does not wait for a thread: one that starts looks at everything anyway. */
  async hintSource(tenant: string): Promise<void> {
    if (!this.#isUp) return
    await (await this.#calls.promise).call('hintSource', tenant).catch((thrown: unknown) => {
      if (!(thrown instanceof ReconcileLost)) throw thrown
    })
  }

  /** Hints from now on; also whenever a new thread has started. */
  async watch(): Promise<void> {
    this.#isWatching = true
    await (await this.#calls.promise).call('watch')
  }

  async close(): Promise<void> {
    this.#isClosing = true
    clearTimeout(this.#timer)
    if (this.#isUp) {
      const late = AbortSignal.timeout(patienceMs)
      const closed = this.#calls.promise.then((calls) => calls.call('close'))
      await Promise.race([closed, new Promise((done) => late.addEventListener('abort', done))]).catch(() => {})
    }
    this.#calls.reject(stopping())
    await this.#worker?.terminate()
  }

  async #file(path: string): Promise<FileBytes | undefined> {
    for (;;) {
      const calls = await this.#calls.promise
      try {
        return await calls.call('file', path)
      } catch (thrown) {
        if (!(thrown instanceof ReconcileLost) || this.#isClosing) throw thrown
      }
    }
  }

  async #start(): Promise<void> {
    const { setup, main, module = join(import.meta.dirname, 'reconcile-worker.ts'), heapMb } = this.#options
    const worker = new Worker(module, {
      name: 'reconcile',
      workerData: setup,
      resourceLimits: {
        // What it loads it keeps: a larger one would hold garbage, and take no less time.
        maxYoungGenerationSizeMb: youngMb,
        ...(heapMb !== undefined && { maxOldGenerationSizeMb: heapMb }),
      },
    })
    this.#worker = worker
    const calls = new PortCalls<WorkerCalls>(worker, {
      ...main,
      apply: (application) => {
        // What comes while the controller stops is left to the next start.
        if (this.#isClosing) throw stopping()
        return main.apply(application)
      },
    } satisfies StoreCalls)
    let isOpen = false
    let cause: unknown
    worker.on('message', () => {
      for (const silence of this.#silences) silence.refresh()
    })
    worker.on('error', (error) => (cause = error))
    worker.on('exit', (code) => {
      const why = this.#hung ?? (cause instanceof Error ? cause.message : `it ended with code ${code}`)
      this.#hung = undefined
      const lost = new ReconcileLost(`The thread that reconciles ended: ${why}.`, { cause })
      if (isOpen) this.#gone(lost)
      calls.fail(lost)
    })
    try {
      await calls.call('open')
    } catch (thrown) {
      await worker.terminate()
      throw thrown
    }
    isOpen = true
    this.#isUp = true
    this.#calls.resolve(calls)
  }

  #gone(why: Error): void {
    if (this.#isClosing) return
    if (this.#isUp) this.#calls = pending()
    this.#isUp = false
    this.#trouble = why
    const wait = Math.min(longestRestartMs, firstRestartMs * 2 ** this.#losses)
    this.#losses += 1
    this.#options.onLost(why, wait)
    this.#timer = setTimeout(() => void this.#restart(), wait)
  }

  async #restart(): Promise<void> {
    try {
      await this.#start()
    } catch (thrown) {
      this.#gone(thrown as Error)
      return
    }
    if (!this.#isWatching) return
    // Where it cannot watch, another one is tried.
    await this.watch().then(
      () => this.#options.main.hint(),
      () => this.#worker?.terminate(),
    )
  }
}

/** Nobody may be waiting when it fails. */
function pending(): PromiseWithResolvers<PortCalls<WorkerCalls>> {
  const made = Promise.withResolvers<PortCalls<WorkerCalls>>()
  made.promise.catch(() => {})
  return made
}

function stopping(): ReconcileLost {
  return new ReconcileLost('The controller is stopping.')
}
