import { type FetchOptions, type FetchOutcome, messageOf, type SourceAddress } from '../io/git/index.ts'

/** A repository that is followed, with the commit that somebody accepts although its history was rewritten. */
export interface FollowedSource extends SourceAddress {
  readonly accept?: string | undefined
}

/** What the last look at a branch said. */
export type Told =
  | { readonly kind: 'current' }
  | { readonly kind: 'behind'; readonly cause: string }
  | { readonly kind: 'rewritten'; readonly offered: string }

export interface PollerParts {
  fetch(address: SourceAddress, options: FetchOptions): Promise<FetchOutcome>
  /** Called when a branch has another commit, or another state, than before. */
  onNews(): void
  /** Calls `act` after so many milliseconds; the answer takes that back. */
  later(ms: number, act: () => void): () => void
  /** Milliseconds of a clock that only measures. */
  clock(): number
  /** From 0 up to 1. */
  random(): number
}

/** Milliseconds. */
const pollMs = 60_000
const patienceMs = 60_000
const retry = { first: 15_000, most: 15 * 60_000 }

/**
 * How many repositories are asked at a time, and how long each may take. One that does not answer at once goes on in a
 * lane of its own, so that the others never wait for more than a few seconds behind it.
 */
const lanes = { quick: { slots: 4, deadlineMs: 10_000 }, slow: { slots: 2, deadlineMs: 120_000 } } as const
type Lane = keyof typeof lanes

interface Followed {
  readonly address: Omit<SourceAddress, 'ref'>
  /** By ref. */
  branches: ReadonlyMap<string, { readonly accept?: string | undefined }>
  readonly told: Map<string, Told>
  lane: Lane
  failures: number
  state: 'idle' | 'waiting' | 'asked'
  /** Something has changed that nobody was told of yet. */
  isNews: boolean
  /** It was wanted again while it was being asked. */
  isWantedAgain: boolean
  cancel: () => void
  ended: PromiseWithResolvers<void>
}

/** Looks at repositories again and again: the timer is the truth, a hint brings the next look forward. */
export class SourcePoller {
  readonly #parts: PollerParts
  readonly #followed = new Map<string, Followed>()
  readonly #queues: Record<Lane, Followed[]> = { quick: [], slow: [] }
  readonly #busy: Record<Lane, number> = { quick: 0, slow: 0 }
  readonly #closing = new AbortController()
  readonly #running = new Set<Promise<void>>()

  constructor(parts: PollerParts) {
    this.#parts = parts
  }

  /** From now on these and no others; new ones are looked at right away. */
  follow(sources: Iterable<FollowedSource>): void {
    for (const source of this.#take(sources)) this.#want(source)
  }

  /** The same, and looks at all of them: resolves when each has answered or failed since the call, or after a minute. */
  async lookAtAll(sources: Iterable<FollowedSource>): Promise<void> {
    this.#take(sources)
    const late = Promise.withResolvers<void>()
    const cancel = this.#parts.later(patienceMs, late.resolve)
    const all = Promise.all([...this.#followed.values()].map((source) => this.#lookAt(source)))
    await Promise.race([all, late.promise])
    cancel()
  }

  /** Undefined where nobody has asked yet. */
  told(address: SourceAddress): Told | undefined {
    return this.#followed.get(keyOf(address))?.told.get(address.ref)
  }

  /** Somebody says that there is something new. */
  hint(url: string): void {
    for (const source of this.#followed.values()) if (source.address.url === url) this.#want(source)
  }

  async close(): Promise<void> {
    this.#closing.abort('the controller stops')
    for (const source of this.#followed.values()) {
      source.cancel()
      source.ended.resolve()
    }
    this.#queues.quick.length = this.#queues.slow.length = 0
    await Promise.all(this.#running)
  }

  /** Takes over what is followed; answers what nobody has asked for as it is now. */
  #take(sources: Iterable<FollowedSource>): Followed[] {
    const byRepository = Map.groupBy(sources, keyOf)
    for (const [key, source] of this.#followed) {
      if (byRepository.has(key)) continue
      source.cancel()
      this.#followed.delete(key)
      source.ended.resolve()
    }
    const fresh: Followed[] = []
    for (const [key, wanted] of byRepository) {
      const branches = new Map<string, { accept?: string | undefined }>()
      // Two tenants may share a branch: what one of them accepts is accepted.
      for (const { ref, accept } of wanted) branches.set(ref, { accept: accept ?? branches.get(ref)?.accept })
      const source = this.#followed.get(key) ?? newSource(wanted[0] as FollowedSource)
      const isNew = [...branches].some(([ref, { accept }]) => {
        const before = source.branches.get(ref)
        return !before || (accept !== undefined && before.accept !== accept)
      })
      if (isNew) fresh.push(source)
      source.branches = branches
      this.#followed.set(key, source)
    }
    return fresh
  }

  async #lookAt(source: Followed): Promise<void> {
    const hasBegun = source.state === 'asked'
    this.#want(source)
    await source.ended.promise
    if (hasBegun) await source.ended.promise
  }

  #want(source: Followed): void {
    if (source.state === 'asked') source.isWantedAgain = true
    if (source.state !== 'idle' || this.#closing.signal.aborted) return
    source.cancel()
    source.state = 'waiting'
    source.ended = Promise.withResolvers()
    this.#queues[source.lane].push(source)
    this.#pump()
  }

  #pump(): void {
    for (const lane of ['quick', 'slow'] as const) {
      while (this.#busy[lane] < lanes[lane].slots) {
        const source = this.#queues[lane].shift()
        if (!source) break
        if (this.#followed.get(keyOf(source.address)) !== source) continue
        this.#busy[lane]++
        const asked = this.#ask(source, lane).finally(() => {
          this.#busy[lane]--
          this.#running.delete(asked)
          this.#pump()
        })
        this.#running.add(asked)
      }
    }
  }

  async #ask(source: Followed, lane: Lane): Promise<void> {
    source.state = 'asked'
    source.isWantedAgain = false
    const { deadlineMs } = lanes[lane]
    const started = this.#parts.clock()
    let hasFailed = false
    let isTrouble = false
    for (const [ref, { accept }] of source.branches) {
      const options = { deadlineMs, approved: accept, signal: this.#closing.signal }
      const [told, isMoved] = await this.#parts.fetch({ ...source.address, ref }, options).then(
        (outcome): [Told, boolean] => [toldBy(outcome), outcome.kind === 'updated'],
        (error: unknown): [Told, boolean] => [{ kind: 'behind', cause: messageOf(error) }, false],
      )
      if (this.#closing.signal.aborted) return
      hasFailed ||= told.kind === 'behind'
      isTrouble ||= told.kind !== 'current'
      source.isNews ||= isMoved || JSON.stringify(told) !== JSON.stringify(source.told.get(ref))
      source.told.set(ref, told)
    }
    // A look at the tip may take a quarter of the time, and nobody waits for one who needs more in the quick lane.
    const isSlow = this.#parts.clock() - started >= lanes.quick.deadlineMs / 4
    const isToGoOn = lane === 'quick' && isSlow && hasFailed
    source.lane = isSlow ? 'slow' : 'quick'
    source.state = 'idle'
    if (isToGoOn) {
      source.state = 'waiting'
      this.#queues.slow.push(source)
      return
    }
    if (source.isNews) this.#parts.onNews()
    source.isNews = false
    // A history that is rewritten again and again would be fetched each time.
    source.failures = isTrouble ? source.failures + 1 : 0
    source.ended.resolve()
    if (source.isWantedAgain) this.#want(source)
    else source.cancel = this.#parts.later(this.#pause(source), () => this.#want(source))
  }

  /** With chance in it: a forge that comes back must not meet everybody at once. */
  #pause({ failures }: Followed): number {
    if (failures === 0) return pollMs * (0.9 + 0.2 * this.#parts.random())
    return Math.min(retry.most, retry.first * 2 ** (failures - 1)) * (0.5 + 0.5 * this.#parts.random())
  }
}

function keyOf({ url, credential }: Omit<SourceAddress, 'ref'>): string {
  return JSON.stringify([url, credential])
}

function newSource({ url, credential }: SourceAddress): Followed {
  return {
    address: { url, ...(credential !== undefined && { credential }) },
    branches: new Map(),
    told: new Map(),
    lane: 'quick',
    failures: 0,
    state: 'idle',
    isNews: false,
    isWantedAgain: false,
    cancel: () => {},
    ended: Promise.withResolvers(),
  }
}

function toldBy(outcome: FetchOutcome): Told {
  return outcome.kind === 'rewritten' ? { kind: 'rewritten', offered: outcome.offered } : { kind: 'current' }
}
