import { setTimeout as sleep } from 'node:timers/promises'
import { lookMs } from './host-limits.ts'
import { HostProcess, type HostOptions } from './host-process.ts'
import { LeftHosts } from './left-hosts.ts'
import { entry } from './spawn-host.ts'
import { Turns } from './turns.ts'

/** A run's place in a host. */
export interface Seat {
  readonly host: HostProcess
  readonly number: number
}

const restAfterFailedStartMs = 200
const longestRestMs = 10_000

/** How many hosts a run has lost in a row: the more, the fewer runs it shares one with. */
export type Suspicion = 0 | 1 | 2

/** Of runs that lost one host: few, so that what one of them does next reaches few, and enough that all are soon cleared. */
const suspectsTogether = 16

/**
 * Keeps hosts alive: one that dies, hangs or grows is replaced by a spare that has loaded everything already. A host takes all
 * its runs with it; so a run that was on such a host goes on in one with few others, and then alone, where only it can be to blame.
 */
export class RunHosts {
  readonly #options: HostOptions
  readonly #left: LeftHosts
  readonly #started = new Set<HostProcess>()
  readonly #shared: HostProcess[]
  #spare: HostProcess | undefined
  /** For suspects, by suspicion; taken when there are any. */
  readonly #apart: Record<1 | 2, { host: HostProcess | undefined; readonly turns: Turns }>
  /** Given no more runs; they go when their last one has left. */
  readonly #draining = new Set<HostProcess>()
  readonly #looking: NodeJS.Timeout
  #seats = 0
  #failedStarts = 0
  #waiting: (() => void)[] = []
  #isClosed = false

  constructor(options: HostOptions, hosts: number) {
    this.#options = options
    this.#left = new LeftHosts(options.idsFile, entry)
    this.#apart = {
      1: { host: undefined, turns: new Turns(suspectsTogether) },
      2: { host: undefined, turns: new Turns(1) },
    }
    this.#shared = [this.#start()]
    void this.#fill(hosts)
    this.#looking = setInterval(() => this.#look(), lookMs).unref()
  }

  /** One after the other: all at once, the first would be ready as late as the last. */
  async #fill(hosts: number): Promise<void> {
    let latest = this.#shared[0]
    while (this.#spare === undefined) {
      await latest?.ready
      if (this.#isClosed) return
      latest = this.#start()
      if (this.#shared.length < hosts) this.#shared.push(latest)
      else this.#spare ??= latest
    }
  }

  /** A place in a host that is up, because a run that only waits for one must not look as if it had been at work. Undefined where there is none and all is closing. */
  async seat(suspicion: Suspicion): Promise<Seat | undefined> {
    for (;;) {
      const host = suspicion === 0 ? this.#leastBusy() : this.#apartFrom(suspicion)
      if (host?.isReady && !host.isGone) {
        host.seats += 1
        return { host, number: this.#seats++ }
      }
      if (this.#isClosed) return undefined
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  /** Whether a run would get a host to itself at once. */
  get isAnyFree(): boolean {
    return this.#leastBusy()?.seats === 0
  }

  /** Whether a single run is under way. */
  get isOneTaken(): boolean {
    let taken = 0
    for (const { seats } of this.#started) taken += seats
    return taken === 1
  }

  leave({ host, number }: Seat): void {
    host.seats -= 1
    host.leave(number)
  }

  /** When it is the turn of a run that is suspected. */
  inTurn<T>(suspicion: 1 | 2, go: () => Promise<T>): Promise<T> {
    return this.#apart[suspicion].turns.take(go)
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

  #apartFrom(suspicion: 1 | 2): HostProcess {
    const apart = this.#apart[suspicion]
    if (apart.host === undefined || apart.host.isGone) apart.host = this.#takeSpare()
    return apart.host
  }

  #takeSpare(): HostProcess {
    const taken = this.#spare
    // One that is gone is being replaced already; where there is none yet, one is on its way.
    if (taken === undefined || taken.isGone) return this.#start()
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
    const at = this.#shared.indexOf(gone)
    if (at >= 0) this.#shared[at] = this.#takeSpare()
    this.#wake()
  }

  #look(): void {
    for (const host of this.#started) host.look()
    for (const [at, host] of this.#shared.entries()) {
      if (!host.isFull || host.isGone || !this.#spare?.isReady) continue
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
