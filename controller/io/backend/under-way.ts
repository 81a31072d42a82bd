/** Work that was begun and not awaited: whoever closes waits here until none is left, that which came meanwhile included. */
export class UnderWay {
  readonly #all = new Set<Promise<void>>()

  get isNone(): boolean {
    return this.#all.size === 0
  }

  /** `work` deals with its own failures: one that fails here fails `settled`. */
  add(work: Promise<void>): void {
    this.#all.add(work)
    void work.finally(() => this.#all.delete(work))
  }

  async settled(): Promise<void> {
    while (this.#all.size > 0) await Promise.all(this.#all)
  }
}
