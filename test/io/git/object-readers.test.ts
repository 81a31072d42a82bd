import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { findGit, openRepository } from '../../../controller/io/git/index.ts'
import { objectReaderConformance } from '../../conformance/object-reader.ts'
import { commitAll, git, newFolder, newRepository, writeFiles } from './repositories.ts'

objectReaderConformance('the git binary', async (root) => (await openRepository(root)).reader)
objectReaderConformance('isomorphic-git', async (root) => (await openRepository(root, { git: null })).reader)

describe('openRepository', () => {
  async function treeOf(path: string, options?: { git: null }): Promise<string | undefined> {
    const { reader } = await openRepository(path, options)
    onTestFinished(() => reader.close())
    return (await reader.resolve('HEAD'))?.tree
  }

  test('opens a work tree, a folder in it, a bare repository and a linked worktree', async () => {
    const root = newRepository({ 'a.yaml': 'a: 1\n', 'b/c.yaml': 'c: 1\n' })
    const tree = git(root, ['rev-parse', 'HEAD^{tree}'])
    const bare = join(newFolder(), 'bare.git')
    git(root, ['clone', '-q', '--bare', root, bare])
    const linked = join(newFolder(), 'linked')
    git(root, ['worktree', 'add', '-q', '-b', 'side', linked])
    expect(await treeOf(root)).toBe(tree)
    expect(await treeOf(join(root, 'b'))).toBe(tree)
    expect(await treeOf(bare)).toBe(tree)
    expect(await treeOf(linked)).toBe(tree)
    expect(await treeOf(root, { git: null })).toBe(tree)
    expect(await treeOf(bare, { git: null })).toBe(tree)
    await expect(treeOf(linked, { git: null })).rejects.toMatchObject({
      code: 'repository-unreadable',
      message: expect.stringContaining('linked worktree'),
    })
    expect((await openRepository(join(root, 'b'))).prefix).toBe('b')
  })

  test('a linked worktree has a HEAD of its own', async () => {
    const root = newRepository({ 'a.yaml': 'a: 1\n' })
    const linked = join(newFolder(), 'linked')
    git(root, ['worktree', 'add', '-q', '-b', 'side', linked])
    writeFiles(linked, { 'a.yaml': 'a: side\n' })
    commitAll(linked)
    expect(await treeOf(linked)).toBe(git(linked, ['rev-parse', 'HEAD^{tree}']))
    expect(await treeOf(linked)).not.toBe(await treeOf(root))
  })

  test('says what is wrong with a folder that cannot be read', async () => {
    await expect(openRepository(newFolder())).rejects.toMatchObject({ code: 'repository-unreadable' })
    await expect(openRepository(join(newFolder(), 'nothing'))).rejects.toMatchObject({ code: 'repository-unreadable' })
    const modern = newFolder()
    git(modern, ['init', '-q', '--object-format=sha256'])
    await expect(openRepository(modern)).rejects.toMatchObject({ message: expect.stringContaining('SHA-256') })
    const origin = newRepository()
    const borrowing = join(newFolder(), 'borrowing')
    git(origin, ['clone', '-q', '--shared', origin, borrowing])
    await expect(openRepository(borrowing, { git: null })).rejects.toMatchObject({
      message: expect.stringContaining('borrows'),
    })
  })

  // Only root may give files away.
  test.skipIf(process.getuid?.() !== 0)('reads a repository of another user', async () => {
    const root = newRepository({ 'a.yaml': 'a: 1\n' })
    execFileSync('chown', ['-R', '12345:12345', root])
    expect(await treeOf(root)).toMatch(/^[0-9a-f]{40}$/)
  })

  test('finds no git where there is none', async () => {
    expect(await findGit(newFolder())).toBeNull()
    expect(await findGit('relative:.')).toBeNull()
  })

  test('starts its child anew after it died', async () => {
    const { reader } = await openRepository(newRepository({ 'a.yaml': 'a: 1\n' }))
    const before = await reader.resolve('HEAD')
    await reader.close()
    expect(await reader.resolve('HEAD')).toEqual(before)
    await reader.close()
  })
})
