import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { GitError } from '../git-error.ts'
import { checkPath } from '../rendered-branch.ts'
import type { Checkout } from './checkouts.ts'
import type { Refused } from './forge.ts'
import { encodeIndex, indexEntry, type IndexEntry, nameInIndex, ordinaryFile, parseIndex } from './index-file.ts'
import { appendReflog, type RefTrace } from './reflog.ts'
import { replaceFiles, standsInTheWay, statOf, undo } from './work-tree-files.ts'

export interface FileAdvance {
  /** Blob id at the commit that is checked out; null: no file there. */
  readonly before: string | null
  readonly after: { readonly oid: string; readonly contents: Uint8Array } | null
}

export type CheckoutAdvance = { readonly kind: 'advanced' } | { readonly kind: 'moved' } | Refused

/**
 * Moves a branch that is checked out, with its files on disk and their rows of the index. Iff each file is, on disk and in the
 * index, what it was before or what it will be: anything else is a person's work. Other files, staged or not, stay as they are.
 */
export function advanceCheckout(
  { gitdir, workTree, underWay }: Checkout,
  files: ReadonlyMap<string, FileAdvance>,
  trace: RefTrace,
  move: () => boolean,
): CheckoutAdvance {
  if (workTree === null) return refuse('The branch is checked out in a folder that cannot be told.')
  if (underWay !== null) return refuse(`A ${underWay} is under way in ${workTree}: finish it first.`)
  const path = join(gitdir, 'index')
  const lock = takeIndexLock(path)
  if (lock === null) return refuse(`Another git command is at work in ${workTree}: try again when it is done.`)
  let isDone = false
  try {
    const entries = existsSync(path) ? parseIndex(readFileSync(path)) : []
    if (entries === null) return refuse(`The index of ${workTree} is split or sparse: merge with git.`)
    const byName = new Map(entries.map((entry) => [entry.name, entry]))
    for (const [file, wanted] of files) {
      const reason =
        wrongPath(file) ?? wrongInIndex(file, wanted, byName, entries) ?? standsInTheWay(workTree, file, wanted)
      if (reason !== null) return refuse(reason)
    }
    const replaced = replaceFiles(workTree, files)
    const isMoved = attempt(move, () => undo(replaced))
    if (!isMoved) {
      undo(replaced)
      return { kind: 'moved' }
    }
    writeSync(lock, encodeIndex(indexWith(entries, files, workTree)))
    fsyncSync(lock)
    renameSync(`${path}.lock`, path)
    isDone = true
    appendReflog(gitdir, trace)
    return { kind: 'advanced' }
  } finally {
    closeSync(lock)
    if (!isDone) rmSync(`${path}.lock`, { force: true })
  }
}

function indexWith(
  entries: readonly IndexEntry[],
  files: ReadonlyMap<string, FileAdvance>,
  workTree: string,
): IndexEntry[] {
  const names = new Set([...files.keys()].map(nameInIndex))
  const added = [...files].flatMap(([file, { after }]) => {
    const stat = after === null ? undefined : statOf(workTree, file)
    return after === null || stat === undefined ? [] : [indexEntry(file, after.oid, stat)]
  })
  return [...entries.filter(({ name }) => !names.has(name)), ...added]
}

// From a branch that anybody may have pushed: `../x` or `.git/config` would be written as well.
function wrongPath(file: string): string | null {
  try {
    checkPath(file)
    return null
  } catch (cause) {
    if (cause instanceof GitError) return cause.message
    throw cause
  }
}

function wrongInIndex(
  file: string,
  { before, after }: FileAdvance,
  byName: ReadonlyMap<string, IndexEntry>,
  entries: readonly IndexEntry[],
): string | null {
  const name = nameInIndex(file)
  const parents = name.split('/').slice(0, -1)
  const isBelowFile = parents.some((_, i) => byName.has(parents.slice(0, i + 1).join('/')))
  const isFolder = before === null && after !== null && entries.some((entry) => entry.name.startsWith(`${name}/`))
  const entry = byName.get(name)
  if (isBelowFile || isFolder) return `${file} cannot be written: a file stands where a folder is needed.`
  if (entry === undefined) return before === null || after === null ? null : `${file} is staged for deletion.`
  if (entry.stage !== 0) return `${file} is in an unfinished merge.`
  if (entry.isHidden) return `${file} is left out of the working tree (sparse checkout or assume-unchanged).`
  const isKnown = entry.oid === before || entry.oid === after?.oid
  return isKnown && entry.mode === ordinaryFile ? null : `${file} is staged with other contents.`
}

// Never taken over after a while, unlike our own locks: git holds it for as long as a person's editor is open.
function takeIndexLock(path: string): number | null {
  try {
    return openSync(`${path}.lock`, 'wx', 0o644)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return null
    throw new GitError('repository-unreadable', 'The index of the working tree cannot be written.', cause)
  }
}

function attempt(act: () => boolean, onThrow: () => void): boolean {
  try {
    return act()
  } catch (cause) {
    onThrow()
    throw cause
  }
}

function refuse(reason: string): Refused {
  return { kind: 'refused', reason }
}
