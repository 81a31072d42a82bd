import type { MemberIndex, MemberKey } from './list-rule.ts'

export interface OrderInput {
  /** The members that survive, as they stand on each side. */
  readonly ours: readonly MemberKey[]
  readonly theirs: readonly MemberKey[]
  /** Every member's place on each side. */
  readonly base: MemberIndex
  readonly oursIndex: MemberIndex
  readonly theirsIndex: MemberIndex
}

export interface MergedOrder {
  readonly order: readonly MemberKey[]
  /** Ambiguous: both sides inserted at one place. Contradictory: no order respects both sides. */
  readonly verdict: 'clear' | 'ambiguous' | 'contradictory'
}

/**
 * x stands before y iff both sides say so, or the only side that has both, or the only side that differs from base.
 *
 * Members on both sides form the spine. Every other member has exactly one gap of the spine that respects its own side,
 * or none. Where the sides disagree about the spine, each pair is voted on; pairs that no vote decides, cycles, and
 * members without a gap are contradictions, and then the preferred side's order counts.
 */
export function mergeOrder(input: OrderInput, prefer: 'ours' | 'theirs'): MergedOrder {
  const agreed = zip(input, prefer)
  if (agreed) return agreed
  const oursShared = input.ours.filter((key) => input.theirsIndex.has(key))
  const theirsShared = input.theirs.filter((key) => input.oursIndex.has(key))
  const spine = voteOrder(oursShared, theirsShared, input.base)
  const merged = spine && fillGaps(spine, input, prefer, 'strict')
  if (merged) return merged
  const preferred = prefer === 'ours' ? oursShared : theirsShared
  return { order: fillGaps(preferred, input, prefer, 'loose')?.order ?? preferred, verdict: 'contradictory' }
}

/** The usual case, where the sides agree about the spine: one pass. Undefined iff they do not. */
function zip({ ours, theirs, oursIndex, theirsIndex }: OrderInput, prefer: 'ours' | 'theirs'): MergedOrder | undefined {
  const order: MemberKey[] = []
  let verdict: MergedOrder['verdict'] = 'clear'
  let [x, y] = [0, 0]
  for (;;) {
    while (x < ours.length && ours[x] === theirs[y]) {
      order.push(ours[x] as MemberKey)
      x++
      y++
    }
    const [startX, startY] = [x, y]
    while (x < ours.length && !theirsIndex.has(ours[x] as MemberKey)) x++
    while (y < theirs.length && !oursIndex.has(theirs[y] as MemberKey)) y++
    if (x > startX && y > startY) verdict = 'ambiguous'
    if (prefer === 'theirs') for (let at = startY; at < y; at++) order.push(theirs[at] as MemberKey)
    for (let at = startX; at < x; at++) order.push(ours[at] as MemberKey)
    if (prefer === 'ours') for (let at = startY; at < y; at++) order.push(theirs[at] as MemberKey)
    if (ours[x] !== theirs[y]) return undefined
    if (x === ours.length) return { order, verdict }
  }
}

/** Undefined iff, strictly, a member must stand behind one neighbour and before another that the spine has swapped. */
function fillGaps(
  spine: readonly MemberKey[],
  { ours, theirs }: OrderInput,
  prefer: 'ours' | 'theirs',
  fit: 'strict' | 'loose',
): MergedOrder | undefined {
  const place = new Map(spine.map((key, at) => [key, at]))
  const ourGaps = gapsOf(ours, place, fit)
  const theirGaps = gapsOf(theirs, place, fit)
  if (!ourGaps || !theirGaps) return undefined
  const [first, second] = prefer === 'ours' ? [ourGaps, theirGaps] : [theirGaps, ourGaps]
  const order: MemberKey[] = []
  let verdict: MergedOrder['verdict'] = 'clear'
  for (let gap = 0; gap <= spine.length; gap++) {
    const before = first.get(gap)
    const after = second.get(gap)
    if (before && after) verdict = 'ambiguous'
    if (before) order.push(...before)
    if (after) order.push(...after)
    if (gap < spine.length) order.push(spine[gap] as MemberKey)
  }
  return { order, verdict }
}

function gapsOf(
  side: readonly MemberKey[],
  place: ReadonlyMap<MemberKey, number>,
  fit: 'strict' | 'loose',
): ReadonlyMap<number, MemberKey[]> | undefined {
  const gaps = new Map<number, MemberKey[]>()
  let passed = 0
  let furthest = -1
  let previous = -1
  for (const key of side) {
    const at = place.get(key)
    if (at !== undefined) {
      passed++
      furthest = Math.max(furthest, at)
      previous = at
      continue
    }
    if (fit === 'strict' && furthest !== passed - 1) return undefined
    const gap = previous + 1
    const block = gaps.get(fit === 'strict' ? passed : gap)
    if (block) block.push(key)
    else gaps.set(fit === 'strict' ? passed : gap, [key])
  }
  return gaps
}

/**
 * The order that wins every pair's vote; undefined where a pair is undecided or the votes go round in a circle.
 * Every pair has a winner, so the order exists iff no two members have the same number of members before them.
 * Members that stand together on all sides vote as one: what counts is how much was moved, not how long the list is.
 */
function voteOrder(
  ours: readonly MemberKey[],
  theirs: readonly MemberKey[],
  base: MemberIndex,
): MemberKey[] | undefined {
  const theirRank = new Map(theirs.map((key, at) => [key, at]))
  const baseRank = new Map([...base.keys()].filter((key) => theirRank.has(key)).map((key, at) => [key, at]))
  const runs: MemberKey[][] = []
  for (const key of ours) {
    const run = runs.at(-1)
    const last = run?.at(-1)
    if (run && last !== undefined && follows(theirRank, last, key) && follows(baseRank, last, key)) run.push(key)
    else runs.push([key])
  }
  const their = Int32Array.from(runs, (run) => theirRank.get(run[0] as MemberKey) as number)
  const old = Int32Array.from(runs, (run) => baseRank.get(run[0] as MemberKey) ?? -1)
  const before = new Int32Array(runs.length)
  for (let x = 0; x < runs.length; x++) {
    for (let y = x + 1; y < runs.length; y++) {
      const agree = (their[x] as number) < (their[y] as number)
      if (!agree && (old[x] === -1 || old[y] === -1)) return undefined
      // Ours has x first. Where theirs has y first, the side that left base's order has moved something and wins.
      if (agree || (old[x] as number) > (old[y] as number)) before[y]!++
      else before[x]!++
    }
  }
  const order: (MemberKey[] | undefined)[] = runs.map(() => undefined)
  for (let x = 0; x < runs.length; x++) {
    if (order[before[x] as number] !== undefined) return undefined
    order[before[x] as number] = runs[x]
  }
  return (order as MemberKey[][]).flat()
}

/** Both unranked also counts: then no third member can tell them apart. */
function follows(rank: ReadonlyMap<MemberKey, number>, first: MemberKey, second: MemberKey): boolean {
  const at = rank.get(first)
  return at === undefined ? !rank.has(second) : rank.get(second) === at + 1
}
