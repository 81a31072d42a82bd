interface Line<Run> {
  readonly waiting: Run[]
  active: number
  limit: number
  inRing: boolean
  /** Since when a run of it could go: one waits, and the tenant has a free slot. */
  readySince: number
}

/**
 * Runs that are ready, in order for each tenant, and tenants in turn: a flood of one tenant moves another's run back by one place.
 * Never more than a tenant's limit are out at a time, nor more than the capacity in all, nor of one tenant more than half of
 * it: where vendors are slow, whoever had all places would keep them for minutes.
 */
export class TenantQueue<Run> {
  readonly #capacity: number
  readonly #now: () => number
  readonly #lines = new Map<string, Line<Run>>()
  /** Tenants that have a run waiting and a free slot. */
  #ring: string[] = []
  #active = 0

  constructor(capacity: number, now: () => number) {
    this.#capacity = capacity
    this.#now = now
  }

  get active(): number {
    return this.#active
  }

  add(tenant: string, limit: number, run: Run): void {
    const line = this.#lines.get(tenant) ?? { waiting: [], active: 0, limit, inRing: false, readySince: 0 }
    line.limit = Math.min(limit, Math.ceil(this.#capacity / 2))
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

  /** The next run of each tenant that has had a free slot since that time or longer, and since when. */
  overdue(since: number): readonly { readonly run: Run; readonly since: number }[] {
    return this.#ring.flatMap((tenant) => {
      const line = this.#lines.get(tenant)
      const [run] = line?.waiting ?? []
      return line && run !== undefined && line.readySince <= since ? [{ run, since: line.readySince }] : []
    })
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
    line.readySince = this.#now()
    this.#ring.push(tenant)
  }
}
