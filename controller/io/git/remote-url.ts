import { GitError } from './git-error.ts'

const loopback = new Set(['127.0.0.1', '[::1]', 'localhost'])

/**
 * The address of a remote: https, or http to this machine. Throws GitError `fetch-failed` for anything else, and for
 * credentials in the URL: they would end in argument lists, logs and error texts. The URL is not repeated in the message.
 */
export function checkedRemoteUrl(text: string): URL {
  const url = URL.parse(text)
  if (url === null) throw new GitError('fetch-failed', 'The remote is not a URL.')
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && loopback.has(url.hostname)))
    throw new GitError('fetch-failed', `A remote is fetched by https, not by ${url.protocol.slice(0, -1)}.`)
  if (url.username !== '' || url.password !== '')
    throw new GitError(
      'fetch-failed',
      'The URL of a remote must not hold a user name or a password: give the token by itself.',
    )
  if (url.search !== '' || url.hash !== '')
    throw new GitError('fetch-failed', 'The URL of a remote has no query and no fragment.')
  return url
}
