import { closeSync, constants, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'

const intervalMs = 1_000
const width = 20

/**
 * How far the database had come, kept beside it: a database that is behind its mark has lost what was acknowledged.
 * It is written after each commit and before that commit is acknowledged, so it is never ahead, and a killed process leaves it
 * exact. Only the power can make it lag: the disk is waited for once a second.
 */
export class HighWaterMark {
  readonly #path: string
  #file: number | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(folder: string) {
    this.#path = join(folder, 'high-water-mark')
  }

  read(): number {
    try {
      return Number.parseInt(readFileSync(this.#path, 'utf8'), 10) || 0
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0
      throw error
    }
  }

  reach(sequence: number): void {
    try {
      this.#file ??= openSync(this.#path, constants.O_WRONLY | constants.O_CREAT, 0o600)
      // In place and always of one length: it lies within one sector, so no power cut leaves half a number.
      writeSync(this.#file, `${String(sequence).padStart(width, '0')}\n`, 0)
      this.#timer ??= setTimeout(() => this.#sync(), intervalMs).unref()
    } catch {
      // The commits are safe without it; where the disk is full the next commit says so itself.
    }
  }

  close(): void {
    if (this.#timer !== undefined) this.#sync()
    if (this.#file !== undefined) closeSync(this.#file)
    this.#file = undefined
  }

  #sync(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    try {
      if (this.#file !== undefined) fsyncSync(this.#file)
    } catch {
      // As above.
    }
  }
}
