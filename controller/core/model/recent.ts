/** Values by key; of more than `most` the one that was used longest ago goes. */
export class Recent<Key, Value> {
  readonly #most: number
  readonly #onGone: (key: Key) => void
  readonly #values = new Map<Key, Value>()

  constructor(most: number, onGone: (key: Key) => void = () => {}) {
    this.#most = most
    this.#onGone = onGone
  }

  /** The value of the key, made where there is none. What is undefined is not kept. */
  of(key: Key, make: () => Value): Value {
    const known = this.#values.get(key)
    if (known !== undefined) {
      this.#values.delete(key)
      this.#values.set(key, known)
      return known
    }
    const value = make()
    if (value !== undefined) this.#values.set(key, value)
    for (const oldest of this.#values.keys()) {
      if (this.#values.size <= this.#most) break
      this.#values.delete(oldest)
      this.#onGone(oldest)
    }
    return value
  }
}
