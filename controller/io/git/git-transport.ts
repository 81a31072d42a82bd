import { mkdtempSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ensureBareRepository } from './bare-repository.ts'
import type { GitBinary } from './git-binary.ts'
import { GitError } from './git-error.ts'
import { type Finished, type GitCommand, runGit, type RunOptions } from './git-process.ts'
import { readRef } from './ref-swap.ts'
import { tidyRepository } from './tidy-repository.ts'
import {
  authorization,
  type Fetched,
  fetchFailed,
  type Limits,
  type RemoteAddress,
  type RemoteTransport,
} from './remote-transport.ts'

const quarantinePrefix = 'quarantine-'

/** The branch of a quarantine that git moves: only forward, and only to a commit. */
const offered = 'refs/heads/offered'

/** Milliseconds between two looks at the size of what arrives; bytes of one allocation of git meanwhile. */
const lookMs = 100
const allocation = '256m'

/**
 * Fetches by the git binary, into a repository of its own that borrows from the mirror: objects pass fsck and the ancestor
 * check before any reader of the mirror can see them, and what is refused leaves nothing behind. No ref of the mirror is
 * written by the fetch, so a crash cannot leave one that points to a thrown-away object.
 */
export class GitTransport implements RemoteTransport {
  readonly #git: GitBinary
  readonly #gitdir: string
  readonly #address: RemoteAddress

  constructor(git: GitBinary, gitdir: string, address: RemoteAddress) {
    this.#git = git
    this.#gitdir = gitdir
    this.#address = address
    for (const name of readdirSync(gitdir)) if (name.startsWith(quarantinePrefix)) remove(join(gitdir, name))
  }

  async tip(limits: Limits): Promise<string | null> {
    const { url, ref } = this.#address
    const { stdout } = await this.#run('lsRemote', [url.href, ref], { ...limits, gitdir: this.#gitdir })
    const lines = stdout.split('\n').map((line) => line.split('\t'))
    // The pattern also matches refs that end in it; of an annotated tag the commit counts.
    const found = lines.find(([, name]) => name === `${ref}^{}`) ?? lines.find(([, name]) => name === ref)
    return found?.[0] ?? null
  }

  async fetch(active: string | null, limits: Limits): Promise<Fetched> {
    const { maxBytes } = this.#address
    const folder = mkdtempSync(join(this.#gitdir, quarantinePrefix))
    const env = { GIT_ALTERNATE_OBJECT_DIRECTORIES: quoted(join(this.#gitdir, 'objects')) }
    try {
      ensureBareRepository(folder)
      if (active !== null) writeFileSync(join(folder, offered), `${active}\n`)
      const limit = maxBytes === undefined ? undefined : maxBytes - sizeOf(join(this.#gitdir, 'objects'))
      const finished = await this.#fetchInto(folder, limit, { ...limits, gitdir: folder, env })
      return {
        ...(await this.#judge(folder, active, finished, env)),
        accept: async () => {
          movePacks(join(folder, 'objects/pack'), join(this.#gitdir, 'objects/pack'))
          await tidyRepository(this.#git, this.#gitdir)
        },
        discard: async () => remove(folder),
      }
    } catch (error) {
      remove(folder)
      throw error
    }
  }

  /** Where git moved the branch it has answered both questions. A tag of its own and a rewritten history it refuses. */
  async #judge(
    folder: string,
    active: string | null,
    { code, stderr }: Finished,
    env: Readonly<Record<string, string>>,
  ): Promise<Pick<Fetched, 'commit' | 'follows'>> {
    const moved = readRef(folder, offered)
    if (code === 0 && moved !== null) return { commit: moved, follows: true }
    const options = { gitdir: folder, env, accepted: [0, 1] }
    const found = await runGit(this.#git, 'fetchedCommit', [], options)
    if (found.code !== 0) throw fetchFailed(this.#address, stderr, await this.#secrets())
    const commit = found.stdout.trim()
    const follows = active === null || (await runGit(this.#git, 'isAncestor', [active, commit], options)).code === 0
    return { commit, follows }
  }

  /** The protocol has no limit on what a remote may send, so the folder is looked at while it grows. */
  async #fetchInto(folder: string, limit: number | undefined, limits: RunOptions): Promise<Finished> {
    const { url, ref } = this.#address
    const fetch = (options: RunOptions): Promise<Finished> =>
      this.#run('fetch', [url.href, ref, offered], { ...options, accepted: [0, 1] })
    if (limit === undefined) return await fetch(limits)
    const watch = new AbortController()
    const look = (): void => {
      if (sizeOf(join(folder, 'objects')) > limit) watch.abort('it is larger than allowed')
    }
    const timer = setInterval(look, lookMs)
    const { signal = watch.signal } = limits
    // A few packed bytes can ask for gigabytes of memory.
    const env = { ...limits.env, GIT_ALLOC_LIMIT: allocation }
    try {
      const finished = await fetch({ ...limits, env, signal: AbortSignal.any([signal, watch.signal]) })
      look()
      if (watch.signal.aborted) throw fetchFailed(this.#address, String(watch.signal.reason), [])
      return finished
    } finally {
      clearInterval(timer)
    }
  }

  async #run<C extends GitCommand>(
    command: C,
    args: Parameters<typeof runGit<C>>[2],
    options: RunOptions,
  ): Promise<Finished> {
    const { url } = this.#address
    const header = await authorization(this.#address)
    const env = { ...options.env, GIT_ALLOW_PROTOCOL: url.protocol.slice(0, -1), ...headerSettings(url, header) }
    try {
      return await runGit(this.#git, command, args, { ...options, env })
    } catch (error) {
      if (!(error instanceof GitError)) throw error
      const said = `${error.message} ${error.cause instanceof Error ? error.cause.message : ''}`
      throw fetchFailed(this.#address, said, await this.#secrets())
    }
  }

  async #secrets(): Promise<(string | null)[]> {
    const header = await authorization(this.#address)
    return [header, header?.slice('Basic '.length) ?? null, await this.#address.token()]
  }
}

// By environment: an argument list can be read by everybody on the machine. Bound to the origin, so that no other host gets it.
function headerSettings(url: URL, header: string | null): Record<string, string> {
  if (header === null) return {}
  return {
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: `http.${url.origin}/.extraHeader`,
    GIT_CONFIG_VALUE_0: `Authorization: ${header}`,
  }
}

/** Index last: git takes a pack for complete as soon as its index is there. */
function movePacks(from: string, to: string): void {
  const names = readdirSync(from).toSorted((a, b) => Number(a.endsWith('.idx')) - Number(b.endsWith('.idx')))
  for (const name of names) renameSync(join(from, name), join(to, name))
}

/** Bytes of the files in a folder and below; what goes away meanwhile counts nothing. */
function sizeOf(folder: string): number {
  let bytes = 0
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) bytes += statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0
  return bytes
}

function remove(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
}

/** A path in the list of object folders, where a colon would end it. */
function quoted(path: string): string {
  return `"${path.replace(/["\\]/g, '\\$&')}"`
}
