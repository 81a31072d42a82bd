/** A timer counts on while the clock is set or the machine sleeps: the clock is asked again after this at the latest. */
const longestDelayMs = 60_000
/** A clock that is corrected by less was not set back. */
const noticedMs = 1_000

/** Entries that nobody waits for and that are not worth a rebuild. */
const spare = 1_000

interface WakeUp {
  readonly at: number
  readonly id: string
}

/** When which run is to be looked at again: many times, one timer. */
export class WakeUps {
  readonly #now: () => number
  readonly #wake: (id: string) => void
  /** A binary heap by time. Entries that were replaced stay in it and are passed over. */
  readonly #heap: WakeUp[] = []
  readonly #current = new Map<string, number>()
  #timer: NodeJS.Timeout | undefined
  /** What the clock said when it was last asked. */
  #asked = 0
  #timerAt = Number.POSITIVE_INFINITY

  constructor(now: () => number, wake: (id: string) => void) {
    this.#now = now
    this.#wake = wake
  }

  set(id: string, at: number): void {
    if (this.#current.get(id) === at) return
    this.#current.set(id, at)
    // Most waits end long before their time: without this, what nobody waits for any more would pile up.
    if (this.#heap.length > 2 * this.#current.size + spare) this.#rebuild()
    else this.#push({ at, id })
    this.#arm()
  }

  /** Those that should have been woken at that time or earlier. */
  overdue(since: number): readonly { readonly id: string; readonly since: number }[] {
    return [...this.#current].flatMap(([id, at]) => (at <= since ? [{ id, since: at }] : []))
  }

  delete(id: string): void {
    this.#current.delete(id)
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#heap.length = 0
    this.#current.clear()
  }

  #rebuild(): void {
    this.#heap.length = 0
    for (const [id, at] of this.#current) this.#push({ at, id })
  }

  #arm(): void {
    const at = this.#heap[0]?.at ?? Number.POSITIVE_INFINITY
    if (at >= this.#timerAt) return
    clearTimeout(this.#timer)
    this.#timerAt = at
    const delay = Math.min(longestDelayMs, Math.max(0, at - this.#now()))
    this.#timer = setTimeout(() => this.#fire(), delay)
  }

  #fire(): void {
    this.#timerAt = Number.POSITIVE_INFINITY
    const now = this.#now()
    const isSetBack = now < this.#asked - noticedMs
    this.#asked = now
    if (isSetBack) this.#wakeAll()
    for (let next = this.#heap[0]; next !== undefined && next.at <= now; next = this.#heap[0]) {
      this.#pop()
      if (this.#current.get(next.id) !== next.at) continue
      this.#current.delete(next.id)
      this.#wake(next.id)
    }
    this.#arm()
  }

  /** Times that were told before the clock was set back may mean nothing any more: whoever waits says anew until when. */
  #wakeAll(): void {
    this.#heap.length = 0
    const ids = [...this.#current.keys()]
    this.#current.clear()
    for (const id of ids) this.#wake(id)
  }

  #push(wakeUp: WakeUp): void {
    const heap = this.#heap
    let index = heap.push(wakeUp) - 1
    while (index > 0) {
      const above = (index - 1) >> 1
      const parent = heap[above]
      if (parent === undefined || parent.at <= wakeUp.at) break
      heap[index] = parent
      index = above
    }
    heap[index] = wakeUp
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    let index = 0
    for (;;) {
      const left = 2 * index + 1
      const right = left + 1
      const least =
        (heap[right]?.at ?? Number.POSITIVE_INFINITY) < (heap[left]?.at ?? Number.POSITIVE_INFINITY) ? right : left
      const child = heap[least]
      if (child === undefined || child.at >= last.at) break
      heap[index] = child
      index = least
    }
    heap[index] = last
  }
}
