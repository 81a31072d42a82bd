import type { ObjectReader, ResolvedRevision } from '../object-reader.ts'
import type { TreeEntry } from '../tree-object.ts'

/** Entries kept: a fleet of 10,000 tenants has about 60,000. */
const keptEntries = 200_000

/** Commits whose tree is remembered. */
const keptCommits = 20_000

/** A reader that remembers trees and commits: a thousand proposals on one base ask for the same folders a thousand times. */
export function withCachedTrees(reader: ObjectReader): ObjectReader {
  const kept = new Map<string, TreeEntry[]>()
  const commits = new Map<string, ResolvedRevision>()
  let entries = 0

  const resolve = async (revision: string): Promise<ResolvedRevision | null> => {
    const known = commits.get(revision)
    if (known !== undefined) return known
    const found = await reader.resolve(revision)
    if (commits.size > keptCommits) commits.clear()
    // An id always means the same, a name does not.
    if (found !== null && found.commit === revision) commits.set(revision, found)
    return found
  }

  const readTrees = async (oids: Iterable<string>): Promise<Map<string, TreeEntry[]>> => {
    const wanted = [...new Set(oids)]
    const missing = wanted.filter((oid) => !kept.has(oid))
    const read = missing.length === 0 ? new Map<string, TreeEntry[]>() : await reader.readTrees(missing)
    const answer = new Map(wanted.map((oid) => [oid, kept.get(oid) ?? (read.get(oid) as TreeEntry[])]))
    for (const [oid, tree] of read) {
      kept.set(oid, tree)
      entries += tree.length
    }
    for (const [oid, tree] of kept) {
      if (entries <= keptEntries) break
      kept.delete(oid)
      entries -= tree.length
    }
    return answer
  }

  return {
    kind: reader.kind,
    readTrees,
    readTree: async (oid) => (await readTrees([oid])).get(oid) as TreeEntry[],
    resolve,
    readSizes: (oids) => reader.readSizes(oids),
    readBlobs: (oids) => reader.readBlobs(oids),
    isAncestor: (ancestor, descendant) => reader.isAncestor(ancestor, descendant),
    close: () => reader.close(),
  }
}
