import type { Problem } from './problems.ts'

/** What a snapshot was taken of. */
export interface Revision {
  /** The commit, or null where the files come from a folder without git. */
  readonly commit: string | null
  /** Git tree id over the fleet's folders: two revisions with equal tree have equal desired state. */
  readonly tree: string
  /** Paths of the working tree that differ from the commit, sorted; empty for a commit. */
  readonly uncommitted: readonly string[]
}

export interface FileEntry {
  /** Git blob id of the contents: equal ids, equal bytes. */
  readonly oid: string
  /** Bytes. */
  readonly size: number
}

/**
 * `mirrored`: as it was fetched last, nobody has asked since. `behind`: it cannot be fetched now. `rewritten`: its history
 * does not go on from the commit in force. `invalid`: what it holds now cannot be mounted. `missing`: never fetched.
 */
export type MountState = 'current' | 'mirrored' | 'behind' | 'rewritten' | 'invalid' | 'missing'

/** What fills the folder of a tenant that keeps its files in a repository of its own. */
export interface Mount {
  readonly tenant: string
  readonly url: string
  readonly ref: string
  readonly path: string
  /** Null where the folder is not filled. */
  readonly commit: string | null
  readonly state: MountState
  /** What freezes the tenant. */
  readonly problem?: Problem
  /** What keeps news from being taken, while what is there stays in force. */
  readonly remark?: Problem
}

/** The fleet's files at one revision: names and ids; contents are read by id. */
export interface Snapshot {
  readonly revision: Revision
  /** Every YAML file of the fleet's folders by its path, in byte order of the paths. */
  readonly files: ReadonlyMap<string, FileEntry>
  /** Entries that were refused: names, modes, sizes, collisions. Each carries the path in `place.file`. */
  readonly problems: readonly Problem[]
  /** Sorted by tenant; absent where nobody keeps files elsewhere. */
  readonly mounts?: readonly Mount[]
}

/** The folders of a repository that are the fleet. Everything else is ignored. */
export const fleetFolders = ['connectors', 'policies', 'tenants', 'workflows'] as const
