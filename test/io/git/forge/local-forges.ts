import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, expect, onTestFinished } from 'vitest'
import { type LocalForge, openLocalForge } from '../../../../controller/io/git/forge/index.ts'
import { forgeFleet, type OpenedForge } from '../../../conformance/forge.ts'
import { commitAll, git, newFolder, writeFiles } from '../repositories.ts'

// Made once and copied: ten children of git for each test would be most of the time.
const template = mkdtempSync(join(tmpdir(), 'headwater-forge-'))
afterAll(() => rmSync(template, { recursive: true, force: true }))
git(template, ['init', '-q', '-b', 'main', 'checkout'])
writeFiles(join(template, 'checkout'), forgeFleet as Record<string, string>)
commitAll(join(template, 'checkout'), 'first')
git(template, ['clone', '-q', '--bare', 'checkout', 'bare'])

export interface LocalOptions {
  readonly isBare: boolean
  /** Null for isomorphic-git only. */
  readonly git?: null
}

export interface OpenedLocally extends OpenedForge {
  readonly forge: LocalForge
  /** The repository. */
  readonly root: string
}

/** A local forge over a real repository, with a clone beside it in which people work. */
export async function openedLocally(options: LocalOptions): Promise<OpenedLocally> {
  const root = newFolder()
  cpSync(join(template, options.isBare ? 'bare' : 'checkout'), root, { recursive: true })
  const open = (): Promise<LocalForge> =>
    openLocalForge({ path: root, now: () => Date.UTC(2026, 0, 5), ...(options.git === null && { git: null }) })
  const forge = await open()
  // The repository must be sound after every test, whatever the forge wrote.
  onTestFinished(() => {
    expect(git(root, ['fsck', '--strict', '--no-dangling'])).toBe('')
    if (!options.isBare) expect(git(root, ['status', '--porcelain'])).toBe('')
  })
  return {
    root,
    forge,
    reopen: open,
    read: async (branch, path) => {
      try {
        return `${git(root, ['cat-file', 'blob', `refs/heads/${branch}:${path}`])}\n`
      } catch {
        return null
      }
    },
    push: async (branch, files) => push(root, branch, files),
    fingerprint: async () => git(root, ['for-each-ref']),
  }
}

export function push(root: string, branch: string, files: Readonly<Record<string, string | null>>): void {
  // In the checkout itself where the branch is there: git refuses to push to it.
  const here = git(root, ['rev-parse', '--is-bare-repository']) === 'false'
  const isCheckedOut = here && git(root, ['symbolic-ref', 'HEAD']) === `refs/heads/${branch}`
  const folder = isCheckedOut ? root : newFolder()
  if (!isCheckedOut) {
    git(folder, ['clone', '-q', root, '.'])
    const isThere = git(root, ['for-each-ref', `refs/heads/${branch}`]) !== ''
    git(folder, isThere ? ['checkout', '-q', branch] : ['checkout', '-q', '-b', branch])
  }
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    if (text === null) rmSync(join(folder, path))
    else writeFileSync(join(folder, path), text)
  }
  git(folder, ['config', 'user.name', 'Person'])
  git(folder, ['add', '-A'])
  git(folder, ['-c', 'user.name=Person', 'commit', '-q', '-m', 'by hand', '--author', 'Person <person@example.com>'])
  if (!isCheckedOut) git(folder, ['push', '-q', 'origin', `HEAD:refs/heads/${branch}`])
}
