import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { GitBinary } from './git-binary.ts'
import { GitError } from './git-error.ts'
import { type GitCommand, runGit, type RunOptions } from './git-process.ts'
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

/** Milliseconds between two looks at the size of what arrives; bytes of one allocation of git meanwhile. */
const lookMs = 100
const allocation = '256m'

/**
 * Fetches by the git binary. Objects arrive in a folder of their own that borrows from the mirror, as git does it for
 * pushes: they pass fsck and the ancestor check before any reader of the mirror can see them, and what is refused
 * leaves nothing behind. No ref is written by the fetch, so a crash cannot leave one that points to a thrown-away object.
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
    const stdout = await this.#run('lsRemote', [url.href, ref], limits)
    const lines = stdout.split('\n').map((line) => line.split('\t'))
    // The pattern also matches refs that end in it; of an annotated tag the commit counts.
    const found = lines.find(([, name]) => name === `${ref}^{}`) ?? lines.find(([, name]) => name === ref)
    return found?.[0] ?? null
  }

  async fetch(limits: Limits): Promise<Fetched> {
    const { maxBytes } = this.#address
    const folder = mkdtempSync(join(this.#gitdir, quarantinePrefix))
    mkdirSync(join(folder, 'pack'))
    const env = {
      GIT_OBJECT_DIRECTORY: folder,
      GIT_ALTERNATE_OBJECT_DIRECTORIES: quoted(join(this.#gitdir, 'objects')),
    }
    try {
      const limit = maxBytes === undefined ? undefined : maxBytes - sizeOf(join(this.#gitdir, 'objects'))
      await this.#fetchInto(folder, limit, { ...limits, env })
      const commit = (await runGit(this.#git, 'fetchedCommit', [], { gitdir: this.#gitdir, env })).stdout.trim()
      return {
        commit,
        descendsFrom: async (ancestor) => {
          const options = { gitdir: this.#gitdir, env, accepted: [0, 1] }
          return (await runGit(this.#git, 'isAncestor', [ancestor, commit], options)).code === 0
        },
        accept: async () => {
          movePacks(folder, join(this.#gitdir, 'objects/pack'))
          await tidyRepository(this.#git, this.#gitdir)
        },
        discard: async () => remove(folder),
      }
    } catch (error) {
      remove(folder)
      throw error
    }
  }

  /** The protocol has no limit on what a remote may send, so the folder is looked at while it grows. */
  async #fetchInto(folder: string, limit: number | undefined, options: RunOptions): Promise<void> {
    const { url, ref } = this.#address
    if (limit === undefined) return void (await this.#run('fetch', [url.href, ref], options))
    const watch = new AbortController()
    const look = (): void => {
      if (sizeOf(folder) > limit) watch.abort('it is larger than allowed')
    }
    const timer = setInterval(look, lookMs)
    const { signal = watch.signal } = options
    // A few packed bytes can ask for gigabytes of memory.
    const env = { ...options.env, GIT_ALLOC_LIMIT: allocation }
    try {
      await this.#run('fetch', [url.href, ref], { ...options, env, signal: AbortSignal.any([signal, watch.signal]) })
    } finally {
      clearInterval(timer)
    }
    look()
    if (watch.signal.aborted) throw fetchFailed(this.#address, String(watch.signal.reason), [])
  }

  async #run<C extends GitCommand>(
    command: C,
    args: Parameters<typeof runGit<C>>[2],
    options: RunOptions,
  ): Promise<string> {
    const { url } = this.#address
    const header = await authorization(this.#address)
    const env = { ...options.env, GIT_ALLOW_PROTOCOL: url.protocol.slice(0, -1), ...headerSettings(url, header) }
    try {
      return (await runGit(this.#git, command, args, { ...options, gitdir: this.#gitdir, env })).stdout
    } catch (error) {
      if (!(error instanceof GitError)) throw error
      const said = `${error.message} ${error.cause instanceof Error ? error.cause.message : ''}`
      throw fetchFailed(this.#address, said, [
        header,
        header?.slice('Basic '.length) ?? null,
        await this.#address.token(),
      ])
    }
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
  const names = readdirSync(join(from, 'pack')).toSorted(
    (a, b) => Number(a.endsWith('.idx')) - Number(b.endsWith('.idx')),
  )
  for (const name of names) renameSync(join(from, 'pack', name), join(to, name))
  remove(from)
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
