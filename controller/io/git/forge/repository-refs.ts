import { closeSync, fsyncSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { GitError } from '../git-error.ts'
import { swapRef, takeLock } from '../ref-swap.ts'
import { checkedRef } from '../revision-name.ts'
import { PackedRefsFile } from './packed-refs.ts'

export interface RefMove {
  readonly ref: string
  /** Null removes the ref. */
  readonly next: string | null
  /** What the ref must hold now; null: it must not exist. */
  readonly previous: string | null
}

/** From this many on, one file for all is faster than one flushed file each. */
const packFrom = 8

/** The refs of a repository that others write too. Every move compares first, under git's own locks. */
export class RepositoryRefs {
  readonly #commonDir: string
  readonly #packed: PackedRefsFile

  constructor(commonDir: string) {
    this.#commonDir = commonDir
    this.#packed = new PackedRefsFile(commonDir)
    const config = textOf(join(commonDir, 'config')) ?? ''
    if (/^\s*refstorage\s*=\s*reftable/im.test(config))
      throw new GitError(
        'repository-unreadable',
        'The repository keeps its refs in a reftable, where pull requests cannot be kept.',
      )
  }

  /** The commit a ref points to; null where there is none. */
  read(ref: string): string | null {
    return textOf(join(this.#commonDir, checkedRef(ref)))?.trim() ?? this.#packed.read().get(ref)
  }

  /** Whether a ref of this name can be made: git allows no `a` beside `a/b`. */
  isFree(ref: string): boolean {
    const packed = this.#packed.read()
    const isFolder = statSync(join(this.#commonDir, ref), { throwIfNoEntry: false })?.isDirectory() ?? false
    if (isFolder || packed.hasBelow(ref)) return false
    const parts = ref.split('/')
    for (let length = 3; length <= parts.length; length++)
      if (this.read(parts.slice(0, length).join('/')) !== null) return false
    return true
  }

  /** False where the ref holds another commit by now, or somebody is writing it. */
  swap(ref: string, next: string, previous: string | null): boolean {
    try {
      return swapRef(this.#commonDir, ref, next, previous)
    } catch (cause) {
      throw cause instanceof GitError
        ? cause
        : new GitError('repository-unreadable', `The ref ${ref} cannot be written.`, cause)
    }
  }

  /** Tells of each move whether it was made. */
  move(moves: readonly RefMove[]): boolean[] {
    const canBeLoose = moves.length < packFrom && moves.every(({ next }) => next !== null)
    if (canBeLoose) return moves.map(({ ref, next, previous }) => this.swap(ref, next as string, previous))
    const locks = moves.map(({ ref }) => this.#lock(join(this.#commonDir, checkedRef(ref))))
    try {
      const isFitting = moves.map(({ ref, previous }, i) => locks[i] !== null && this.read(ref) === previous)
      const changes = new Map(moves.flatMap(({ ref, next }, i) => (isFitting[i] ? [[ref, next] as const] : [])))
      if (changes.size === 0 || !this.#pack(changes)) return moves.map(() => false)
      // Only now: a loose ref hides the packed one, so that until here nothing has changed for a reader.
      for (const ref of changes.keys()) rmSync(join(this.#commonDir, ref), { force: true })
      for (const [ref, next] of changes) if (next === null) rmSync(join(this.#commonDir, 'logs', ref), { force: true })
      return isFitting
    } finally {
      for (const lock of locks) if (lock !== null) rmSync(lock, { force: true })
    }
  }

  #pack(changes: ReadonlyMap<string, string | null>): boolean {
    const path = this.#packed.path
    const lock = `${path}.lock`
    const handle = takeLock(lock)
    if (handle === null) return false
    let isDone = false
    try {
      writeSync(handle, this.#packed.read().textWith(changes))
      fsyncSync(handle)
      renameSync(lock, path)
      isDone = true
      return true
    } catch (cause) {
      throw new GitError('repository-unreadable', 'The refs of the repository cannot be written.', cause)
    } finally {
      closeSync(handle)
      if (!isDone) rmSync(lock, { force: true })
    }
  }

  /** The path of the lock; null where somebody else holds it. */
  #lock(path: string): string | null {
    try {
      mkdirSync(dirname(path), { recursive: true })
    } catch (cause) {
      throw new GitError(
        'repository-unreadable',
        `The ref ${path.slice(this.#commonDir.length + 1)} cannot be written.`,
        cause,
      )
    }
    const handle = takeLock(`${path}.lock`)
    if (handle === null) return null
    closeSync(handle)
    return `${path}.lock`
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
