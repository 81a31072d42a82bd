import type { ProblemCode } from '../../core/model/problems.ts'

/**
 * This attempt at a repository cannot go on. `code` is one of the problem table, so that callers can show it as a problem.
 * The message is in our words and never holds a token or a URL with credentials; what git said is in `cause`, redacted.
 */
export class GitError extends Error {
  readonly code: ProblemCode

  constructor(code: ProblemCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'GitError'
    this.code = code
  }
}

export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
