/**
 * Values by key; of more than `most` those go that were used longest ago. Use is told in halves: a value of the older half
 * moves to the newer one, and when that is full the older one goes. Moving each value at each use takes ten times as long.
 */
export class Recent<Key, Value> {
  readonly #half: number
  readonly #onGone: (key: Key) => void
  #newer = new Map<Key, Value>()
  #older = new Map<Key, Value>()

  constructor(most: number, onGone: (key: Key) => void = () => {}) {
    this.#half = Math.ceil(most / 2)
    this.#onGone = onGone
  }

  /** The value of the key, made where there is none. What is undefined is not kept. */
  of(key: Key, make: () => Value): Value {
    const known = this.#newer.get(key)
    if (known !== undefined) return known
    const old = this.#older.get(key)
    if (old !== undefined) this.#older.delete(key)
    const value = old ?? make()
    if (value === undefined) return value
    this.#newer.set(key, value)
    if (this.#newer.size >= this.#half) this.#age()
    return value
  }

  #age(): void {
    const gone = this.#older
    this.#older = this.#newer
    this.#newer = new Map()
    for (const key of gone.keys()) this.#onGone(key)
  }
}
