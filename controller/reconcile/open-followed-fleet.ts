import { join } from 'node:path'
import { type FleetSource, openFleet, openRemoteMirror } from '../io/git/index.ts'

/** A fleet that is looked at again and again. */
export interface FollowedFleet {
  readonly source: FleetSource
  /** Asks a remote for news; nothing to do for a folder. */
  refresh(): Promise<void>
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
    refresh: () => Promise.resolve(),
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
    refresh: async () => void (await mirror.fetch()),
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
