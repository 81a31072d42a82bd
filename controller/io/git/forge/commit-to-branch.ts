import { GitError } from '../git-error.ts'
import { newObject } from '../new-object.ts'
import { emptyTreeId } from '../object-id.ts'
import { writeObjects } from '../object-writer.ts'
import { checkPath } from '../rendered-branch.ts'
import { type OpenOptions, openRepository, type Repository } from '../repository.ts'
import { editTree } from '../tree-edit.ts'
import { advanceCheckout, type FileAdvance } from './advance-checkout.ts'
import { headRef, underWayIn } from './checkouts.ts'
import { encodeCommit } from './commit-object.ts'
import type { Person, Refused } from './forge.ts'
import { identityOf } from './git-identity.ts'
import { RepositoryRefs } from './repository-refs.ts'
import { findEntry } from './tree-lookup.ts'
import { standsInTheWay } from './work-tree-files.ts'

export interface CommitRequest extends OpenOptions {
  /** The fleet: a checkout, or a folder inside one. */
  readonly path: string
  /** Texts by path inside the fleet, as they lie on disk; null: the file was removed. */
  readonly files: ReadonlyMap<string, string | null>
  readonly message: string
  /** Who git says works here, unless told. */
  readonly author?: Person
  /** Milliseconds since 1970. */
  readonly at: number
}

export type BranchCommit =
  | { readonly kind: 'committed'; readonly commit: string; readonly branch: string }
  | { readonly kind: 'unchanged' }
  | Refused

/**
 * Commits these files on the branch that is checked out, and nothing else: what is staged or modified besides stays so.
 * Files that are not on disk yet are written. Runs no hooks and signs nothing.
 */
export async function commitToBranch(request: CommitRequest): Promise<BranchCommit> {
  for (const path of request.files.keys()) checkPath(path)
  const repository = await openRepository(request.path, request)
  try {
    return await commit(request, repository)
  } finally {
    await repository.reader.close()
  }
}

async function commit({ files, message, author, at }: CommitRequest, repository: Repository): Promise<BranchCommit> {
  const { reader, gitdir, commonDir, workTree } = repository
  if (workTree === null) return refuse('The repository is bare: there is no branch checked out to commit on.')
  const ref = headRef(gitdir)
  if (ref === null) return refuse('HEAD names no branch: switch to one first.')
  const by = author ?? identityOf(repository)
  if (by === null) return refuse('git does not know who you are: set user.name and user.email.')
  const refs = new RepositoryRefs(commonDir)
  const tip = refs.read(ref)
  const tree = await treeOf(repository, tip)
  const advances = new Map<string, FileAdvance>()
  for (const [path, text] of files) {
    const inside = insideOf(repository, path)
    const entry = tree === null ? undefined : await findEntry(reader, tree, inside)
    if (entry !== undefined && entry.mode !== '100644') return refuse(`${path} is no ordinary file.`)
    const blob = text === null ? null : newObject('blob', Buffer.from(text))
    advances.set(inside, { before: entry?.oid ?? null, after: blob })
  }
  const edited = await editTree(
    reader,
    tree,
    new Map([...advances].map(([path, { after }]) => [path, after?.oid ?? null])),
  )
  if ((edited.tree ?? emptyTreeId) === (tree ?? emptyTreeId)) return { kind: 'unchanged' }
  const fields = {
    tree: edited.tree ?? emptyTreeId,
    parents: tip === null ? [] : [tip],
    author: by,
    committer: by,
    at,
    message,
  }
  const made = newObject('commit', encodeCommit(fields))
  const blobs = [...files.values()].filter((text) => text !== null).map((text) => newObject('blob', Buffer.from(text)))
  const empty = edited.tree === null ? [newObject('tree', new Uint8Array())] : []
  await writeObjects(commonDir, [...blobs, ...edited.objects, ...empty, made])
  const reason = `commit${tip === null ? ' (initial)' : ''}: ${message.split('\n', 1)[0]}`
  const outcome = advanceCheckout(
    { gitdir, workTree, underWay: underWayIn(gitdir) },
    advances,
    { commonDir, ref, from: tip, to: made.oid, by, at, reason },
    () => refs.swap(ref, made.oid, tip),
  )
  if (outcome.kind === 'refused') return outcome
  if (outcome.kind === 'moved') return refuse('Somebody else committed meanwhile: try again.')
  return { kind: 'committed', commit: made.oid, branch: ref.slice('refs/heads/'.length) }
}

/** Which of these files hold changes that are not committed: to be asked before they are edited and committed. */
export async function uncommittedAmong(
  { path, ...options }: OpenOptions & { readonly path: string },
  files: Iterable<string>,
): Promise<string[]> {
  const repository = await openRepository(path, options)
  try {
    const { gitdir, commonDir, workTree, reader } = repository
    const ref = headRef(gitdir)
    const tree = await treeOf(repository, ref === null ? 'HEAD' : new RepositoryRefs(commonDir).read(ref))
    const found: string[] = []
    for (const file of files) {
      const inside = insideOf(repository, file)
      const before = (tree === null ? undefined : await findEntry(reader, tree, inside))?.oid ?? null
      const asCommitted = { before, after: { oid: before ?? '', contents: new Uint8Array() } }
      if (workTree !== null && standsInTheWay(workTree, inside, asCommitted) !== null) found.push(file)
    }
    return found
  } finally {
    await repository.reader.close()
  }
}

async function treeOf({ reader }: Repository, revision: string | null): Promise<string | null> {
  if (revision === null) return null
  const found = await reader.resolve(revision)
  if (found === null) throw new GitError('repository-unreadable', `Commit ${revision} is missing.`)
  return found.tree
}

function insideOf({ prefix }: Repository, path: string): string {
  return prefix === '' ? path : `${prefix}/${path}`
}

function refuse(reason: string): Refused {
  return { kind: 'refused', reason }
}
