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

/** The fleet's files at one revision: names and ids; contents are read by id. */
export interface Snapshot {
  readonly revision: Revision
  /** Every YAML file of the fleet's folders by its path, in byte order of the paths. */
  readonly files: ReadonlyMap<string, FileEntry>
  /** Entries that were refused: names, modes, sizes, collisions. Each carries the path in `place.file`. */
  readonly problems: readonly Problem[]
}

/** The folders of a repository that are the fleet. Everything else is ignored. */
export const fleetFolders = ['connectors', 'policies', 'tenants', 'workflows'] as const
