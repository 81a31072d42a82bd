import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { GitError } from './git-error.ts'
import { checkedRef } from './revision-name.ts'

/** Milliseconds after which a lock belongs to a process that died: it is held for one write only. */
const staleLockMs = 60_000

/**
 * Moves a ref of a repository of our own from one commit to another; false where it points elsewhere by now, or somebody
 * holds its lock. Git's own protocol (`.lock`, compare, rename), so that git and a second process may write as well.
 * `previous` is null for a ref that must not exist yet.
 */
export function swapRef(gitdir: string, ref: string, next: string, previous: string | null): boolean {
  const path = join(gitdir, checkedRef(ref))
  const lock = `${path}.lock`
  mkdirSync(dirname(path), { recursive: true })
  const handle = takeLock(lock)
  if (handle === null) return false
  let isDone = false
  try {
    if (readRef(gitdir, ref) !== previous) return false
    writeSync(handle, `${next}\n`)
    fsyncSync(handle)
    renameSync(lock, path)
    isDone = true
    return true
  } catch (cause) {
    throw new GitError('repository-unreadable', `The ref ${ref} cannot be written.`, cause)
  } finally {
    closeSync(handle)
    if (!isDone) rmSync(lock, { force: true })
  }
}

/** The id a ref of a repository of our own holds; null where there is none. Symbolic refs are not followed. */
export function readRef(gitdir: string, ref: string): string | null {
  const loose = textOf(join(gitdir, checkedRef(ref)))?.trim()
  if (loose !== undefined) return loose
  const packed = textOf(join(gitdir, 'packed-refs')) ?? ''
  const line = packed.split('\n').find((text) => text.endsWith(` ${ref}`))
  return line === undefined ? null : line.slice(0, 40)
}

export function takeLock(lock: string): number | null {
  for (const isLast of [false, true]) {
    try {
      return openSync(lock, 'wx')
    } catch (cause) {
      if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST'))
        throw new GitError('repository-unreadable', 'The repository of the controller cannot be written.', cause)
      const age = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? 0)
      if (isLast || age < staleLockMs) return null
      rmSync(lock, { force: true })
    }
  }
  return null
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
