import { type ChildProcess, spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const root = join(import.meta.dirname, '..', '..')
const main = join(root, 'controller', 'main.ts')
const fleetFolders = ['tenants', 'workflows', 'connectors', 'policies', 'examples']

/** A temporary folder that goes away when the test does. */
export function temporaryFolder(): { path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'headwater-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true, maxRetries: 5 }) }
}

/** A copy of the starter fleet without git, as from an unpacked archive. */
export function copyStarterFleet(to: string): void {
  for (const folder of fleetFolders) cpSync(join(root, folder), join(to, folder), { recursive: true })
}

export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs `headwater` to its end. */
export async function headwater(args: readonly string[], env: Record<string, string> = {}): Promise<Finished> {
  const child = new ControllerProcess(args, env)
  const code = await child.ended
  return { code, stdout: child.stdout, stderr: child.stderr }
}

/** A running `headwater`, for tests that read what it prints while it runs. */
export class ControllerProcess implements AsyncDisposable {
  stdout = ''
  stderr = ''
  readonly child: ChildProcess
  readonly ended: Promise<number | null>
  #changed = Promise.withResolvers<void>()

  /** `fileBlocks`: how large one of its files may become, in blocks of 512 bytes; then writing fails as on a full disk. */
  constructor(args: readonly string[], env: Record<string, string> = {}, { fileBlocks }: { fileBlocks?: number } = {}) {
    const command = [process.execPath, main, ...args]
    const limited = ['sh', '-c', 'ulimit -f "$0"; exec "$@"', String(fileBlocks), ...command]
    const [program = '', ...rest] = fileBlocks === undefined ? command : limited
    this.child = spawn(program, rest, {
      env: { ...process.env, NO_COLOR: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => this.#add('stdout', text))
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => this.#add('stderr', text))
    this.ended = new Promise((done) => {
      this.child.on('close', (code) => {
        done(code)
        this.#wake()
      })
    })
  }

  /** Resolves with the text from the match on; fails where the process ends before. */
  async printed(pattern: RegExp, withinMs = 40_000): Promise<RegExpExecArray> {
    const late = AbortSignal.timeout(withinMs)
    late.addEventListener('abort', () => this.#wake(), { once: true })
    for (;;) {
      const found = pattern.exec(this.stdout)
      if (found) return found
      if (late.aborted) throw new Error(`did not print ${pattern} within ${withinMs} ms:\n${this.stdout}${this.stderr}`)
      if (this.child.exitCode !== null || this.child.signalCode !== null)
        throw new Error(`ended without printing ${pattern}:\n${this.stdout}${this.stderr}`)
      await this.#changed.promise
    }
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    this.child.kill(signal)
    await this.ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) await this.kill()
  }

  #add(stream: 'stdout' | 'stderr', text: string): void {
    this[stream] += text
    this.#wake()
  }

  #wake(): void {
    const { resolve } = this.#changed
    this.#changed = Promise.withResolvers<void>()
    resolve()
  }
}

export function stateFile(state: string, name: string): string {
  return readFileSync(join(state, name), 'utf8').trim()
}

/** Until no run of the controller on that state folder is at work or about to be. */
export async function untilSettled(state: string): Promise<void> {
  const headers = { authorization: `Bearer ${stateFile(state, 'token')}` }
  // Twice, because a run may go from one to the other between two questions.
  for (const word of ['queued', 'running', 'queued', 'running'])
    for (;;) {
      const answer = await fetch(`${stateFile(state, 'url')}/v1/runs?state=${word}&limit=1`, { headers })
      if (((await answer.json()) as { runs: unknown[] }).runs.length === 0) break
      await new Promise((done) => setTimeout(done, 100))
    }
}
