import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { commitToBranch, identityOf, uncommittedAmong } from '../../../../controller/io/git/forge/index.ts'
import { findRepository } from '../../../../controller/io/git/index.ts'
import { ada } from '../../../conformance/forge.ts'
import { git, newFolder, newRepository, writeFiles } from '../repositories.ts'

const at = Date.UTC(2026, 0, 5)

describe.each([
  ['with git', {}],
  ['without git', { git: null }],
])('a commit of given files %s', (_, options) => {
  test('holds these files and nothing else that is staged or modified', async () => {
    const root = newRepository({ 'a.yaml': 'a: 1\n', 'b.yaml': 'b: 1\n', 'c/d.yaml': 'd: 1\n' })
    writeFiles(root, { 'b.yaml': 'b: staged\n', 'new.yaml': 'staged\n' })
    git(root, ['add', '-A'])
    writeFiles(root, { 'a.yaml': 'a: 2\n', 'b.yaml': 'b: modified\n', 'x/y.yaml': 'y: 1\n', 'rest.yaml': '?\n' })
    const files = new Map([
      ['a.yaml', 'a: 2\n'],
      ['x/y.yaml', 'y: 1\n'],
      ['c/d.yaml', null],
    ])
    const made = await commitToBranch({ path: root, files, message: 'Release 2', author: ada, at, ...options })
    expect(made).toEqual({ kind: 'committed', commit: git(root, ['rev-parse', 'main']), branch: 'main' })
    expect(git(root, ['show', '--name-status', '--format=%an <%ae> %s', 'HEAD']).split('\n')).toEqual([
      'Ada <ada@example.com> Release 2',
      '',
      'M\ta.yaml',
      'D\tc/d.yaml',
      'A\tx/y.yaml',
    ])
    expect(git(root, ['status', '--porcelain']).split('\n')).toEqual(['MM b.yaml', 'A  new.yaml', '?? rest.yaml'])
    expect(git(root, ['show', ':b.yaml'])).toBe('b: staged')
    expect(git(root, ['reflog', '-1', '--format=%gs'])).toBe('commit: Release 2')
    expect(git(root, ['fsck', '--strict', '--no-dangling'])).toBe('')
    expect(await commitToBranch({ path: root, files, message: 'x', author: ada, at, ...options })).toEqual({
      kind: 'unchanged',
    })
  })

  test('is the first one of a new repository, and of a folder inside one', async () => {
    const root = newFolder()
    git(root, ['init', '-q', '-b', 'main'])
    mkdirSync(join(root, 'fleet'))
    const files = new Map([['tenants/a/tenant.yaml', 'kind: Tenant\n']])
    const path = join(root, 'fleet')
    const made = await commitToBranch({ path, files, message: 'First', author: ada, at, ...options })
    expect(made.kind).toBe('committed')
    expect(git(root, ['ls-files'])).toBe('fleet/tenants/a/tenant.yaml')
    expect(git(root, ['status', '--porcelain'])).toBe('')
    expect(existsSync(join(path, 'tenants/a/tenant.yaml'))).toBe(true)
  })

  test('is refused where it would take work along or away', async () => {
    const root = newRepository({ 'a.yaml': 'a: 1\n' })
    const commit = (text: string) =>
      commitToBranch({ path: root, files: new Map([['a.yaml', text]]), message: 'x', author: ada, at, ...options })
    writeFiles(root, { 'a.yaml': 'a: mine\n' })
    expect(await uncommittedAmong({ path: root, ...options }, ['a.yaml', 'b.yaml'])).toEqual(['a.yaml'])
    expect(await commit('a: 2\n')).toMatchObject({ kind: 'refused', reason: 'a.yaml has uncommitted changes.' })
    git(root, ['checkout', '-q', '--detach'])
    expect(await commit('a: mine\n')).toMatchObject({ kind: 'refused', reason: expect.stringContaining('HEAD') })
    const bare = newFolder()
    git(bare, ['clone', '-q', '--bare', root, '.'])
    const files = new Map([['a.yaml', 'a: 2\n']])
    const onBare = await commitToBranch({ path: bare, files, message: 'x', author: ada, at, ...options })
    expect(onBare).toMatchObject({ kind: 'refused', reason: expect.stringContaining('bare') })
    await expect(
      commitToBranch({ path: root, files: new Map([['../x', '']]), message: 'x', author: ada, at, ...options }),
    ).rejects.toMatchObject({ code: 'bad-path' })
  })
})

describe('who works here', () => {
  const layoutOf = (root: string) => findRepository(root) as NonNullable<ReturnType<typeof findRepository>>

  test('is what git is told: globally, here, by an include', () => {
    const [root, home] = [newRepository(), newFolder()]
    expect(identityOf(layoutOf(root), home)).toBeNull()
    writeFileSync(
      join(home, '.gitconfig'),
      `[user]\n\tname = "Ada ; L" ; comment\n\temail = ada@home.example # x\n[includeIf "gitdir:${root}/"]\n\tpath = work\n`,
    )
    expect(identityOf(layoutOf(root), home)).toEqual({ name: 'Ada ; L', email: 'ada@home.example' })
    writeFileSync(join(home, 'work'), '[user]\n\temail = ada@work.example\n[include]\n\tpath = ~/work\n')
    expect(identityOf(layoutOf(root), home)?.email).toBe('ada@work.example')
    git(root, ['config', 'user.name', 'Bob "B"'])
    expect(identityOf(layoutOf(root), home)).toEqual({ name: 'Bob "B"', email: 'ada@work.example' })
  })
})
