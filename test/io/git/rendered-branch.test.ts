import { mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openRenderedBranch, type RenderedBranch } from '../../../controller/io/git/index.ts'
import { git, newFolder } from './repositories.ts'

const ref = 'refs/heads/headwater/rendered'
const author = { name: 'Headwater', email: 'headwater@example.com', at: new Date('2026-03-01T12:00:00Z') }

describe.each([
  ['with git', {}],
  ['without git', { git: null }],
] as const)('the rendered branch %s', (_, choice) => {
  async function open(gitdir = join(newFolder(), 'state.git')): Promise<{ gitdir: string; branch: RenderedBranch }> {
    const branch = await openRenderedBranch({ gitdir, ref, ...choice })
    onTestFinished(() => branch.close())
    return { gitdir, branch }
  }

  function files(entries: Record<string, string | null>): ReadonlyMap<string, string | null> {
    return new Map(Object.entries(entries))
  }

  function listing(gitdir: string): string[] {
    return git(gitdir, ['ls-tree', '-r', '--name-only', ref]).split('\n')
  }

  test('makes the repository and the first commit', async () => {
    const { gitdir, branch } = await open()
    expect(branch.tip()).toBeNull()
    const outcome = await branch.commitFiles({
      files: files({ 'acme/a.yaml': 'a: 1\n', 'b.yaml': 'ü\n' }),
      message: 'first',
      author,
    })
    expect(outcome).toEqual({ kind: 'committed', commit: git(gitdir, ['rev-parse', ref]), parent: null })
    expect(listing(gitdir)).toEqual(['acme/a.yaml', 'b.yaml'])
    expect(git(gitdir, ['show', `${ref}:b.yaml`])).toBe('ü')
    expect(git(gitdir, ['log', '-1', '--format=%an <%ae> %aI %cI %s', ref])).toBe(
      'Headwater <headwater@example.com> 2026-03-01T12:00:00+00:00 2026-03-01T12:00:00+00:00 first',
    )
    git(gitdir, ['fsck', '--strict'])
  })

  test('changes only what is named, removes empty folders, and is found in git log', async () => {
    const { gitdir, branch } = await open()
    await branch.commitFiles({
      files: files({ 'a/b/c.yaml': '1\n', 'a/d.yaml': '2\n', 'e/f.yaml': '3\n', 'e.yaml': '4\n' }),
      message: 'one',
      author,
    })
    await branch.commitFiles({
      files: files({ 'a/b/c.yaml': null, 'e/f.yaml': '5\n', 'nothing/here.yaml': null }),
      message: 'two',
      author,
    })
    expect(listing(gitdir)).toEqual(['a/d.yaml', 'e.yaml', 'e/f.yaml'])
    expect(git(gitdir, ['log', '--format=%s', '--name-status', ref, '--', 'e/f.yaml']).replace(/\s+/g, ' ')).toBe(
      'two M e/f.yaml one A e/f.yaml',
    )
    git(gitdir, ['fsck', '--strict'])
  })

  test('takes files one by one, more than it holds at once, and of a path that comes twice the last', async () => {
    const { gitdir, branch } = await open()
    const many = 10_002
    function* wanted(): Generator<[string, string | null]> {
      yield ['again.yaml', null]
      for (let at = 0; at < many; at++) yield [`many/${at % 100}/${at}.yaml`, `${Math.floor(at / 2)}\n`]
      for (let at = 0; at < many; at++) yield [`other/${at % 100}/${at}.yaml`, `other ${at}\n`]
      yield ['again.yaml', 'there\n']
    }
    await branch.commitFiles({ files: wanted(), message: 'many', author })
    expect(listing(gitdir)).toHaveLength(2 * many + 1)
    expect(git(gitdir, ['show', `${ref}:again.yaml`])).toBe('there')
    expect(git(gitdir, ['show', `${ref}:many/1/${many - 1}.yaml`])).toBe('5000')
    git(gitdir, ['fsck', '--strict'])
  })

  test('where some of them cannot be written it fails, and the branch stays', async () => {
    const { gitdir, branch } = await open()
    await branch.commitFiles({ files: files({ 'a.yaml': 'a: 1\n' }), message: 'first', author })
    const tip = branch.tip()
    const packs = join(gitdir, 'objects/pack')
    rmSync(packs, { recursive: true })
    writeFileSync(packs, '')
    const many = Array.from({ length: 12_000 }, (_, at) => [`n/${at}.yaml`, `n: ${at}\n`] as const)
    await expect(branch.commitFiles({ files: many, message: 'second', author })).rejects.toThrow(
      /ENOTDIR|EEXIST|not a directory/i,
    )
    expect(branch.tip()).toBe(tip)
  })

  test('doing it again changes nothing', async () => {
    const { branch } = await open()
    const wanted = { files: files({ 'a/b.yaml': '1\n' }), message: 'one', author }
    const first = await branch.commitFiles(wanted)
    expect(await branch.commitFiles({ ...wanted, message: 'again' })).toEqual({
      kind: 'unchanged',
      commit: branch.tip(),
    })
    expect(first).toMatchObject({ commit: branch.tip() })
    expect(await branch.commitFiles({ ...wanted, files: files({ 'x.yaml': null }) })).toMatchObject({
      kind: 'unchanged',
    })
  })

  test('the same files, author and date give the same commit elsewhere', async () => {
    const wanted = { files: files({ 'a.yaml': '1\n' }), message: 'one', author }
    expect(await (await open()).branch.commitFiles(wanted)).toEqual(await (await open()).branch.commitFiles(wanted))
  })

  test('removing the last file leaves an empty tree', async () => {
    const { gitdir, branch } = await open()
    await branch.commitFiles({ files: files({ 'a/b.yaml': '1\n' }), message: 'one', author })
    expect(await branch.commitFiles({ files: files({ 'a/b.yaml': null }), message: 'two', author })).toMatchObject({
      kind: 'committed',
    })
    expect(git(gitdir, ['ls-tree', ref])).toBe('')
    await branch.commitFiles({ files: files({ 'c.yaml': '1\n' }), message: 'three', author })
    expect(listing(gitdir)).toEqual(['c.yaml'])
    git(gitdir, ['fsck', '--strict'])
  })

  test('a file may take the place of a folder, and the other way round', async () => {
    const { gitdir, branch } = await open()
    await branch.commitFiles({ files: files({ 'a/b.yaml': '1\n', c: '2\n' }), message: 'one', author })
    await branch.commitFiles({ files: files({ a: '3\n', 'c/d.yaml': '4\n' }), message: 'two', author })
    expect(listing(gitdir)).toEqual(['a', 'c/d.yaml'])
  })

  test('writes nothing where the tip is not the expected one', async () => {
    const { branch } = await open()
    const wanted = { files: files({ 'a.yaml': '1\n' }), message: 'one', author }
    expect(await branch.commitFiles({ ...wanted, expected: '1'.repeat(40) })).toEqual({ kind: 'moved', commit: null })
    await branch.commitFiles({ ...wanted, expected: null })
    expect(await branch.commitFiles({ ...wanted, expected: null })).toEqual({ kind: 'moved', commit: branch.tip() })
  })

  test('loses no commit of a second writer', async () => {
    const { gitdir, branch } = await open()
    const { branch: other } = await open(gitdir)
    const write = (writer: RenderedBranch, name: string): Promise<unknown> =>
      writer.commitFiles({ files: files({ [`${name}.yaml`]: name }), message: name, author })
    for (let i = 0; i < 10; i++) await Promise.all([write(branch, `a${i}`), write(other, `b${i}`)])
    expect(listing(gitdir)).toHaveLength(20)
  })

  test('respects a lock of git, but not one of a process that died', async () => {
    const { gitdir, branch } = await open()
    const wanted = { files: files({ 'a.yaml': '1\n' }), message: 'one', author }
    mkdirSync(join(gitdir, 'refs/heads/headwater'), { recursive: true })
    const lock = join(gitdir, `${ref}.lock`)
    writeFileSync(lock, '')
    expect(await branch.commitFiles(wanted)).toEqual({ kind: 'moved', commit: null })
    utimesSync(lock, new Date(0), new Date(0))
    expect(await branch.commitFiles(wanted)).toMatchObject({ kind: 'committed' })
  })

  test('reads a tip that git has packed', async () => {
    const { gitdir, branch } = await open()
    await branch.commitFiles({ files: files({ 'a.yaml': '1\n' }), message: 'one', author })
    git(gitdir, ['pack-refs', '--all'])
    git(gitdir, ['gc', '-q', '--prune=now'])
    expect(await branch.commitFiles({ files: files({ 'b.yaml': '1\n' }), message: 'two', author })).toMatchObject({
      kind: 'committed',
    })
    expect(listing(gitdir)).toEqual(['a.yaml', 'b.yaml'])
  })

  test('writes thousands of files, in large folders and small ones, as one pack that git finds in order', async () => {
    const { gitdir, branch } = await open()
    const many = new Map(
      Array.from({ length: 2_000 }, (_unused, i) => [`t${i % 250}/w${i}.yaml`, `name: ${i}\n`.repeat(i % 300)]),
    )
    await branch.commitFiles({ files: many, message: 'many', author })
    expect(readdirSync(join(gitdir, 'objects/pack')).filter((name) => name.endsWith('.pack'))).toHaveLength(1)
    expect(listing(gitdir)).toHaveLength(2_000)
    expect(git(gitdir, ['show', `${ref}:t49/w299.yaml`])).toBe('name: 299\n'.repeat(299).trimEnd())
    git(gitdir, ['fsck', '--strict', '--full'])
    git(gitdir, [
      'verify-pack',
      ...readdirSync(join(gitdir, 'objects/pack'))
        .filter((name) => name.endsWith('.idx'))
        .map((name) => `objects/pack/${name}`),
    ])
  })

  test.each(['../x', '.git/config', 'a/.GIT/x', '/etc/x', 'a//b', 'a/./b', '', 'sp ace', 'a\nb'])(
    'refuses the path %j',
    async (path) => {
      const { branch } = await open()
      await expect(branch.commitFiles({ files: files({ [path]: 'x' }), message: 'x', author })).rejects.toMatchObject({
        code: 'bad-path',
      })
    },
  )

  test('a name cannot add a header to the commit', async () => {
    const { gitdir, branch } = await open()
    const crooked = { ...author, name: 'A <x>\nparent 1', email: 'a>b\n' }
    await branch.commitFiles({ files: files({ 'a.yaml': '1\n' }), message: 'one', author: crooked })
    expect(git(gitdir, ['log', '-1', '--format=%an|%ae|%P', ref])).toBe('A  x  parent 1|a b|')
    git(gitdir, ['fsck', '--strict'])
  })
})
