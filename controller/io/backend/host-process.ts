import type { ChildProcess } from 'node:child_process'
import type { Duplex } from 'node:stream'
import type { Digest } from '../../core/model/effective.ts'
import type { Json } from '../../core/model/values.ts'
import { framesOf, FrameReader } from './frames.ts'
import * as limits from './host-limits.ts'
import type { Answer, FromHost, HostSetup, Order } from './host-orders.ts'
import type { Pins } from './pinned-objects.ts'
import { type ProcessUsage, usageOf } from './process-usage.ts'
import { channelOf, takeHost } from './spawn-host.ts'
import { stayAwake } from './stay-awake.ts'
import { Recent } from '../../core/model/recent.ts'

export interface Lost {
  readonly kind: 'lost'
  /** The host is gone; what it was performing may have taken effect. */
  readonly code: 'host-hung' | 'host-lost' | 'host-memory'
  readonly message: string
}

interface Asked {
  readonly resolve: (answer: Answer | Lost) => void
  /** Looks left until its order counts as never to be answered. */
  looksLeft: number
}

export interface HostOptions {
  readonly setup: HostSetup
  /** Heap of one host. One that needs more dies, and the run that made it so is quarantined in the end. */
  readonly heapMb: number
  /** Where the ids of hosts stand, so that the next controller ends those that this one leaves behind; nowhere where absent. */
  readonly idsFile: string | undefined
}

/** One child process that advances runs, several at once: a run that waits for a vendor needs no process of its own. */
export class HostProcess {
  /** Once it has loaded everything, or is gone. */
  readonly ready: Promise<void>
  /** Runs that sit here. */
  seats = 0
  readonly #child: ChildProcess
  readonly #wire: Duplex
  readonly #heapMb: number
  readonly #reader = new FrameReader(limits.mostBytesFromHost)
  readonly #asked = new Map<number, Asked>()
  readonly #known = new Recent<Digest, true>(limits.objectsKept, (digest) => this.#forget.push(digest))
  readonly #end: () => void
  #isReady = false
  #lost: Lost | undefined
  #silentLooks = 0
  #idleMessages = 0
  #usage: ProcessUsage | undefined
  /** When it last gave a sign of life. */
  #cpuMsThen = 0
  #orders: string[] = []
  #objects: (readonly [Digest, Json])[] = []
  #forget: Digest[] = []
  #leave: number[] = []

  constructor({ setup, heapMb }: HostOptions, onEnd: () => void) {
    this.#heapMb = heapMb
    this.#child = takeHost(heapMb)
    const started = Promise.withResolvers<void>()
    this.ready = started.promise
    this.#end = () => {
      started.resolve()
      onEnd()
    }
    this.#wire = channelOf(this.#child)
    this.#wire.on('data', (piece: Buffer) => this.#hear(piece, started.resolve))
    this.#wire.on('end', () => this.kill('host-lost', 'it closed its channel'))
    this.#wire.on('error', () => this.kill('host-lost', 'its channel broke'))
    this.#child.on('error', (error) => this.#gone(`it could not be started: ${error.message}`))
    // After all that it had said was read: an answer that came in time counts.
    this.#child.on('close', (code, signal) => this.#gone(causeOf(code, signal)))
    for (const frame of framesOf({ setup }, 'orders', [])) this.#wire.write(frame)
  }

  get isGone(): boolean {
    return this.#lost !== undefined
  }

  /** True where it has used so much of its memory that it should be given no more runs. */
  get isFull(): boolean {
    return (this.#usage?.residentMb ?? 0) > limits.drainShare * this.#mostMb
  }

  get isReady(): boolean {
    return this.#isReady
  }

  /** Undefined where the process has ended; for messages and tests. */
  get pid(): number | undefined {
    return this.#child.pid
  }

  ask(order: Order, pins: Pins, deadlineMs: number): Promise<Answer | Lost> {
    const lost = this.#lost
    if (lost !== undefined) return Promise.resolve(lost)
    for (const [digest, value] of pins.objects)
      this.#known.of(digest, () => {
        this.#objects.push([digest, value])
        return true
      })
    this.#later()
    this.#orders.push(JSON.stringify(order))
    if (order.isAlone) stayAwake()
    return new Promise((resolve) => {
      this.#asked.set(order.seat, { resolve, looksLeft: Math.ceil(deadlineMs / limits.lookMs) })
    })
  }

  /** Said with the next order: nobody waits for it. */
  leave(seat: number): void {
    this.#leave.push(seat)
  }

  /** Called every `lookMs`. */
  look(): void {
    if (this.#lost !== undefined) return
    this.#idleMessages = 0
    if (this.#leave.length > 0) this.#flush()
    const usage = usageOf(this.#child.pid)
    this.#usage = usage
    if (this.#silentLooks === 0) this.#cpuMsThen = usage.cpuMs
    this.#silentLooks += 1
    if (usage.residentMb > this.#mostMb) return this.kill('host-memory', `it used more than ${this.#mostMb} MiB`)
    if (this.#silentLooks >= this.#looksAllowed(usage)) return this.kill('host-hung', 'it gave no sign of life')
    for (const asked of this.#asked.values()) {
      asked.looksLeft -= 1
      if (asked.looksLeft < 0) return this.kill('host-hung', 'it did not come back with a run in time')
    }
  }

  /** One that gets no processor because others take them is not hung: killing it would make its attempts unknown for nothing. */
  #looksAllowed({ cpuMs, isAtWork }: ProcessUsage): number {
    if (!this.#isReady) return limits.startingLooks
    const share = (cpuMs - this.#cpuMsThen) / (this.#silentLooks * limits.lookMs)
    return isAtWork && share < limits.starvedShare ? limits.starvedLooks : limits.silentLooks
  }

  /** Resolves what was asked of it only once the process is really gone: until then it may still act. */
  kill(code: Lost['code'], why: string): void {
    if (this.#lost !== undefined) return
    this.#lost = { kind: 'lost', code, message: `The host of this run was ended because ${why}.` }
    this.#child.kill('SIGKILL')
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const closed = new Promise((resolve) => this.#child.once('close', resolve))
    this.kill('host-lost', 'the controller stops')
    await closed
  }

  get #mostMb(): number {
    return this.#heapMb + limits.besideHeapMb
  }

  #hear(piece: Buffer, started: () => void): void {
    if (this.#lost !== undefined) return
    try {
      for (const message of this.#reader.read(piece)) this.#take(message as FromHost)
    } catch {
      this.kill('host-lost', 'it said something that is no answer')
      return
    }
    this.#silentLooks = 0
    if (this.#isReady) return
    this.#isReady = true
    started()
  }

  #take({ answers, dying }: FromHost): void {
    if (dying !== undefined) return this.kill('host-lost', `the program failed: ${dying}`)
    if (answers === undefined) {
      this.#idleMessages += 1
      if (this.#idleMessages > limits.idleMessages) this.kill('host-lost', 'it flooded its channel')
      return
    }
    for (const answer of answers) {
      const asked = this.#asked.get(answer.seat)
      if (asked === undefined) throw new Error('Nobody asked.')
      this.#asked.delete(answer.seat)
      asked.resolve(answer)
    }
  }

  /** One message for all that is said in this turn: a tick comes after all promises that a commit has resolved. */
  #later(): void {
    if (this.#orders.length > 0) return
    process.nextTick(() => this.#flush())
  }

  #flush(): void {
    const orders = this.#orders
    const head = {
      ...(this.#objects.length > 0 && { objects: this.#objects, forget: this.#forget }),
      ...(this.#leave.length > 0 && { leave: this.#leave }),
    }
    this.#orders = []
    this.#objects = []
    this.#forget = []
    this.#leave = []
    if (this.#lost !== undefined) return
    for (const frame of framesOf(head, 'orders', orders)) this.#wire.write(frame)
  }

  #gone(cause: string): void {
    this.#lost ??= { kind: 'lost', code: 'host-lost', message: `The host of this run is gone: ${cause}.` }
    const lost = this.#lost
    const asked = [...this.#asked.values()]
    this.#asked.clear()
    this.#wire.destroy()
    this.#end()
    for (const { resolve } of asked) resolve(lost)
  }
}

function causeOf(code: number | null, signal: NodeJS.Signals | null): string {
  // What V8 does where the heap is used up.
  if (signal === 'SIGABRT' || code === 134) return 'it used up its memory'
  return signal === null ? `it ended with code ${code}` : `it was ended by ${signal}`
}
