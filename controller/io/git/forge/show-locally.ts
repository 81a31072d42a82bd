import { caps } from '../../../core/model/caps.ts'
import {
  type PullRequestCommit,
  type PullRequestDetail,
  type PullRequestFile,
  shownCommits,
  shownFiles,
} from './forge.ts'
import { branchRef, type LocalRepository } from './local-repository.ts'
import { type PullDocument, toPullRequest } from './pull-document.ts'
import type { PullLedger } from './pull-ledger.ts'
import { diffTrees, type TreeChange } from './tree-diff.ts'

/** A pull request with its files, commits and comments. */
export async function showPull(
  document: PullDocument,
  repository: LocalRepository,
  ledger: PullLedger,
): Promise<PullRequestDetail> {
  const standing = await repository.standingOf(document)
  const pullRequest = toPullRequest(document, standing)
  const comments = await ledger.comments(document.number)
  const head = await repository.reader.resolve(standing.head)
  const fork = head === null ? null : await forkOf(document, standing.head, repository)
  // A closed pull request whose branch was deleted and whose commits git has thrown away.
  if (head === null || fork === null) return { ...pullRequest, files: [], moreFiles: 0, commits: [], comments }
  const { changes } = await diffTrees(repository.reader, await repository.treeOf(fork), head.tree)
  const paths = [...changes.keys()].sort()
  const files = await filesOf(paths.slice(0, shownFiles), changes, repository)
  const commits = await commitsOf(standing.head, fork, repository)
  return { ...pullRequest, files, moreFiles: Math.max(0, paths.length - shownFiles), commits, comments }
}

/** The commit that the branch left its base at; null where they have no history in common. */
export async function forkOf(
  document: PullDocument,
  head: string,
  { reader, refs, commits }: LocalRepository,
): Promise<string | null> {
  const { fork, base, state, wasEdited = false } = document
  const isAsWritten = state === 'open' ? head === document.head : !wasEdited
  const tip = refs.read(branchRef(base))
  if (isAsWritten || tip === null || state === 'merged') return (await reader.resolve(fork)) === null ? null : fork
  // A person may have rebased the branch, or merged the base into it: then they left it later than we did.
  const queue = [head]
  const seen = new Set(queue)
  for (const at of queue) {
    if (await reader.isAncestor(at, tip)) return at
    for (const parent of (await commits.read(at))?.parents ?? []) {
      if (seen.has(parent) || seen.size >= shownCommits) continue
      seen.add(parent)
      queue.push(parent)
    }
  }
  return null
}

async function commitsOf(head: string, fork: string, repository: LocalRepository): Promise<PullRequestCommit[]> {
  const found: PullRequestCommit[] = []
  let at: string | undefined = head
  while (at !== undefined && at !== fork && found.length < shownCommits) {
    const commit = await repository.commits.read(at)
    if (commit === null) break
    found.push({ commit: at, author: commit.author.name, at: commit.at, title: commit.message.split('\n', 1)[0] ?? '' })
    at = commit.parents[0]
  }
  return found
}

async function filesOf(
  paths: readonly string[],
  changes: ReadonlyMap<string, TreeChange>,
  repository: LocalRepository,
): Promise<PullRequestFile[]> {
  const entries = paths.flatMap((path) => {
    const { before, after } = changes.get(path) as TreeChange
    return [before, after].filter((entry) => entry !== undefined && entry.mode !== '160000')
  })
  const sizes = await repository.reader.readSizes(entries.map((entry) => entry?.oid as string))
  const small = [...sizes].flatMap(([oid, size]) => (size <= caps.fileBytes ? [oid] : []))
  const blobs = await repository.reader.readBlobs(small)
  return paths.map((path) => {
    const { before, after } = changes.get(path) as TreeChange
    const sides = [before, after].map((entry) => (entry === undefined ? undefined : blobs.get(entry.oid)))
    const [old, now] = sides.map((bytes) => (bytes === undefined ? undefined : Buffer.from(bytes).toString('utf8')))
    const isOmitted = (before !== undefined && old === undefined) || (after !== undefined && now === undefined)
    return {
      path: repository.pathOfFleet(path),
      ...(old !== undefined && { before: old }),
      ...(now !== undefined && { after: now }),
      ...(isOmitted && { isOmitted }),
    }
  })
}
