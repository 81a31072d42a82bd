import { readFileSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { findGit, type GitBinary } from './git-binary.ts'
import { GitBinaryReader } from './git-binary-reader.ts'
import { GitError } from './git-error.ts'
import { IsomorphicReader } from './isomorphic-reader.ts'
import type { ObjectReader } from './object-reader.ts'

/** Where a repository's parts are on disk. */
export interface RepositoryLayout {
  /** Holds HEAD. */
  readonly gitdir: string
  /** Holds objects and refs; differs from `gitdir` in a linked worktree. */
  readonly commonDir: string
  /** The folder with the files; null in a bare repository. */
  readonly workTree: string | null
  /** The opened folder inside the work tree, with slashes; empty for the work tree itself and for bare repositories. */
  readonly prefix: string
}

export interface Repository extends RepositoryLayout {
  readonly reader: ObjectReader
  readonly git: GitBinary | null
}

export interface OpenOptions {
  /** The git to use; null for none. Unless given, the first usable one of the search path. */
  readonly git?: GitBinary | null
}

/**
 * Opens a work tree, a folder inside one, a linked worktree or a bare repository. Throws GitError `repository-unreadable`
 * where there is none, or one that cannot be read without git.
 */
export async function openRepository(path: string, options: OpenOptions = {}): Promise<Repository> {
  const layout = findRepository(path)
  if (layout === null) throw new GitError('repository-unreadable', `There is no git repository at ${path}.`)
  const git = options.git === undefined ? await findGit() : options.git
  checkFormat(layout, git)
  const reader = git === null ? new IsomorphicReader(layout.gitdir) : new GitBinaryReader(git, layout.gitdir)
  return { ...layout, reader, git }
}

/** Looks in the folder and then upwards; null where there is no repository. */
export function findRepository(path: string): RepositoryLayout | null {
  let start: string
  try {
    start = realpathSync(resolve(path))
  } catch (cause) {
    throw new GitError('repository-unreadable', `There is no folder ${path}.`, cause)
  }
  if (isGitDir(start))
    return { gitdir: start, commonDir: start, workTree: basename(start) === '.git' ? dirname(start) : null, prefix: '' }
  for (let folder = start; ; folder = dirname(folder)) {
    const gitdir = gitDirOf(folder)
    if (gitdir !== null)
      return {
        gitdir,
        commonDir: commonDirOf(gitdir),
        workTree: folder,
        prefix: relative(folder, start).split(sep).join('/'),
      }
    if (folder === dirname(folder)) return null
  }
}

function gitDirOf(folder: string): string | null {
  const path = join(folder, '.git')
  if (isGitDir(path)) return path
  // A linked worktree or a submodule: a file that says where.
  const target = /^gitdir: (.+)$/m.exec(textOf(path) ?? '')?.[1]
  return target === undefined ? null : resolve(folder, target.trim())
}

function isGitDir(path: string): boolean {
  const isFolder = (name: string): boolean =>
    statSync(join(path, name), { throwIfNoEntry: false })?.isDirectory() ?? false
  return textOf(join(path, 'HEAD')) !== null && isFolder('objects') && isFolder('refs')
}

function commonDirOf(gitdir: string): string {
  const target = textOf(join(gitdir, 'commondir'))
  return target === null ? gitdir : resolve(gitdir, target.trim())
}

function checkFormat(layout: RepositoryLayout, git: GitBinary | null): void {
  const config = textOf(join(layout.commonDir, 'config')) ?? ''
  if (/^\s*objectformat\s*=\s*sha256/im.test(config))
    refuse('The repository uses SHA-256 ids, which are not supported.')
  if (git !== null) return
  if (layout.gitdir !== layout.commonDir)
    refuse('A linked worktree can be read only where git 2.36 or newer is installed.')
  if (textOf(join(layout.commonDir, 'objects/info/alternates')) !== null)
    refuse('The repository borrows objects from another one and can be read only where git 2.36 or newer is installed.')
  if (/^\s*(partialclonefilter|promisor)\s*=/im.test(config)) refuse('A partial clone cannot be read: clone it fully.')
  if (/^\s*refstorage\s*=\s*reftable/im.test(config))
    refuse('The repository keeps its refs in a reftable, which needs git to be read.')
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}

function refuse(what: string): never {
  throw new GitError('repository-unreadable', what)
}
