import { GitError } from './git-error.ts'

/**
 * A revision as people write it: `main`, `v2`, `HEAD~3`, an id. Returned as it is; throws GitError `unknown-revision`
 * for what git would take for an option, for a second line, or for something other than a commit.
 */
export function checkedRevision(text: string): string {
  // oxlint-disable-next-line no-control-regex
  const isRefused = text === '' || text.length > 250 || text.startsWith('-') || /[\x00-\x20\x7f:]/.test(text)
  if (isRefused) throw new GitError('unknown-revision', `${JSON.stringify(text.slice(0, 250))} cannot be a revision.`)
  return text
}

/** A full ref name (`refs/heads/main`), by git's own rules for names. Throws GitError `unknown-revision`. */
export function checkedRef(text: string): string {
  const parts = text.split('/')
  const isRefused =
    parts[0] !== 'refs' ||
    parts.length < 3 ||
    text.length > 250 ||
    // oxlint-disable-next-line no-control-regex
    /[\x00-\x20\x7f~^:?*[\\]|\.\.|@\{/.test(text) ||
    parts.some((part) => part === '' || part.startsWith('.') || part.startsWith('-') || /\.lock$|\.$/.test(part))
  if (isRefused) throw new GitError('unknown-revision', `${JSON.stringify(text.slice(0, 250))} cannot be a ref.`)
  return text
}
