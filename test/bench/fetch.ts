import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { checkWorkflowSpec } from '../../controller/reconcile/check-workflow-spec.ts'
import { createFleetLoader } from '../../controller/reconcile/load-fleet.ts'
import { openFollowedFleet } from '../../controller/reconcile/open-followed-fleet.ts'
import { startGitHttpServer } from '../fakes/git-http-server.ts'
import { createFleetRepository, type FleetRepository, type RepositoryOptions } from './fleet-repository.ts'
import { against, type Figure, type Report, timed } from './harness.ts'

interface FetchOptions extends RepositoryOptions {
  readonly runs: number
}

interface Measured {
  /** L_http: a bare `git fetch` of the commit. */
  readonly bareMs: readonly number[]
  /** The same commit, from the question for news to the digests. */
  readonly stateMs: readonly number[]
  readonly refreshMs: readonly number[]
  readonly loadMs: readonly number[]
  /** Questions to a server that has nothing new, and the cheapest way to ask. */
  readonly idleMs: readonly number[]
  readonly lsRemoteMs: readonly number[]
  /** Requests that the server saw for one commit, of a bare fetch and of ours. */
  readonly bareRequests: number
  readonly requests: number
  readonly changed: readonly string[]
}

/** The goal is set for fleets of this size. */
const goalTenants = 10_000
const stateToHttp = 1.5

/** From a commit on a server to the new state: what we add to the fetch itself. */
export async function benchFetch(options: Omit<FetchOptions, 'isPacked'>): Promise<Report> {
  const { tenants, seed, runs } = options
  const { bareMs, stateMs, refreshMs, loadMs, idleMs, lsRemoteMs, bareRequests, requests } = await measure({
    ...options,
    isPacked: true,
  })
  const figure = (name: string, samples: readonly number[]): Figure => ({ name, unit: 'ms', samples })
  const [bare, asked] = [figure('L_http: git fetch of a commit', bareMs), figure('git ls-remote', lsRemoteMs)]
  return {
    benchmark: 'fetch',
    parameters: { tenants, seed, runs },
    counts: { 'requests of git fetch': bareRequests, 'requests of a refresh': requests },
    figures: [
      bare,
      against(figure('commit to digests', stateMs), bare, tenants >= goalTenants ? stateToHttp : undefined),
      against(figure('  refresh', refreshMs), bare),
      against(figure('  load', loadMs), bare),
      asked,
      against(figure('refresh, nothing new', idleMs), asked),
    ],
  }
}

/** A short run over a small fleet, for a test. */
export async function sampleFetch(): Promise<Measured> {
  return measure({ tenants: 200, seed: 1, isPacked: false, runs: 2 })
}

/** Each round makes one commit on the server, which both sides fetch; who is first changes from round to round. */
async function measure({ runs, ...options }: FetchOptions): Promise<Measured> {
  const repository = await createFleetRepository(options)
  const server = await startGitHttpServer({ root: dirname(repository.gitdir) })
  const url = `${server.url}/${basename(repository.gitdir)}`
  const folder = mkdtempSync(join(tmpdir(), 'headwater-bench-fetch-'))
  const mirror = join(folder, 'bare.git')
  execFileSync('git', ['init', '-q', '--bare', mirror])
  const followed = await openFollowedFleet({ fleet: url, revision: 'bench', state: folder, gitToken: undefined })
  try {
    const load = createFleetLoader(followed.source, checkWorkflowSpec, () => performance.now())
    const requestsOf = async <T>(
      task: () => Promise<T>,
    ): Promise<{ readonly result: T; readonly requests: number }> => {
      const before = server.requests.length
      return { result: await task(), requests: server.requests.length - before }
    }
    const bareFetch = (): Promise<number> => git(mirror, 'fetch', '-q', '--no-auto-maintenance', url, '+bench:bench')
    const refresh = async (): Promise<number> => {
      const { result: behind, ms } = await timed(() => followed.refresh())
      if (behind) throw new Error(behind.message)
      return ms
    }
    const settle = async (): Promise<void> => {
      await bareFetch()
      await refresh()
      await load()
    }
    await settle()
    // The first change after a start costs more: `bench -- fleet` tells how much.
    await repository.commit(leafEdit(repository, 0))
    await settle()
    const [bareMs, stateMs, refreshMs]: [number[], number[], number[]] = [[], [], []]
    const [loadMs, idleMs, lsRemoteMs]: [number[], number[], number[]] = [[], [], []]
    const changed: string[] = []
    let [bareRequests, requests] = [0, 0]
    for (let run = 1; run <= runs; run++) {
      const commit = await repository.commit(leafEdit(repository, run))
      const bare = async (): Promise<void> => {
        const { result, requests: count } = await requestsOf(bareFetch)
        bareMs.push(result)
        bareRequests = count
      }
      const ours = async (): Promise<void> => {
        const { result, requests: count } = await requestsOf(refresh)
        const { result: loaded, ms } = await timed(load)
        if (loaded.snapshot.revision.commit !== commit || loaded.changed === 'all')
          throw new Error('another commit was loaded')
        refreshMs.push(result)
        loadMs.push(ms)
        stateMs.push(result + ms)
        changed.push(...loaded.changed)
        requests = count
      }
      for (const side of run % 2 === 0 ? [bare, ours] : [ours, bare]) await side()
      lsRemoteMs.push(await git(mirror, 'ls-remote', url, 'refs/heads/bench'))
      idleMs.push(await refresh())
    }
    return { bareMs, stateMs, refreshMs, loadMs, idleMs, lsRemoteMs, bareRequests, requests, changed }
  } finally {
    await followed.close()
    await server.close()
    rmSync(folder, { recursive: true, force: true })
    repository.remove()
  }
}

/** Another text in every round: one that was seen already would be parsed for nothing. */
function leafEdit({ edits }: FleetRepository, run: number): ReadonlyMap<string, string> {
  const edit = [...(edits.get('leafOverlay') ?? [])]
  return new Map(edit.map(([path, text]) => [path, text.replace(/minutesSaved: \d+/, `minutesSaved: ${100 + run}`)]))
}

/** Milliseconds of a child. It must not block: the server is in this process. */
async function git(cwd: string, ...args: readonly string[]): Promise<number> {
  return (await timed(() => promisify(execFile)('git', args, { cwd }))).ms
}
