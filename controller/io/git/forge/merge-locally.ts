import { caps } from '../../../core/model/caps.ts'
import { newObject, type NewObject } from '../new-object.ts'
import { emptyTreeId } from '../object-id.ts'
import { writeObjects } from '../object-writer.ts'
import { editTree } from '../tree-edit.ts'
import { advanceCheckout } from './advance-checkout.ts'
import { checkoutsOf } from './checkouts.ts'
import { encodeCommit } from './commit-object.ts'
import type { Person, Refused } from './forge.ts'
import { branchRef, type LocalRepository } from './local-repository.ts'
import type { PullDocument } from './pull-document.ts'
import { forkOf } from './show-locally.ts'
import { diffTrees, isSame, type TreeChange } from './tree-diff.ts'
import { findEntry } from './tree-lookup.ts'

/** `moved`: the base was written by somebody else meanwhile. */
export type LocalMerge =
  | { readonly kind: 'merged'; readonly commit: string; readonly head: string; readonly wasEdited: boolean }
  | { readonly kind: 'moved' }
  | Refused

/** Brings the branch of a pull request into its base. The ledger is left to the caller. */
export async function mergeLocally(
  document: PullDocument,
  by: Person,
  at: number,
  repository: LocalRepository,
): Promise<LocalMerge> {
  const { number, base, branch } = document
  const { state, head, isEditedByPerson: wasEdited } = await repository.standingOf(document)
  if (state === 'closed') return refuse(`#${number} is closed.`)
  if (state === 'merged') return { kind: 'merged', commit: document.mergeCommit ?? head, head, wasEdited }
  const tip = repository.refs.read(branchRef(base))
  if (tip === null) return refuse(`There is no branch ${base} any more.`)
  // A person merged it with git, or the process died before the ledger knew.
  if (await repository.reader.isAncestor(head, tip)) return { kind: 'merged', commit: tip, head, wasEdited }
  const joined = (await repository.reader.isAncestor(tip, head))
    ? { kind: 'joined' as const, commit: head, tree: await repository.treeOf(head), objects: [] }
    : await join(document, head, tip, by, at, repository)
  if (joined.kind === 'refused') return joined
  await writeObjects(repository.gitdir, joined.objects)
  const reason = `merge ${branch}`
  const advanced = await advanceBranch(
    { base, tip, commit: joined.commit, tree: joined.tree, by, at, reason },
    repository,
  )
  if (advanced.kind !== 'advanced') return advanced
  return { kind: 'merged', commit: joined.commit, head, wasEdited }
}

type Joined = {
  readonly kind: 'joined'
  readonly commit: string
  readonly tree: string
  readonly objects: readonly NewObject[]
}

/** A merge commit, where base and branch changed different files. */
async function join(
  document: PullDocument,
  head: string,
  tip: string,
  by: Person,
  at: number,
  repository: LocalRepository,
): Promise<Joined | Refused> {
  const { reader } = repository
  const fork = await forkOf(document, head, repository)
  if (fork === null) return refuse(`${document.branch} and ${document.base} have no history in common.`)
  const base = await repository.treeOf(tip)
  const { changes, isComplete } = await diffTrees(reader, await repository.treeOf(fork), await repository.treeOf(head))
  if (!isComplete) return refuse('The branch changes too many files: merge it with git.')
  const both: string[] = []
  const edits = new Map<string, string | null>()
  for (const [path, { before, after }] of changes) {
    const present = await findEntry(reader, base, path)
    if (isSame(present, after)) continue
    if (!isSame(present, before)) both.push(path)
    else if (after !== undefined && after.mode !== '100644')
      return refuse(`${path} is no ordinary file on the branch: merge it with git.`)
    else edits.set(path, after?.oid ?? null)
  }
  const { tree, objects } = await editTree(reader, base, edits)
  const written = [...objects, ...(tree === null ? [newObject('tree', new Uint8Array())] : [])]
  if (both.length === 0) both.push(...(await sideEffects(repository, base, tree ?? emptyTreeId, written, edits)))
  if (both.length > 0) return refuse(`${document.base} changed the same files meanwhile: ${listOf(both)}.`)
  const message = `Merge pull request #${document.number} from ${document.branch}\n\n${document.title}`
  const parents = [tip, head]
  const commit = newObject(
    'commit',
    encodeCommit({ tree: tree ?? emptyTreeId, parents, author: by, committer: by, at, message }),
  )
  return { kind: 'joined', commit: commit.oid, tree: tree ?? emptyTreeId, objects: [...written, commit] }
}

/** Paths that an edit changed besides its own: a new folder takes the place of a file, or the other way round. */
async function sideEffects(
  { reader, gitdir }: LocalRepository,
  before: string,
  after: string,
  trees: readonly NewObject[],
  edits: ReadonlyMap<string, string | null>,
): Promise<string[]> {
  await writeObjects(gitdir, trees)
  const { changes } = await diffTrees(reader, before, after)
  return [...changes.keys()].filter((path) => !edits.has(path))
}

interface Advance {
  readonly base: string
  readonly tip: string
  readonly commit: string
  readonly tree: string
  readonly by: Person
  readonly at: number
  readonly reason: string
}

/** Moves the base, and with it the files of a person who has it checked out, unless that would cost them work. */
async function advanceBranch(
  { base, tip, commit, tree, by, at, reason }: Advance,
  repository: LocalRepository,
): Promise<{ readonly kind: 'advanced' } | { readonly kind: 'moved' } | Refused> {
  const ref = branchRef(base)
  const move = (): boolean => repository.refs.swap(ref, commit, tip)
  const [checkout, ...others] = checkoutsOf(repository.gitdir).get(ref) ?? []
  if (checkout === undefined) return { kind: move() ? 'advanced' : 'moved' }
  if (others.length > 0)
    return refuse(`${base} is checked out in several folders: switch all but one to another branch.`)
  const { changes, isComplete } = await diffTrees(repository.reader, await repository.treeOf(tip), tree)
  if (!isComplete) return refuse(`The branch changes too many files for the folder that has ${base} checked out.`)
  const special = [...changes].find(([, change]) => [change.before, change.after].some(isSpecial))?.[0]
  if (special !== undefined) return refuse(`${special} is no ordinary file: merge it with git.`)
  const contents = await contentsOf(changes, repository)
  if (contents === null) return refuse('The branch holds a file that is too large: merge it with git.')
  const files = new Map(
    [...changes].map(([path, { before, after }]) => [
      path,
      {
        before: before?.oid ?? null,
        after: after === undefined ? null : { oid: after.oid, contents: contents.get(after.oid) as Uint8Array },
      },
    ]),
  )
  const trace = { commonDir: repository.gitdir, ref, from: tip, to: commit, by, at, reason }
  return advanceCheckout(checkout, files, trace, move)
}

async function contentsOf(
  changes: ReadonlyMap<string, TreeChange>,
  { reader }: LocalRepository,
): Promise<Map<string, Uint8Array> | null> {
  const oids = [...changes.values()].flatMap(({ after }) => (after === undefined ? [] : [after.oid]))
  const sizes = [...(await reader.readSizes(oids)).values()]
  const isTooMuch = sizes.some((size) => size > caps.fileBytes)
  return isTooMuch ? null : await reader.readBlobs(oids)
}

function isSpecial(entry: TreeChange['before']): boolean {
  return entry !== undefined && entry.mode !== '100644'
}

function listOf(paths: readonly string[]): string {
  return paths.length > 5 ? `${paths.slice(0, 5).join(', ')} and ${paths.length - 5} more` : paths.join(', ')
}

function refuse(reason: string): Refused {
  return { kind: 'refused', reason }
}
