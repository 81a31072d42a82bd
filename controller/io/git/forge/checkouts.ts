import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** A folder with files in which a person works. */
export interface Checkout {
  /** Holds HEAD and the index. */
  readonly gitdir: string
  /** Null where it cannot be told. */
  readonly workTree: string | null
  /** What a merge, rebase or the like that is under way is called; null where there is none. */
  readonly underWay: string | null
}

/** Which branches are checked out where: the repository's own folder and its linked worktrees. */
export function checkoutsOf(commonDir: string): Map<string, Checkout[]> {
  const found = new Map<string, Checkout[]>()
  const add = (gitdir: string, workTree: string | null): void => {
    const checkout = { gitdir, workTree, underWay: underWayIn(gitdir) }
    for (const ref of new Set(refsInUse(gitdir))) found.set(ref, [...(found.get(ref) ?? []), checkout])
  }
  const isBare = /^\s*bare\s*=\s*true/im.test(textOf(join(commonDir, 'config')) ?? '')
  if (!isBare) add(commonDir, basename(commonDir) === '.git' ? dirname(commonDir) : null)
  for (const name of namesIn(join(commonDir, 'worktrees'))) {
    const gitdir = join(commonDir, 'worktrees', name)
    const link = textOf(join(gitdir, 'gitdir'))?.trim()
    // A worktree whose folder was deleted by hand holds nobody's work.
    if (link !== undefined && existsSync(link)) add(gitdir, dirname(link))
  }
  return found
}

/** The branch that HEAD names; null where it names a commit. */
export function headRef(gitdir: string): string | null {
  return /^ref: (refs\/heads\/.+)$/m.exec(textOf(join(gitdir, 'HEAD')) ?? '')?.[1]?.trim() ?? null
}

export function underWayIn(gitdir: string): string | null {
  const traces = {
    MERGE_HEAD: 'merge',
    CHERRY_PICK_HEAD: 'cherry-pick',
    REVERT_HEAD: 'revert',
    'rebase-merge': 'rebase',
    'rebase-apply': 'rebase',
  }
  return Object.entries(traces).find(([name]) => existsSync(join(gitdir, name)))?.[1] ?? null
}

// During a rebase HEAD is detached, yet the branch is moved at its end.
function refsInUse(gitdir: string): string[] {
  const heads = ['rebase-merge/head-name', 'rebase-apply/head-name'].map((name) => textOf(join(gitdir, name))?.trim())
  return [headRef(gitdir), ...heads].filter((ref) => ref !== null && ref !== undefined)
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}
