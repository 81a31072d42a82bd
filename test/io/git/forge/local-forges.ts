import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, onTestFinished } from 'vitest'
import { type LocalForge, openLocalForge } from '../../../../controller/io/git/forge/index.ts'
import { forgeFleet, type OpenedForge } from '../../../conformance/forge.ts'
import { commitAll, git, newFolder, writeFiles } from '../repositories.ts'

// Made once and copied: ten children of git for each test would be most of the time.
const template = mkdtempSync(join(tmpdir(), 'headwater-forge-'))
afterAll(() => rmSync(template, { recursive: true, force: true }))
git(template, ['init', '-q', '-b', 'main', '--template=', 'checkout'])
writeFiles(join(template, 'checkout'), forgeFleet)
commitAll(join(template, 'checkout'), 'first')
git(template, ['clone', '-q', '--bare', '--template=', 'checkout', 'bare'])

export interface LocalOptions {
  readonly isBare: boolean
  /** Null for isomorphic-git only. */
  readonly git?: null
  /** A test that leaves somebody's work behind. */
  readonly mayBeDirty?: true
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
    if (!options.isBare && options.mayBeDirty !== true) expect(git(root, ['status', '--porcelain'])).toBe('')
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

/** A person's commit: in the checkout itself where it has the branch, else as if it had been pushed. */
export function push(root: string, branch: string, files: Readonly<Record<string, string | null>>): void {
  const isBare = git(root, ['rev-parse', '--is-bare-repository']) === 'true'
  if (!isBare && git(root, ['symbolic-ref', 'HEAD']) === `refs/heads/${branch}`) {
    for (const [path, text] of Object.entries(files)) {
      if (text === null) rmSync(join(root, path))
      else writeFiles(root, { [path]: text })
    }
    git(root, ['add', '-A'])
    git(root, ['commit', '-q', '-m', 'by hand', '--author', 'Person <person@example.com>'])
    return
  }
  const from = git(root, ['for-each-ref', `refs/heads/${branch}`]) === '' ? 'main' : branch
  const person = 'Person <person@example.com> 1767400000 +0000'
  const lines = [`commit refs/heads/${branch}`, `author ${person}`, `committer ${person}`, 'data 7', 'by hand']
  lines.push(`from refs/heads/${from}^0`)
  for (const [path, text] of Object.entries(files)) {
    if (text === null) lines.push(`D ${path}`)
    else lines.push(`M 100644 inline ${path}`, `data ${Buffer.byteLength(text)}`, text)
  }
  git(root, ['fast-import', '--quiet'], `${lines.join('\n')}\n`)
}
