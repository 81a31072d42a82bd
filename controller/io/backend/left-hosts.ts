import { readFileSync, writeFileSync } from 'node:fs'

/**
 * Ends hosts that outlived their controller. A host ends with its channel; one that is stuck in a loop when its controller is
 * killed does not see that, and might act years later. Their ids stand in a file; a process counts as a host only where its
 * command line says so, because ids are given out again. Elsewhere than on Linux nobody can be asked for that.
 */
export class LeftHosts {
  readonly #file: string | undefined
  readonly #entry: string

  constructor(file: string | undefined, entry: string) {
    this.#file = file
    this.#entry = entry
    for (const pid of this.#read()) if (this.#isHost(pid)) process.kill(pid, 'SIGKILL')
  }

  write(pids: readonly number[]): void {
    if (this.#file !== undefined) writeFileSync(this.#file, `${pids.join('\n')}\n`, { mode: 0o600 })
  }

  #read(): number[] {
    try {
      return this.#file === undefined ? [] : readFileSync(this.#file, 'utf8').split('\n').map(Number).filter(Boolean)
    } catch {
      return []
    }
  }

  #isHost(pid: number): boolean {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(this.#entry)
    } catch {
      return false
    }
  }
}
