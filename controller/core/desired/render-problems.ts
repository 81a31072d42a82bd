import { formatPath, type Lock, type LockViolation, type MergeProblem } from '../merge/index.ts'
import { type Problem, problem } from '../model/problems.ts'
import type { Declared } from './fleet.ts'
import type { Rendering } from './render.ts'

/** There is no release at which the level is without conflict. */
export function lostProblem({ level, beside, conflicts }: Rendering & { kind: 'conflicted' }): Problem {
  const place = { file: level.file, line: 1, column: 1 }
  const [first] = conflicts
  if (!beside || !first)
    return problem('conflict', 'no release merges with this overlay', { place, path: '/spec/base' })
  const path = formatPath(first.path)
  const more = conflicts.length > 1 ? ` (and ${conflicts.length - 1} more)` : ''
  return problem('conflict', `${beside.file} and ${level.file} do not say the same about ${path}${more}`, {
    place,
    path: patchPath(path),
    hint: `keep it in one of the two files, or name ${path} under \`x-default\` in the one that may give way`,
  })
}

/** The first thing that is wrong with a patch. */
export function overlayProblem(overlay: Declared<'Overlay'>, found: readonly MergeProblem[]): Problem {
  const [first] = found
  const more = found.length > 1 ? ` (and ${found.length - 1} more)` : ''
  const message = `${first?.message ?? 'the patch cannot be applied'}${more}`
  return problem('overlay-invalid', message, {
    place: { file: overlay.file, line: 1, column: 1 },
    path: patchPath(formatPath(first?.path ?? [])),
  })
}

export function lockProblem(file: string, { path, lock }: LockViolation, pathInFile = (text: string) => text): Problem {
  const reason = lock.message === undefined ? '' : `: ${lock.message}`
  const message = `${formatPath(path)} is locked by ${lock.lockedBy}${reason}`
  const hint = askForExemption(lock)
  return problem('locked', message, {
    place: { file, line: 1, column: 1 },
    path: pathInFile(formatPath(path)),
    ...(hint !== undefined && { hint }),
  })
}

/** The other way out than giving the edit up. Only who locked it can grant it. */
export function askForExemption({ lockedBy, lockedIn }: Pick<Lock, 'lockedBy' | 'lockedIn'>): string | undefined {
  if (lockedIn === undefined) return undefined
  return `take it out, or ask ${lockedBy.startsWith('the ') ? 'its owner' : lockedBy} to add \`exempt: [{ tenant: …, reason: … }]\` to the lock in ${lockedIn}`
}

/** Where a path of the workflow stands in an overlay's file. */
export function patchPath(path: string): string {
  return path.replace(/^\/spec/, '/spec/patch')
}
