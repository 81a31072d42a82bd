import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import type { GitBinary } from './git-binary.ts'
import { fixedSettings, gitEnvironment } from './git-environment.ts'
import { GitError } from './git-error.ts'

/**
 * Every git command of the product with the arguments that vary. Values that come from outside stand behind
 * `--end-of-options` or `--`, and are checked names, ids or URLs besides.
 */
const commands = {
  catFile: () => ['cat-file', '--batch-command', '--buffer'],
  isAncestor: (ancestor: string, descendant: string) => [
    'merge-base',
    '--is-ancestor',
    '--end-of-options',
    ancestor,
    descendant,
  ],
  lsRemote: (url: string, ref: string) => [...networkSettings, 'ls-remote', '--end-of-options', url, ref, `${ref}^{}`],
  fetch: (url: string, ref: string, branch: string) => [
    ...networkSettings,
    'fetch',
    ...fetchOptions,
    '--end-of-options',
    url,
    `${ref}:${branch}`,
  ],
  fetchedCommit: () => ['rev-parse', '--verify', '--quiet', 'FETCH_HEAD^{commit}'],
  packAll: () => ['repack', '-a', '-d', '-k', '-q'],
} as const

const networkSettings = [
  'http.followRedirects=false',
  'http.lowSpeedLimit=1000',
  'http.lowSpeedTime=20',
  'protocol.version=2',
  'transfer.bundleURI=false',
  'fetch.fsckObjects=true',
  // Kept as one pack whatever its size: the quarantine is moved file by file.
  'fetch.unpackLimit=1',
  'fetch.writeCommitGraph=false',
  'submodule.recurse=false',
].flatMap((setting) => ['-c', setting])

const fetchOptions = ['--quiet', '--no-tags', '--no-recurse-submodules', '--no-auto-maintenance', '--write-fetch-head']

type Commands = typeof commands
export type GitCommand = keyof Commands

export interface RunOptions {
  /** Passed as GIT_DIR, so that no discovery takes place. */
  readonly gitdir?: string
  readonly env?: Readonly<Record<string, string>>
  /** Milliseconds until the child is killed. */
  readonly deadlineMs?: number
  /** Kills the child as well; the reason is what the error says. */
  readonly signal?: AbortSignal | undefined
  /** Exit codes that are answers; 0 unless told. */
  readonly accepted?: readonly number[]
}

export interface Finished {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Bytes of output kept: no command here has more to say. */
const outputLimit = 16 * 1024 * 1024

/** Runs one command to its end. Throws GitError `repository-unreadable` on another exit code or at the deadline. */
export async function runGit<C extends GitCommand>(
  git: GitBinary,
  command: C,
  args: Parameters<Commands[C]>,
  options: RunOptions = {},
): Promise<Finished> {
  const child = startGit(git, command, args, { ...options, ownGroup: true })
  child.stdin.end()
  const deadline = setTimeout(() => stopGroup(child), options.deadlineMs ?? 60_000)
  const stop = (): void => stopGroup(child)
  options.signal?.addEventListener('abort', stop, { once: true })
  try {
    const [code, stdout, stderr] = await Promise.all([exitOf(child), textOf(child, 'stdout'), textOf(child, 'stderr')])
    if (code !== null && (options.accepted ?? [0]).includes(code)) return { code, stdout, stderr }
    if (options.signal?.aborted) throw new GitError('repository-unreadable', String(options.signal.reason))
    const why = code === null ? 'was stopped at its deadline' : `ended with ${code}`
    throw new GitError(
      'repository-unreadable',
      `git ${commandName(command)} ${why}.`,
      new Error(stderr.trim().slice(0, 2_000)),
    )
  } finally {
    clearTimeout(deadline)
    options.signal?.removeEventListener('abort', stop)
  }
}

/** Starts a child whose streams the caller holds. */
export function startGit<C extends GitCommand>(
  git: GitBinary,
  command: C,
  args: Parameters<Commands[C]>,
  options: Pick<RunOptions, 'gitdir' | 'env'> & { readonly ownGroup?: boolean } = {},
): ChildProcessWithoutNullStreams {
  const variables = { ...(options.gitdir === undefined ? {} : { GIT_DIR: options.gitdir }), ...options.env }
  return spawn(git.path, gitArguments(command, args), {
    env: gitEnvironment(git.searchPath, variables),
    stdio: ['pipe', 'pipe', 'pipe'],
    windowsHide: true,
    detached: options.ownGroup === true && process.platform !== 'win32',
  })
}

// The whole group: the transport that git started itself would go on, and hold the pipes open.
function stopGroup(child: ChildProcessWithoutNullStreams): void {
  try {
    if (child.pid !== undefined && process.platform !== 'win32') process.kill(-child.pid, 'SIGKILL')
    else child.kill('SIGKILL')
  } catch {
    // It ended meanwhile.
  }
}

/** The argument list of a command: what anybody on the machine can read while it runs. */
export function gitArguments<C extends GitCommand>(command: C, args: Parameters<Commands[C]>): string[] {
  const build: (...values: readonly string[]) => string[] = commands[command]
  return [...fixedSettings, ...build(...args)]
}

function commandName(command: GitCommand): string {
  return command.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

function exitOf(child: ChildProcessWithoutNullStreams): Promise<number | null> {
  child.stdin.on('error', () => {})
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => reject(new GitError('repository-unreadable', 'git cannot be started.', cause)))
    child.once('close', resolve)
  })
}

async function textOf(child: ChildProcessWithoutNullStreams, stream: 'stdout' | 'stderr'): Promise<string> {
  const parts: Buffer[] = []
  let length = 0
  for await (const part of child[stream] as AsyncIterable<Buffer>) {
    length += part.length
    if (length <= outputLimit) parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}
