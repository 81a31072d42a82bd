import fs from 'node:fs'
import { readObject } from 'isomorphic-git'
import { CatFile } from '../cat-file.ts'
import { startGit } from '../git-process.ts'
import type { Repository } from '../repository.ts'
import { type CommitFields, parseCommit } from './commit-object.ts'

/** Bytes of a commit object: longer ones are somebody's joke. */
const commitBytes = 1024 * 1024

/** Reads commits as such: who wrote them, and with which message. */
export class CommitReader {
  readonly #repository: Repository
  #child: CatFile | null = null

  constructor(repository: Repository) {
    this.#repository = repository
  }

  /** Null where there is no such commit. */
  async read(oid: string): Promise<CommitFields | null> {
    const contents = await (this.#repository.git === null ? this.#readHere(oid) : this.#ask(oid))
    return contents === null ? null : parseCommit(contents)
  }

  async #ask(oid: string): Promise<Uint8Array | null> {
    const { git, gitdir } = this.#repository
    if (git !== null && (this.#child === null || this.#child.failed))
      this.#child = new CatFile(startGit(git, 'catFile', [], { gitdir }))
    const [answer] = (await this.#child?.contents([oid], commitBytes)) ?? []
    return answer?.type === 'commit' ? answer.body : null
  }

  async #readHere(oid: string): Promise<Uint8Array | null> {
    const { gitdir } = this.#repository
    try {
      const { type, object } = await readObject({ fs, gitdir, oid, format: 'content' })
      return type === 'commit' ? (object as Uint8Array) : null
    } catch {
      return null
    }
  }

  async close(): Promise<void> {
    await this.#child?.close()
    this.#child = null
  }
}
