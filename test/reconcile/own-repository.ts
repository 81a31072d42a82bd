import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { createFleetLoader, type LoadedFleet } from '../../controller/reconcile/load-fleet.ts'
import { checkWorkflowSpec } from '../../controller/reconcile/check-workflow-spec.ts'
import {
  type FollowedFleet,
  type FollowOptions,
  openFollowedFleet,
} from '../../controller/reconcile/open-followed-fleet.ts'
import { type Files, share, tenant, tenantsDownTo, workflow } from '../fakes/fleet-files.ts'
import { type GitHttpServer, startGitHttpServer } from '../fakes/git-http-server.ts'
import { commitAll, git, newFolder, newRepository, writeFiles } from '../io/git/repositories.ts'

/** A bare repository behind git's own http-backend, and a checkout that pushes to it. */
export interface OwnRepository {
  readonly server: GitHttpServer
  readonly url: string
  /** The checkout. */
  readonly work: string
  readonly bare: string
  /** Commits these files (null: without it) and pushes them; answers the commit. */
  push(files: Readonly<Record<string, string | null>>, ...options: readonly string[]): string
}

/** With a token it is a private one. */
export async function ownRepository(files: Files, token?: string): Promise<OwnRepository> {
  const root = newFolder()
  const work = newRepository(files)
  const bare = join(root, 'files.git')
  git(root, ['clone', '-q', '--bare', work, 'files.git'])
  const server = await startGitHttpServer({ root, ...(token !== undefined && { token }) })
  onTestFinished(() => server.close())
  return {
    server,
    url: `${server.url}/files.git`,
    work,
    bare,
    push: (changes, ...options) => {
      for (const [path, text] of Object.entries(changes)) {
        if (text === null) rmSync(join(work, path), { force: true })
        else writeFiles(work, { [path]: text })
      }
      const commit = commitAll(work)
      git(work, ['push', '-q', ...options, bare, 'main'])
      return commit
    },
  }
}

/** Files of a tenant as they stand in a repository of its own: without the folders above. */
export function ownFiles(owner: string, ...parts: readonly Files[]): Files {
  const prefix = `tenants/${owner}/`
  const all: Files = Object.assign({}, ...parts)
  return Object.fromEntries(
    Object.entries(all).map(([path, text]) => {
      if (!path.startsWith(prefix)) throw new Error(`${path} is not a file of ${owner}`)
      return [path.slice(prefix.length), text]
    }),
  )
}

export function mounted(path: string, url: string, rest = ''): Files {
  return tenant(path, `source: { url: "${url}", ref: main${rest} }`)
}

/** A fleet of two customers, `acme/north` and `acme/south`, who both receive the workflow `note`. */
export const neighbours: Files = {
  ...tenantsDownTo('acme/north'),
  ...tenant('acme/south'),
  ...workflow('note'),
  ...share('all', 'note'),
}

export interface Followed {
  readonly folder: string
  readonly state: string
  readonly fleet: FollowedFleet
  load(): Promise<LoadedFleet>
  /** Writes into the fleet's folder. */
  edit(files: Readonly<Record<string, string | null>>): void
  close(): Promise<void>
}

/** Follows a fleet that lies in a folder; each look waits for every repository unless told otherwise. */
export async function follow(files: Files, options: Partial<FollowOptions> = {}): Promise<Followed> {
  const folder = newFolder()
  writeFiles(folder, files)
  return reopen({ folder, state: newFolder() }, options)
}

/** The same fleet and state in a new process, as far as memory goes. */
export async function reopen(
  { folder, state }: Pick<Followed, 'folder' | 'state'>,
  options: Partial<FollowOptions> = {},
): Promise<Followed> {
  const fleet = await openFollowedFleet({ fleet: folder, state, gitToken: undefined, isPatient: true, ...options })
  let isOpen = true
  const close = async (): Promise<void> => {
    if (isOpen) await fleet.close()
    isOpen = false
  }
  onTestFinished(close)
  return {
    folder,
    state,
    fleet,
    load: createFleetLoader(fleet.source, checkWorkflowSpec, () => 0),
    edit: (changes) => {
      for (const [path, text] of Object.entries(changes)) {
        if (text === null) rmSync(join(folder, path), { force: true })
        else writeFiles(folder, { [path]: text })
      }
    },
    close,
  }
}

/** Each tenant in a word: the code of what freezes it, or `valid`. */
export function tenantsOf({ desired }: LoadedFleet): Record<string, string> {
  return Object.fromEntries(
    [...desired.tenants.values()].map((each) => [each.path, each.kind === 'valid' ? 'valid' : each.cause.code]),
  )
}

export function mountsOf({ snapshot }: LoadedFleet): Record<string, string> {
  return Object.fromEntries((snapshot.mounts ?? []).map(({ tenant: path, state }) => [path, state]))
}
