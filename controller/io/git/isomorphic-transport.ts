import fs from 'node:fs'
import { Agent } from 'node:http'
import { Agent as TlsAgent } from 'node:https'
import { fetch as fetchPack, isDescendent, listServerRefs, setConfig } from 'isomorphic-git'
import { type GitHttpRequest, type GitHttpResponse, type HttpClient, request as send } from 'isomorphic-git/http/node'
import { messageOf } from './git-error.ts'
import { IsomorphicReader } from './isomorphic-reader.ts'
import {
  authorization,
  type Fetched,
  fetchFailed,
  type Limits,
  type RemoteAddress,
  type RemoteTransport,
} from './remote-transport.ts'

/**
 * Fetches in this process, where git is not installed. The objects go straight into the mirror's store, reachable by no
 * ref of the mirror until they are accepted; they are not checked by fsck, only by the rules for entries when read.
 */
export class IsomorphicTransport implements RemoteTransport {
  readonly #gitdir: string
  readonly #address: RemoteAddress

  constructor(gitdir: string, address: RemoteAddress) {
    this.#gitdir = gitdir
    this.#address = address
  }

  async tip(limits: Limits): Promise<string | null> {
    const { url, ref } = this.#address
    const refs = await this.#within(limits, (client) =>
      listServerRefs({ http: client, url: url.href, prefix: ref, peelTags: true }),
    )
    const found = refs.find((candidate) => candidate.ref === ref)
    return found?.peeled ?? found?.oid ?? null
  }

  async fetch(active: string | null, limits: Limits): Promise<Fetched> {
    const { url, ref } = this.#address
    const cache = {}
    // The library insists on noting what it fetched under a ref; here no reader looks.
    const path = 'remote.quarantine.fetch'
    await setConfig({ fs, gitdir: this.#gitdir, path, value: '+refs/*:refs/quarantine/*' })
    const options = {
      fs,
      gitdir: this.#gitdir,
      cache,
      url: url.href,
      ref,
      singleBranch: true,
      tags: false,
      remote: 'quarantine',
    }
    const { fetchHead } = await this.#within(limits, (client) => fetchPack({ ...options, http: client }))
    const commit = (await new IsomorphicReader(this.#gitdir).resolve(fetchHead ?? 'none'))?.commit
    if (commit === undefined) throw fetchFailed(this.#address, 'could not find remote ref', [])
    return {
      commit,
      follows:
        active === null ||
        active === commit ||
        (await isDescendent({ fs, gitdir: this.#gitdir, cache, oid: commit, ancestor: active, depth: -1 })),
      accept: async () => {},
      discard: async () => {},
    }
  }

  async #within<T>({ deadlineMs: ms, signal }: Limits, act: (client: HttpClient) => Promise<T>): Promise<T> {
    const header = await authorization(this.#address)
    // Not the global agent: it gives up after five silent seconds, which a large repository needs for counting.
    const agent = this.#address.url.protocol === 'https:' ? new TlsAgent({ timeout: ms }) : new Agent({ timeout: ms })
    const request = async (wanted: GitHttpRequest): Promise<GitHttpResponse> => {
      const isOurs = new URL(wanted.url).origin === this.#address.url.origin
      const headers = { ...wanted.headers, ...(header !== null && isOurs ? { Authorization: header } : {}) }
      const answer = await send({ ...wanted, headers, agent, fetchOptions: { followRedirects: false } })
      return { ...answer, ...(answer.body && { body: limited(answer.body, this.#address.maxBytes) }) }
    }
    let timer: NodeJS.Timeout | undefined
    const deadline = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('deadline')), ms)
      signal?.addEventListener('abort', () => reject(new Error(String(signal.reason))), { once: true })
    })
    try {
      return await Promise.race([act({ request }), deadline])
    } catch (error) {
      throw fetchFailed(this.#address, messageOf(error), [header, header?.slice('Basic '.length) ?? null])
    } finally {
      clearTimeout(timer)
      agent.destroy()
    }
  }
}

/** The library holds the whole answer in memory, so of a remote with a limit it takes no more than this. */
const inMemory = 64 * 1024 * 1024

async function* limited(body: AsyncIterableIterator<Uint8Array>, maxBytes = Number.POSITIVE_INFINITY) {
  const most = maxBytes === Number.POSITIVE_INFINITY ? maxBytes : Math.min(maxBytes, inMemory)
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.length
    if (bytes > most) throw new Error('the answer is larger than allowed')
    yield chunk
  }
}
