import type { Json } from '../model/values.ts'
import type { MemberKey } from './list-rule.ts'

/** Where a member wants to stand. Anchors are the choices in order; the first one that exists counts. */
export type Place =
  | { readonly side: 'after' | 'before'; readonly anchors: readonly Anchor[]; readonly required: boolean }
  | { readonly side: 'first' | 'last' }
export interface Anchor {
  readonly key: MemberKey
  readonly shown: Json
}

export interface Placed {
  readonly key: MemberKey
  readonly place: Place
}

/** How an anchored member came out when its first choice was gone. */
export interface LostAnchor {
  readonly key: MemberKey
  readonly wanted: Anchor
  readonly used?: Anchor
  readonly required: boolean
  readonly cause: 'gone' | 'cycle'
}

/** Places each wanted member behind the nearest predecessor on its side that is known or wanted too; first iff there is none. */
export function placeBehind(
  side: Iterable<MemberKey>,
  wanted: ReadonlySet<MemberKey>,
  known: { has(key: MemberKey): boolean },
): readonly Placed[] {
  const placed: Placed[] = []
  let anchors: readonly Anchor[] = []
  for (const key of side) {
    const isWanted = wanted.has(key)
    if (isWanted)
      placed.push({
        key,
        place: anchors.length === 0 ? { side: 'first' } : { side: 'after', anchors, required: false },
      })
    if (isWanted || known.has(key)) anchors = [{ key, shown: key }]
  }
  return placed
}

interface Node {
  readonly key: MemberKey | undefined
  previous: Node
  next: Node
}

/**
 * Puts members into a list of keys. `standing` keeps its order; each of `placed` goes directly beside its anchor,
 * members with the same anchor in the order in which they are given. An anchor may itself be one of `placed`.
 */
export function placeMembers(
  standing: readonly MemberKey[],
  placed: readonly Placed[],
): { readonly order: readonly MemberKey[]; readonly lost: readonly LostAnchor[] } {
  const list = new Chain(standing)
  const waiting = new Map(placed.map((item) => [item.key, item]))
  const lost: LostAnchor[] = []
  for (const first of placed) {
    const stack = [first]
    const open = new Set<MemberKey>()
    for (let item = stack.at(-1); item !== undefined; item = stack.at(-1)) {
      if (!waiting.has(item.key)) {
        stack.pop()
        continue
      }
      open.add(item.key)
      const { place } = item
      if (!('anchors' in place)) list.atEnd(item.key, place.side)
      else {
        const anchor = place.anchors.find(({ key }) => list.has(key) || (waiting.has(key) && !open.has(key)))
        const needed = anchor && waiting.get(anchor.key)
        if (needed) {
          stack.push(needed)
          continue
        }
        if (anchor) list.beside(item.key, anchor.key, place.side)
        else list.atEnd(item.key, 'last')
        const wanted = place.anchors[0]
        if (wanted && wanted !== anchor) {
          const cause = open.has(wanted.key) ? 'cycle' : 'gone'
          lost.push({ key: item.key, wanted, ...(anchor && { used: anchor }), required: place.required, cause })
        }
      }
      waiting.delete(item.key)
      stack.pop()
    }
  }
  return { order: list.keys(), lost }
}

class Chain {
  readonly #nodes = new Map<MemberKey, Node>()
  readonly #ends: Node
  /** The last member placed after a node: the next one with the same anchor stands behind it. */
  readonly #tails = new Map<Node, Node>()

  constructor(keys: readonly MemberKey[]) {
    const ends = { key: undefined } as Node
    ends.previous = ends
    ends.next = ends
    this.#ends = ends
    for (const key of keys) this.#insert(key, ends.previous)
  }

  has(key: MemberKey): boolean {
    return this.#nodes.has(key)
  }

  atEnd(key: MemberKey, side: 'first' | 'last'): void {
    if (side === 'last') this.#insert(key, this.#ends.previous)
    else this.#after(key, this.#ends)
  }

  beside(key: MemberKey, anchor: MemberKey, side: 'after' | 'before'): void {
    const node = this.#nodes.get(anchor) as Node
    if (side === 'after') this.#after(key, node)
    else this.#insert(key, node.previous)
  }

  keys(): MemberKey[] {
    const keys: MemberKey[] = []
    for (let node = this.#ends.next; node.key !== undefined; node = node.next) keys.push(node.key)
    return keys
  }

  #after(key: MemberKey, anchor: Node): void {
    let tail = anchor
    for (let next = this.#tails.get(tail); next !== undefined; next = this.#tails.get(tail)) tail = next
    this.#tails.set(anchor, this.#insert(key, tail))
  }

  #insert(key: MemberKey, previous: Node): Node {
    const node: Node = { key, previous, next: previous.next }
    previous.next.previous = node
    previous.next = node
    this.#nodes.set(key, node)
    return node
  }
}
