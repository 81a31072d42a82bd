import { join } from 'node:path'
import { isProblemCode, type Problem, problem } from '../core/model/problems.ts'
import { type FleetSource, openFleet, openRemoteMirror, type RemoteMirror } from '../io/git/index.ts'

/** A fleet that is looked at again and again. */
export interface FollowedFleet {
  readonly source: FleetSource
  /** Asks a remote for news; nothing to do for a folder. What keeps the news from being taken is answered. */
  refresh(): Promise<Problem | undefined>
  /** Calls `onHint` when something may have changed; the answer stops it. */
  watch(onHint: () => void): Promise<() => Promise<void>>
  close(): Promise<void>
}

export interface FollowOptions {
  /** A folder, or the address of an https remote. */
  readonly fleet: string
  readonly revision?: string
  readonly state: string
  readonly gitToken: string | undefined
}

const pollMs = 30_000

export async function openFollowedFleet(options: FollowOptions): Promise<FollowedFleet> {
  const { fleet, revision } = options
  if (/^https?:\/\//.test(fleet)) return openRemote(options)
  const source = await openFleet({ path: fleet, ...(revision !== undefined && { revision }) })
  return {
    source,
    refresh: () => Promise.resolve(undefined),
    watch: (onHint) => source.watch(onHint),
    close: () => source.close(),
  }
}

async function openRemote({ fleet, revision, state, gitToken }: FollowOptions): Promise<FollowedFleet> {
  const mirror = await openRemoteMirror({
    url: fleet,
    ref: revision ?? 'main',
    gitdir: join(state, 'mirror.git'),
    ...(gitToken !== undefined && { token: gitToken }),
  })
  const source = mirror.source()
  return {
    source,
    refresh: () => news(mirror),
    watch: async (onHint) => {
      const timer = setInterval(onHint, pollMs)
      return async () => clearInterval(timer)
    },
    close: async () => {
      await source.close()
      await mirror.close()
    },
  }
}

/**
 * A remote that does not answer is no reason to stop: what was fetched last stays in force. Only where nothing was ever
 * fetched there is nothing to go on with.
 */
async function news(mirror: RemoteMirror): Promise<Problem | undefined> {
  try {
    const outcome = await mirror.fetch()
    return outcome.kind === 'rewritten' ? outcome.problem : undefined
  } catch (thrown) {
    const hasCommit = (await mirror.reader.resolve(mirror.ref)) !== null
    if (hasCommit && thrown instanceof Error && 'code' in thrown && isProblemCode(thrown.code))
      return problem(thrown.code, thrown.message)
    throw thrown
  }
}
