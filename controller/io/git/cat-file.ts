import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { GitError } from './git-error.ts'

/** One answer: null where there is no such object; `body` is null where only facts were asked for or it was over the limit. */
export type CatAnswer = {
  readonly oid: string
  readonly type: string
  readonly size: number
  readonly body: Uint8Array | null
} | null

interface Batch {
  readonly count: number
  readonly limit: number
  readonly contents: boolean
  readonly answers: CatAnswer[]
  resolve(answers: CatAnswer[]): void
  reject(reason: GitError): void
}

interface OpenBody {
  readonly oid: string
  readonly type: string
  readonly size: number
  /** Null where the contents are let pass. */
  readonly body: Buffer | null
  filled: number
}

/** Milliseconds without a byte from git, while an answer is due. */
const silenceLimit = 60_000

/** Speaks to one `git cat-file --batch-command --buffer` child. Answers come in the order of the questions. */
export class CatFile {
  readonly #child: ChildProcessWithoutNullStreams
  readonly #queue: Batch[] = []
  #head: Buffer = Buffer.alloc(0)
  #body: OpenBody | null = null
  #failure: GitError | null = null
  #said = ''
  #silence: NodeJS.Timeout | undefined

  constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child
    child.stdout.on('data', (chunk: Buffer) => this.#take(chunk))
    child.stderr.on('data', (chunk: Buffer) => (this.#said = (this.#said + chunk.toString()).slice(-2_000)))
    child.stdin.on('error', () => {})
    child.once('error', (cause) => this.#fail(new GitError('repository-unreadable', 'git cannot be started.', cause)))
    child.once('close', () =>
      this.#fail(new GitError('repository-unreadable', 'git stopped while reading objects.', new Error(this.#said))),
    )
    this.#hold(false)
  }

  get failed(): boolean {
    return this.#failure !== null
  }

  /** Type and size of each name; names must be free of line ends. */
  facts(names: readonly string[]): Promise<CatAnswer[]> {
    return this.#ask(names, false, 0)
  }

  /** Contents of each id; bodies over `limit` bytes are let pass by unread. */
  contents(oids: readonly string[], limit: number): Promise<CatAnswer[]> {
    return this.#ask(oids, true, limit)
  }

  #ask(names: readonly string[], contents: boolean, limit: number): Promise<CatAnswer[]> {
    if (names.length === 0) return Promise.resolve([])
    if (this.#failure !== null) return Promise.reject(this.#failure)
    const command = contents ? 'contents ' : 'info '
    return new Promise((resolve, reject) => {
      this.#queue.push({ count: names.length, limit, contents, answers: [], resolve, reject })
      if (this.#queue.length === 1) this.#hold(true)
      this.#child.stdin.write(`${command}${names.join(`\n${command}`)}\nflush\n`)
    })
  }

  /** Ends the child. Open questions are rejected. */
  close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return Promise.resolve()
    const ended = new Promise<void>((resolve) => this.#child.once('close', () => resolve()))
    this.#hold(true)
    this.#child.stdin.end()
    setTimeout(() => this.#child.kill('SIGKILL'), 1_000).unref()
    return ended
  }

  // An idle child must not keep a command alive whose author forgot to close it.
  #hold(isBusy: boolean): void {
    for (const handle of [
      this.#child,
      this.#child.stdin,
      this.#child.stdout,
      this.#child.stderr,
    ] as unknown as NodeJS.Timeout[]) {
      if (isBusy) handle.ref()
      else handle.unref()
    }
    clearTimeout(this.#silence)
    if (isBusy) this.#silence = setTimeout(() => this.#child.kill('SIGKILL'), silenceLimit)
  }

  #fail(reason: GitError): void {
    this.#failure ??= reason
    clearTimeout(this.#silence)
    for (const batch of this.#queue.splice(0)) batch.reject(this.#failure)
  }

  #take(chunk: Buffer): void {
    this.#silence?.refresh()
    let at = 0
    while (at < chunk.length) {
      if (this.#body !== null) at = this.#takeBody(chunk, this.#body, at)
      else {
        const end = chunk.indexOf(0x0a, at)
        if (end < 0) {
          this.#head = Buffer.concat([this.#head, chunk.subarray(at)])
          return
        }
        const line =
          this.#head.length === 0
            ? chunk.toString('latin1', at, end)
            : Buffer.concat([this.#head, chunk.subarray(at, end)]).toString()
        if (this.#head.length > 0) this.#head = Buffer.alloc(0)
        at = end + 1
        this.#takeLine(line)
      }
    }
  }

  #takeLine(line: string): void {
    const batch = this.#queue[0]
    // `NAME missing` and `NAME ambiguous` have no body, and names may hold anything but a line end.
    const afterType = line.indexOf(' ', 41)
    const size = afterType < 0 ? Number.NaN : Number(line.slice(afterType + 1))
    if (batch === undefined || line[40] !== ' ' || Number.isNaN(size)) {
      this.#answer(null)
      return
    }
    const oid = line.slice(0, 40)
    const type = line.slice(41, afterType)
    if (!batch.contents) this.#answer({ oid, type, size, body: null })
    // Small ones share a piece of memory: one of their own each would take longer than all else about them.
    else this.#body = { oid, type, size, body: size <= batch.limit ? Buffer.allocUnsafe(size) : null, filled: 0 }
  }

  /** Takes what belongs to the open body and the line end behind it; answers the next position. */
  #takeBody(chunk: Buffer, open: OpenBody, at: number): number {
    const missing = open.size - open.filled
    const taken = Math.min(missing, chunk.length - at)
    // A copy: a part of the chunk would keep the whole chunk in memory.
    if (open.body !== null) chunk.copy(open.body, open.filled, at, at + taken)
    open.filled += taken
    if (taken < missing || at + taken === chunk.length) return at + taken
    this.#body = null
    this.#answer(open)
    return at + taken + 1
  }

  #answer(answer: CatAnswer): void {
    const batch = this.#queue[0]
    if (batch === undefined) return
    batch.answers.push(answer)
    if (batch.answers.length < batch.count) return
    this.#queue.shift()
    if (this.#queue.length === 0) this.#hold(false)
    batch.resolve(batch.answers)
  }
}
