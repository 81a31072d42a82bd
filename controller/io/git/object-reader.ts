import type { TreeEntry } from './tree-object.ts'

export interface ResolvedRevision {
  readonly commit: string
  /** The commit's root tree. */
  readonly tree: string
}

/**
 * Reads objects by id, without a checkout. Two implementations: the git binary and isomorphic-git.
 * Every method throws GitError `repository-unreadable` where an object is missing or broken.
 */
export interface ObjectReader {
  readonly kind: 'git-binary' | 'isomorphic'
  /** Null where there is no such commit. Throws GitError `unknown-revision` where the text cannot be a revision. */
  resolve(revision: string): Promise<ResolvedRevision | null>
  readTree(oid: string): Promise<TreeEntry[]>
  readTrees(oids: Iterable<string>): Promise<Map<string, TreeEntry[]>>
  /** Bytes of each object. */
  readSizes(oids: Iterable<string>): Promise<Map<string, number>>
  /** Contents by id, each id once. A blob over 256 KiB is GitError `file-too-large`, raised before any contents are read. */
  readBlobs(oids: Iterable<string>): Promise<Map<string, Uint8Array>>
  /** Whether `ancestor` is `descendant` or in its history. */
  isAncestor(ancestor: string, descendant: string): Promise<boolean>
  close(): Promise<void>
}

/** Bytes of one tree object: about 700,000 entries. Larger ones are refused, because a tree is held as a whole. */
export const treeBytesLimit = 32 * 1024 * 1024
