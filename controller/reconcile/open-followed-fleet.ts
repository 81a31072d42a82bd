import { join } from 'node:path'
import { isProblemCode, type Problem, problem } from '../core/model/problems.ts'
import { openMounts } from './open-mounts.ts'
import { type FleetSource, openFleet, openRemoteMirror, type RemoteMirror } from '../io/git/index.ts'

/** A fleet that is looked at again and again. */
export interface FollowedFleet {
  readonly source: FleetSource
  /** Asks a remote for news; nothing to do for a folder. What keeps the news from being taken is answered. */
  refresh(): Promise<Problem | undefined>
  /** Somebody says that there is something new in a tenant's own repository. */
  hintSource(tenant: string): void
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
  /** Whether a look waits until every tenant's own repository has answered or failed. */
  readonly isPatient?: boolean
  /** File with the age identity, which opens the secrets of private ones; that of the state folder where absent. */
  readonly ageKeyFile?: string
}

const pollMs = 30_000

/** With the repositories of tenants that keep their own. */
export async function openFollowedFleet(options: FollowOptions): Promise<FollowedFleet> {
  const main = await openMain(options)
  const { source, hearOf } = await openMounts(main.source, options)
  return {
    source,
    refresh: () => main.refresh(),
    hintSource: (tenant) => source.hint(tenant),
    watch: async (onHint) => {
      hearOf(onHint)
      return main.watch(onHint)
    },
    close: async () => {
      await source.close()
      await main.close()
    },
  }
}

type Main = Omit<FollowedFleet, 'hintSource'>

async function openMain(options: FollowOptions): Promise<Main> {
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

async function openRemote({ fleet, revision, state, gitToken }: FollowOptions): Promise<Main> {
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
