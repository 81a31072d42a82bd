import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { lookMs } from './host-limits.ts'
import { entry, HostProcess, type HostOptions } from './host-process.ts'
import { LeftHosts } from './left-hosts.ts'

/** A run's place in a host. */
export interface Seat {
  readonly host: HostProcess
  readonly number: number
}

const restAfterFailedStartMs = 200
const longestRestMs = 10_000

/**
 * Keeps hosts alive: one that dies, hangs or grows is replaced by a spare that has loaded everything already. A host takes all
 * its runs with it; so a run that was on such a host goes on alone in one of its own, where only it can be to blame.
 */
export class RunHosts {
  readonly #options: HostOptions
  readonly #left: LeftHosts
  readonly #started = new Set<HostProcess>()
  readonly #shared: HostProcess[]
  #spare: HostProcess
  /** Taken when a run is first suspected. */
  #alone: HostProcess | undefined
  /** Given no more runs; they go when their last one has left. */
  readonly #draining = new Set<HostProcess>()
  readonly #looking: NodeJS.Timeout
  #seats = 0
  #failedStarts = 0
  #waiting: (() => void)[] = []
  #aloneTurn: Promise<unknown> = Promise.resolve()
  #isClosed = false

  constructor(options: HostOptions, hosts: number) {
    this.#options = options
    this.#left = new LeftHosts(options.folder && join(options.folder, 'pids'), entry)
    this.#shared = Array.from({ length: hosts }, () => this.#start())
    this.#spare = this.#start()
    this.#looking = setInterval(() => this.#look(), lookMs).unref()
  }

  /** A place in a host that is up, because a run that only waits for one must not look as if it had been at work. Undefined where there is none and all is closing. */
  async seat(alone: boolean): Promise<Seat | undefined> {
    for (;;) {
      const host = alone ? this.#aloneHost() : this.#leastBusy()
      if (host?.isReady && !host.isGone) {
        host.seats += 1
        return { host, number: this.#seats++ }
      }
      if (this.#isClosed) return undefined
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  leave({ host, number }: Seat): void {
    host.seats -= 1
    host.leave(number)
  }

  /** One run at a time. */
  apart<T>(go: () => Promise<T>): Promise<T> {
    const turn = this.#aloneTurn.then(go)
    this.#aloneTurn = turn.catch(() => {})
    return turn
  }

  /** Nobody waits for a seat any more. */
  stop(): void {
    this.#isClosed = true
    this.#wake()
  }

  async close(): Promise<void> {
    this.stop()
    clearInterval(this.#looking)
    await Promise.all([...this.#started].map((host) => host.close()))
  }

  #start(): HostProcess {
    const host: HostProcess = new HostProcess(this.#options, () => void this.#replace(host))
    this.#started.add(host)
    this.#left.write([...this.#started].flatMap(({ pid }) => pid ?? []))
    void host.ready.then(() => {
      if (host.isReady) this.#failedStarts = 0
      this.#wake()
    })
    return host
  }

  #leastBusy(): HostProcess | undefined {
    let least: HostProcess | undefined
    for (const host of this.#shared)
      if (host.isReady && !host.isGone && (least === undefined || host.seats < least.seats)) least = host
    return least
  }

  #aloneHost(): HostProcess {
    if (this.#alone === undefined || this.#alone.isGone) this.#alone = this.#takeSpare()
    return this.#alone
  }

  #takeSpare(): HostProcess {
    // A spare that is gone is being replaced already.
    if (this.#spare.isGone) return this.#start()
    const taken = this.#spare
    this.#spare = this.#start()
    return taken
  }

  /** A host that cannot even start would be started for ever, as fast as the machine can. */
  async #replace(gone: HostProcess): Promise<void> {
    this.#draining.delete(gone)
    this.#started.delete(gone)
    if (!gone.isReady) {
      this.#failedStarts += 1
      await sleep(Math.min(longestRestMs, restAfterFailedStartMs * 2 ** this.#failedStarts), undefined, { ref: false })
    }
    if (this.#isClosed) return
    if (gone === this.#spare) this.#spare = this.#start()
    if (gone === this.#alone) this.#alone = undefined
    const at = this.#shared.indexOf(gone)
    if (at >= 0) this.#shared[at] = this.#takeSpare()
    this.#wake()
  }

  #look(): void {
    for (const host of this.#started) host.look()
    for (const [at, host] of this.#shared.entries()) {
      if (!host.isFull || host.isGone || !this.#spare.isReady) continue
      this.#shared[at] = this.#takeSpare()
      this.#draining.add(host)
    }
    for (const host of this.#draining) if (host.seats === 0) void host.close()
  }

  #wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }
}
