import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { join } from 'node:path'

const intervalMs = 1_000

/**
 * How far the database had come, kept beside it: a database that is behind its mark has lost what was acknowledged.
 * It is written after commits, at most once a second, so it may lag and is never ahead.
 */
export class HighWaterMark {
  readonly #file: string
  #written = 0
  #reached = 0
  #timer: NodeJS.Timeout | undefined

  constructor(folder: string) {
    this.#file = join(folder, 'high-water-mark')
  }

  read(): number {
    try {
      return Number.parseInt(readFileSync(this.#file, 'utf8'), 10) || 0
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0
      throw error
    }
  }

  reach(sequence: number): void {
    this.#reached = sequence
    this.#timer ??= setTimeout(() => this.#write(), intervalMs).unref()
  }

  close(): void {
    if (this.#reached > this.#written) this.#write()
    clearTimeout(this.#timer)
  }

  #write(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const draft = `${this.#file}.new`
    try {
      const file = openSync(draft, 'w')
      writeSync(file, `${this.#reached}\n`)
      fsyncSync(file)
      closeSync(file)
      renameSync(draft, this.#file)
      this.#written = this.#reached
    } catch {
      // The commits are safe without it; where the disk is full the next commit says so itself.
    }
  }
}
