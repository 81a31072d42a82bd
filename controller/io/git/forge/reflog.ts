import { appendFileSync, existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { signature } from './commit-object.ts'
import type { Person } from './forge.ts'

/** What is noted of a branch that moved, for `git reflog`. */
export interface RefTrace {
  readonly commonDir: string
  readonly ref: string
  /** Null for the first commit of a branch. */
  readonly from: string | null
  readonly to: string
  readonly by: Person
  /** Milliseconds since 1970. */
  readonly at: number
  readonly reason: string
}

/** Notes a move for the branch and for the HEAD that names it, where the repository keeps such notes. */
export function appendReflog(gitdir: string, { commonDir, ref, from, to, by, at, reason }: RefTrace): void {
  const head = join(gitdir, 'logs/HEAD')
  // A first commit makes the notes, as git does; a repository that has history without notes was told to keep none.
  if (from !== null && !existsSync(head)) return
  const line = `${from ?? '0'.repeat(40)} ${to} ${signature(by)} ${Math.floor(at / 1000)} +0000\t${reason.replace(/\s+/g, ' ').trim()}\n`
  for (const path of [head, join(commonDir, 'logs', ref)]) {
    mkdirSync(dirname(path), { recursive: true })
    appendFileSync(path, line)
  }
}
