import { watch } from 'chokidar'
import { messageOf } from './git-error.ts'
import type { Hint } from './fleet-source.ts'

export interface HintOptions {
  /** Files and folders to watch; none where only the timer serves. */
  readonly paths: readonly string[]
  /** Reported once at the start, where a caller chose not to watch something. */
  readonly unwatched?: string
  /** Text that differs whenever there is something new to see. May throw: that counts as nothing new. */
  fingerprint(): Promise<string>
  /** Milliseconds between two fingerprints. */
  readonly pollMs: number
  onHint(hint: Hint): void
  /** Starts the watcher; chokidar unless told. */
  readonly start?: typeof watch
}

/** Milliseconds of silence after which a burst of events becomes one hint, and the longest a hint is held back. */
const quietMs = 50
const heldMs = 500
/** The timer may use one part in so many of the time: a slow comparison is made less often. */
const idleShare = 20

/**
 * Watches and compares. Events may be lost without a word (a full queue in the kernel), so the timer compares as well;
 * where watching fails, the timer alone goes on and a hint of kind `polling` says why. Resolves once changes are seen.
 */
export async function watchForHints(options: HintOptions): Promise<() => Promise<void>> {
  const { paths, pollMs } = options
  let isStopped = false
  let last = await options.fingerprint().catch(() => '')
  const settle = debounced(() => options.onHint({ kind: 'changed', reason: 'watcher' }))
  const watcher =
    paths.length === 0
      ? null
      : (options.start ?? watch)([...paths], { ignoreInitial: true, followSymlinks: false, ignored: isLock })
  let watching = watcher !== null

  const giveUp = (reason: string): void => {
    if (!watching || isStopped) return
    watching = false
    void watcher?.close()
    options.onHint({ kind: 'polling', reason })
  }
  // Without this listener a full table of watches (ENOSPC) arrives as an uncaught error.
  watcher?.on('error', (error) => giveUp(`Watching failed, comparing every ${pollMs} ms instead: ${messageOf(error)}`))
  watcher?.on('all', () => settle.touch())
  const ready = new Promise<void>((resolve) => {
    if (watcher === null) resolve()
    watcher?.once('ready', resolve)
    watcher?.once('error', () => resolve())
  })

  let timer: NodeJS.Timeout
  const compare = async (): Promise<void> => {
    const started = performance.now()
    const now = await options.fingerprint().catch(() => last)
    if (isStopped) return
    if (now !== last) {
      last = now
      options.onHint({ kind: 'changed', reason: 'timer' })
    }
    schedule(Math.max(pollMs, (performance.now() - started) * idleShare))
  }
  const schedule = (ms: number): void => {
    timer = setTimeout(() => void compare(), ms)
    timer.unref()
  }

  await ready
  if (options.unwatched !== undefined) options.onHint({ kind: 'polling', reason: options.unwatched })
  schedule(pollMs)
  return async () => {
    isStopped = true
    clearTimeout(timer)
    settle.stop()
    await watcher?.close()
  }
}

function isLock(path: string): boolean {
  return path.endsWith('.lock')
}

function debounced(act: () => void): { touch(): void; stop(): void } {
  let timer: NodeJS.Timeout | undefined
  let since = 0
  return {
    touch() {
      const now = performance.now()
      if (timer === undefined) since = now
      else if (now - since > heldMs) return
      clearTimeout(timer)
      timer = setTimeout(() => {
        timer = undefined
        act()
      }, quietMs)
    },
    stop() {
      clearTimeout(timer)
    },
  }
}
