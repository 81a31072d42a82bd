/** A timer counts on while the clock is set or the machine sleeps: the clock is asked again after this at the latest. */
const longestDelayMs = 60_000
/** A clock that is corrected by less was not set back. */
const noticedMs = 1_000

/** Entries that nobody waits for and that are not worth a rebuild. */
const spare = 1_000

/** When what is to be looked at again: many times, one timer. */
export class WakeUps<Id = string> {
  readonly #now: () => number
  readonly #wake: (id: Id) => void
  /**
   * A binary heap by time: each time, and whose it is at the same place of the other list, because objects of both take
   * three times the memory. Entries that were replaced stay in it and are passed over.
   */
  readonly #times: number[] = []
  readonly #ids: Id[] = []
  readonly #current = new Map<Id, number>()
  #timer: NodeJS.Timeout | undefined
  /** What the clock said when it was last asked. */
  #asked = 0
  #timerAt = Number.POSITIVE_INFINITY

  constructor(now: () => number, wake: (id: Id) => void) {
    this.#now = now
    this.#wake = wake
  }

  set(id: Id, at: number): void {
    if (this.#current.get(id) === at) return
    this.#current.set(id, at)
    // Most waits end long before their time: without this, what nobody waits for any more would pile up.
    if (this.#times.length > 2 * this.#current.size + spare) this.#rebuild()
    else this.#push(at, id)
    this.#arm()
  }

  /** Those that should have been woken at that time or earlier. */
  overdue(since: number): readonly { readonly id: Id; readonly since: number }[] {
    return [...this.#current].flatMap(([id, at]) => (at <= since ? [{ id, since: at }] : []))
  }

  delete(id: Id): void {
    this.#current.delete(id)
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#empty()
    this.#current.clear()
  }

  #rebuild(): void {
    this.#empty()
    for (const [id, at] of this.#current) this.#push(at, id)
  }

  #empty(): void {
    this.#times.length = 0
    this.#ids.length = 0
  }

  #arm(): void {
    const at = this.#times[0] ?? Number.POSITIVE_INFINITY
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
    for (let at = this.#times[0]; at !== undefined && at <= now; at = this.#times[0]) {
      const id = this.#pop()
      if (this.#current.get(id) !== at) continue
      this.#current.delete(id)
      this.#wake(id)
    }
    this.#arm()
  }

  /** Times that were told before the clock was set back may mean nothing any more: whoever waits says anew until when. */
  #wakeAll(): void {
    this.#empty()
    const ids = [...this.#current.keys()]
    this.#current.clear()
    for (const id of ids) this.#wake(id)
  }

  #push(at: number, id: Id): void {
    let index = this.#times.length
    while (index > 0) {
      const above = (index - 1) >> 1
      if (this.#timeAt(above) <= at) break
      this.#put(index, this.#timeAt(above), this.#ids[above] as Id)
      index = above
    }
    this.#put(index, at, id)
  }

  /** Whose time comes first; the heap must not be empty. */
  #pop(): Id {
    const first = this.#ids[0] as Id
    const at = this.#times.pop() as number
    const id = this.#ids.pop() as Id
    if (this.#times.length === 0) return first
    let index = 0
    for (;;) {
      const left = 2 * index + 1
      const least = this.#timeAt(left + 1) < this.#timeAt(left) ? left + 1 : left
      if (this.#timeAt(least) >= at) break
      this.#put(index, this.#timeAt(least), this.#ids[least] as Id)
      index = least
    }
    this.#put(index, at, id)
    return first
  }

  #timeAt(index: number): number {
    return this.#times[index] ?? Number.POSITIVE_INFINITY
  }

  #put(index: number, at: number, id: Id): void {
    this.#times[index] = at
    this.#ids[index] = id
  }
}
