interface Line<Run> {
  readonly waiting: Run[]
  active: number
  limit: number
  inRing: boolean
}

/**
 * Runs that are ready, in order for each tenant, and tenants in turn: a flood of one tenant moves another's run back by one place.
 * Never more than a tenant's limit are out at a time, nor more than the capacity in all.
 */
export class TenantQueue<Run> {
  readonly #capacity: number
  readonly #lines = new Map<string, Line<Run>>()
  /** Tenants that have a run waiting and a free slot. */
  #ring: string[] = []
  #active = 0

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get active(): number {
    return this.#active
  }

  add(tenant: string, limit: number, run: Run): void {
    const line = this.#lines.get(tenant) ?? { waiting: [], active: 0, limit, inRing: false }
    line.limit = limit
    line.waiting.push(run)
    this.#lines.set(tenant, line)
    this.#enter(tenant, line)
  }

  /** The next run that may go, which then holds a slot until `release`. */
  take(): Run | undefined {
    if (this.#active >= this.#capacity) return undefined
    const tenant = this.#ring.shift()
    const line = tenant === undefined ? undefined : this.#lines.get(tenant)
    if (tenant === undefined || line === undefined) return undefined
    line.inRing = false
    const run = line.waiting.shift()
    line.active += 1
    this.#active += 1
    this.#enter(tenant, line)
    return run
  }

  release(tenant: string): void {
    const line = this.#lines.get(tenant)
    if (line === undefined) return
    line.active -= 1
    this.#active -= 1
    if (line.active === 0 && line.waiting.length === 0) this.#lines.delete(tenant)
    else this.#enter(tenant, line)
  }

  /** Forgets everything that waits. */
  clear(): void {
    for (const line of this.#lines.values()) {
      line.waiting.length = 0
      line.inRing = false
    }
    this.#ring = []
  }

  #enter(tenant: string, line: Line<Run>): void {
    if (line.inRing || line.waiting.length === 0 || line.active >= line.limit) return
    line.inRing = true
    this.#ring.push(tenant)
  }
}
