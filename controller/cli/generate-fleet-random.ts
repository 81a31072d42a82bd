/** Numbers that follow from a seed alone: the same seed, the same fleet, on every machine. */
export interface Random {
  /** 0 ≤ n < limit. */
  below(limit: number): number
  chance(share: number): boolean
  pick<T>(items: readonly T[]): T
  /** Different members of a list, in random order. */
  some<T>(items: readonly T[], count: number): T[]
  hex(digits: number): string
}

export function createRandom(seed: number): Random {
  let state = seed | 0
  // Mulberry32: 32 bits of state are plenty for names and coin flips.
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  const below = (limit: number): number => next() % limit
  const some = <T>(items: readonly T[], count: number): T[] => {
    const rest = [...items]
    const taken: T[] = []
    while (taken.length < count && rest.length > 0) taken.push(...rest.splice(below(rest.length), 1))
    return taken
  }
  return {
    below,
    some,
    chance: (share) => next() < share * 2 ** 32,
    pick: (items) => items[below(items.length)] as (typeof items)[number],
    hex: (digits) => {
      let text = ''
      while (text.length < digits) text += next().toString(16).padStart(8, '0')
      return text.slice(0, digits)
    },
  }
}

/**
 * Deals a deck again and again, shuffled each time, so that shares of tags come out right for a few customers as for
 * many thousands.
 */
export function createDeck<T>(random: Random, cards: readonly T[]): () => T {
  let rest: T[] = []
  return () => {
    if (rest.length === 0) rest = random.some(cards, cards.length)
    return rest.pop() as T
  }
}
