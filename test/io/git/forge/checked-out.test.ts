import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ada, proposalOf } from '../../../conformance/forge.ts'
import { git, newFolder, writeFiles } from '../repositories.ts'
import { openedLocally, type OpenedLocally, push } from './local-forges.ts'

const overlay = 'tenants/acme/contoso/overlays/phishing.yaml'
const added = 'tenants/acme/contoso/overlays/new/one.yaml'
const files = new Map([
  [overlay, 'base: 1.1.0\n'],
  [added, 'new: 1\n'],
])

async function proposed(): Promise<OpenedLocally> {
  const opened = await openedLocally({ isBare: false, mayBeDirty: true })
  await opened.forge.propose(proposalOf({ files }))
  return opened
}

describe('a merge into the branch that a person has checked out', () => {
  test("brings the files along and keeps the person's other work, staged or not", async () => {
    const { root, forge } = await proposed()
    writeFiles(root, { 'staged.yaml': 'mine: 1\n', 'tenants/acme/fabrikam/tenant.yaml': 'kind: Tenant # mine\n' })
    git(root, ['add', 'staged.yaml'])
    writeFiles(root, { 'untracked.yaml': 'x\n' })
    expect((await forge.merge(1, ada)).kind).toBe('merged')
    expect(git(root, ['status', '--porcelain']).split('\n')).toEqual([
      'A  staged.yaml',
      ' M tenants/acme/fabrikam/tenant.yaml',
      '?? untracked.yaml',
    ])
    expect(readFileSync(join(root, overlay), 'utf8')).toBe('base: 1.1.0\n')
    expect(git(root, ['reflog', '-1', '--format=%gs'])).toBe(`merge ${proposalOf().branch}`)
    expect(git(root, ['branch', '--format=%(refname:short)'])).toBe('main')
  })

  test('makes a merge commit where the base moved, and removes files with their folders', async () => {
    const { root, forge } = await openedLocally({ isBare: false })
    await forge.propose(proposalOf({ files: new Map([[overlay, null]]) }))
    push(root, 'main', { 'README.md': 'about\n' })
    expect((await forge.merge(1, ada)).kind).toBe('merged')
    expect(existsSync(join(root, 'tenants/acme/contoso/overlays'))).toBe(false)
    expect(git(root, ['log', '-1', '--format=%an %P']).split(' ')).toHaveLength(3)
  })

  const refusals: [string, (root: string) => void, RegExp][] = [
    ['changed', (root) => writeFiles(root, { [overlay]: 'mine: 1\n' }), /uncommitted changes/],
    ['deleted', (root) => rmSync(join(root, overlay)), /is deleted/],
    [
      'staged with other contents',
      (root) => {
        writeFiles(root, { [overlay]: 'mine: 1\n' })
        git(root, ['add', '-A'])
        writeFiles(root, { [overlay]: 'base: 1.0.0\n' })
      },
      /is staged with other contents/,
    ],
    ['staged for deletion', (root) => git(root, ['rm', '-q', '--cached', overlay]), /staged for deletion/],
    ['untracked where a file comes', (root) => writeFiles(root, { [added]: 'mine: 1\n' }), /is an untracked file/],
    ['a folder where a file comes', (root) => mkdirSync(join(root, added), { recursive: true }), /no ordinary file/],
    [
      'a link to a folder elsewhere',
      (root) => symlinkSync('/tmp', join(root, 'tenants/acme/contoso/overlays/new')),
      /no folder/,
    ],
    ['hidden from git', (root) => git(root, ['update-index', '--skip-worktree', overlay]), /left out/],
    ['locked by another git', (root) => writeFileSync(join(root, '.git/index.lock'), ''), /Another git command/],
    [
      'in a merge that is under way',
      (root) => writeFileSync(join(root, '.git/MERGE_HEAD'), `${git(root, ['rev-parse', 'HEAD'])}\n`),
      /A merge is under way/,
    ],
  ]
  test.each(refusals)('is refused where a file is %s, and nothing is touched', async (_, act, reason) => {
    const { root, forge } = await proposed()
    act(root)
    const state = (): unknown => [
      git(root, ['for-each-ref']),
      readFileSync(join(root, '.git/index')).toString('hex'),
      existsSync(join(root, overlay)) && readFileSync(join(root, overlay), 'utf8'),
      existsSync(join(root, '.git/index.lock')),
    ]
    const before = state()
    expect(await forge.merge(1, ada)).toMatchObject({ kind: 'refused', reason: expect.stringMatching(reason) })
    expect(state()).toEqual(before)
    rmSync(join(root, '.git/index.lock'), { force: true })
  })

  test('takes files that hold what is merged already: a second attempt after a crash', async () => {
    const { root, forge } = await proposed()
    writeFiles(root, { [overlay]: 'base: 1.1.0\n', [added]: 'new: 1\n' })
    expect((await forge.merge(1, ada)).kind).toBe('merged')
    expect(git(root, ['status', '--porcelain'])).toBe('')
  })

  test('brings the files of a linked worktree along', async () => {
    const { root, forge } = await proposed()
    const tree = join(newFolder(), 'tree')
    git(root, ['checkout', '-q', '--detach'])
    git(root, ['worktree', 'add', '-q', tree, 'main'])
    expect((await forge.merge(1, ada)).kind).toBe('merged')
    expect(git(tree, ['status', '--porcelain'])).toBe('')
    expect(readFileSync(join(tree, overlay), 'utf8')).toBe('base: 1.1.0\n')
    expect(git(root, ['status', '--porcelain'])).toBe('')
  })

  test.each([2, 3, 4])('rewrites an index of version %d that git reads', async (version) => {
    const { root, forge } = await proposed()
    git(root, ['update-index', `--index-version=${version}`])
    writeFiles(root, { 'intent.yaml': 'x\n', 'tenants/ümlaut.yaml': 'y\n' })
    git(root, ['add', 'tenants'])
    git(root, ['add', '-N', 'intent.yaml'])
    const before = git(root, ['ls-files', '-s'])
      .split('\n')
      .filter((line) => !line.includes('phishing'))
    expect((await forge.merge(1, ada)).kind).toBe('merged')
    const after = git(root, ['ls-files', '-s']).split('\n')
    expect(after.filter((line) => !/phishing|new\/one/.test(line))).toEqual(before)
    expect(git(root, ['diff', '--name-only'])).toBe('intent.yaml')
  })

  test('does not write outside the folder for a branch with hostile paths', async () => {
    const { root, forge } = await proposed()
    const blob = git(root, ['hash-object', '-w', '--stdin'], 'evil')
    const inner = git(root, ['mktree'], `100644 blob ${blob}\tconfig\n`)
    const branch = `refs/heads/${proposalOf().branch}`
    const rows = git(root, ['ls-tree', branch])
    const tree = git(root, ['mktree'], `${rows}\n040000 tree ${inner}\t.git\n`)
    const commit = git(root, ['commit-tree', tree, '-p', branch, '-m', 'evil'])
    git(root, ['update-ref', branch, commit])
    const config = readFileSync(join(root, '.git/config'), 'utf8')
    expect((await forge.merge(1, ada)).kind).toBe('refused')
    expect(readFileSync(join(root, '.git/config'), 'utf8')).toBe(config)
    git(root, ['update-ref', branch, `${commit}^`])
    git(root, ['gc', '-q', '--prune=now'])
  })
})

test('a proposal leaves a branch alone that a person has checked out', async () => {
  const { root, forge } = await openedLocally({ isBare: false })
  await forge.propose(proposalOf())
  git(root, ['checkout', '-q', proposalOf().branch])
  const other = proposalOf({ files: new Map([[overlay, 'base: 1.2.0\n']]) })
  expect(await forge.propose(other)).toMatchObject({ kind: 'left-alone', reason: 'checked-out' })
  git(root, ['checkout', '-q', 'main'])
  expect((await forge.propose(other)).kind).toBe('updated')
})
