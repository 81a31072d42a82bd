import { createHash } from 'node:crypto'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { caps } from '../../core/model/caps.ts'
import { CommitFolders } from './commit-folders.ts'
import { treeAt } from './commit-source.ts'
import { siftMount } from './entry-rules.ts'
import type { Folder } from './folder.ts'
import { findGit, type GitBinary } from './git-binary.ts'
import { GitBinaryReader } from './git-binary-reader.ts'
import { GitError } from './git-error.ts'
import { IsomorphicReader } from './isomorphic-reader.ts'
import type { ObjectReader } from './object-reader.ts'
import { readRef, swapRef } from './ref-swap.ts'
import {
  type FetchOptions,
  type FetchOutcome,
  mirroredRef,
  openRemoteMirror,
  type RemoteMirror,
} from './remote-mirror.ts'
import { checkedRemoteUrl } from './remote-url.ts'

/** A branch of a repository that fills folders of a fleet. */
export interface SourceAddress {
  readonly url: string
  readonly ref: string
  /**
   * Names what opens it, where it is not public. Its mirror is then for this name alone: whoever else writes the same URL
   * would be handed files that he may not read.
   */
  readonly credential?: string | undefined
}

export interface SourceMirrorsOptions {
  /** Holds one bare repository for each URL and credential. */
  readonly folder: string
  /** The git to use; null for none. Unless given, the first usable one of the search path. */
  readonly git?: GitBinary | null
  /** What a credential stands for now. */
  readonly tokenOf?: (credential: string) => Promise<string>
  readonly maxBytes?: number
}

interface Opened {
  readonly gitdir: string
  readonly reader: ObjectReader
  readonly folders: CommitFolders
  readonly mirrors: Map<string, RemoteMirror>
  /** Fetches into one folder run one after another, whatever branch they are for. */
  queue: Promise<unknown>
  /** Questions that wait for an answer: the child that answers goes with the last one. */
  asked: number
}

/**
 * The repositories of tenants that keep their own, each in a bare mirror that is shared by all who name its URL. What
 * was fetched last stands in the refs of the mirror, so it outlives the process and the remote.
 */
export class SourceMirrors {
  readonly #options: SourceMirrorsOptions
  readonly #git: GitBinary | null
  readonly #opened = new Map<string, Opened>()

  private constructor(options: SourceMirrorsOptions, git: GitBinary | null) {
    this.#options = options
    this.#git = git
  }

  static async open(options: SourceMirrorsOptions): Promise<SourceMirrors> {
    return new SourceMirrors(options, options.git === undefined ? await findGit() : options.git)
  }

  /** The commit taken last; null where there is none. Throws GitError for an address that cannot be one. */
  commitOf(address: SourceAddress): string | null {
    return readRef(this.#gitdir(address), mirroredRef(address.ref))
  }

  /** Asks for news. Throws GitError `fetch-failed`; the mirror then stays as it is. */
  async fetch(address: SourceAddress, options: FetchOptions = {}): Promise<FetchOutcome> {
    const opened = this.#open(address)
    const mine = opened.queue.then(() => this.#fetch(opened, address, options))
    opened.queue = mine.catch(() => {})
    return await mine
  }

  async #fetch(opened: Opened, { url, ref, credential }: SourceAddress, options: FetchOptions): Promise<FetchOutcome> {
    const { tokenOf, maxBytes = caps.sourceBytes } = this.#options
    const checked = checkedRemoteUrl(url)
    let mirror = opened.mirrors.get(ref)
    if (mirror === undefined) {
      const token = credential !== undefined && tokenOf && { token: () => tokenOf(credential) }
      const { gitdir } = opened
      mirror = await openRemoteMirror({
        url,
        ref,
        gitdir,
        git: this.#git,
        maxBytes,
        ...token,
      })
      // For people who look at the folder.
      writeFileSync(join(gitdir, 'description'), `${checked.href}\n`)
      opened.mirrors.set(ref, mirror)
    }
    return await mirror.fetch(options)
  }

  /** A folder of a commit, by the rules for a tenant's own repository; null where there is no such folder. */
  folder(address: SourceAddress, commit: string, path: string, above: number): Promise<Folder | null> {
    return this.#ask(address, async ({ reader, folders }) => {
      const found = await reader.resolve(commit)
      if (found === null) throw new GitError('repository-unreadable', `There is no commit ${commit} in the mirror.`)
      const tree = await treeAt(reader, found.tree, path)
      if (tree === null) return null
      const folder = await folders.read(tree, { above, top: siftMount, treeBytes: caps.sourceTreeBytes })
      folders.retain([folder])
      return folder
    })
  }

  read(address: SourceAddress, oids: Iterable<string>): Promise<Map<string, Uint8Array>> {
    return this.#ask(address, ({ reader }) => reader.readBlobs(oids))
  }

  /** The commit that was mounted last under a name of the caller's; null where there is none. */
  mounted(address: SourceAddress, name: string): string | null {
    return readRef(this.#gitdir(address), mountedRef(name))
  }

  keepMounted(address: SourceAddress, name: string, commit: string): void {
    const before = this.mounted(address, name)
    if (before !== commit) swapRef(this.#gitdir(address), mountedRef(name), commit, before)
  }

  async close(): Promise<void> {
    for (const { reader, mirrors, queue } of this.#opened.values()) {
      await queue
      for (const mirror of mirrors.values()) await mirror.close()
      await reader.close()
    }
  }

  #gitdir({ url, credential }: SourceAddress): string {
    const named = JSON.stringify([checkedRemoteUrl(url).href, ...(credential === undefined ? [] : [credential])])
    const name = createHash('sha256').update(named).digest('hex').slice(0, 32)
    return join(this.#options.folder, `${name}.git`)
  }

  #open(address: SourceAddress): Opened {
    const gitdir = this.#gitdir(address)
    let opened = this.#opened.get(gitdir)
    if (opened === undefined) {
      const reader = this.#git === null ? new IsomorphicReader(gitdir) : new GitBinaryReader(this.#git, gitdir)
      opened = {
        gitdir,
        reader,
        folders: new CommitFolders(reader),
        mirrors: new Map(),
        queue: Promise.resolve(),
        asked: 0,
      }
      this.#opened.set(gitdir, opened)
    }
    return opened
  }

  /** A fleet may have hundreds of such repositories: none keeps a child that has nothing to do. */
  async #ask<T>(address: SourceAddress, question: (opened: Opened) => Promise<T>): Promise<T> {
    const opened = this.#open(address)
    if (!existsSync(opened.gitdir)) throw new GitError('repository-unreadable', `There is no mirror of ${address.url}.`)
    opened.asked++
    try {
      return await question(opened)
    } finally {
      if (--opened.asked === 0) await opened.reader.close()
    }
  }
}

function mountedRef(name: string): string {
  return `refs/mounted/${createHash('sha256').update(name).digest('hex').slice(0, 32)}`
}
