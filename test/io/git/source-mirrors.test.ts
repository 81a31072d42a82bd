import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { randomBytes } from 'node:crypto'
import { describe, expect, onTestFinished, test } from 'vitest'
import { caps } from '../../../controller/core/model/caps.ts'
import { FileTree, type Folder, SourceMirrors } from '../../../controller/io/git/index.ts'
import { startGitHttpServer } from '../../fakes/git-http-server.ts'
import {
  commitTree,
  git,
  newFolder,
  newRepository,
  type TreeRow,
  writeBlob,
  writeFiles,
  writeTree,
  commitAll,
} from './repositories.ts'

const kinds = [
  ['the git binary', {}],
  ['isomorphic-git', { git: null }],
] as const

async function serve() {
  const root = newFolder()
  git(root, ['init', '-q', '--bare', '-b', 'main', 'files.git'])
  const server = await startGitHttpServer({ root })
  onTestFinished(() => server.close())
  return { server, bare: join(root, 'files.git'), address: { url: `${server.url}/files.git`, ref: 'main' } }
}

describe.each(kinds)('mirrors of tenants’ own repositories by %s', (_, choice) => {
  async function open(folder = newFolder(), maxBytes?: number): Promise<SourceMirrors> {
    const mirrors = await SourceMirrors.open({ folder, ...choice, ...(maxBytes !== undefined && { maxBytes }) })
    onTestFinished(() => mirrors.close())
    return mirrors
  }

  /** A commit of rows that no porcelain would write, fetched; answers its id. */
  async function fetched(mirrors: SourceMirrors, rows: (bare: string, blob: string) => TreeRow[]) {
    const { bare, address } = await serve()
    const commit = commitTree(bare, writeTree(bare, rows(bare, writeBlob(bare, 'x: 1\n'))), 'refs/heads/main')
    await mirrors.fetch(address)
    return { ...address, commit }
  }

  test('a commit outlives the process', async () => {
    const folder = newFolder()
    const mirrors = await open(folder)
    const { url, ref, commit } = await fetched(mirrors, (_bare, oid) => [{ mode: '100644', name: 'a.yaml', oid }])
    mirrors.keepMounted({ url, ref }, 'name', commit)
    await mirrors.close()
    const again = await open(folder)
    expect([
      again.commitOf({ url, ref }),
      again.mounted({ url, ref }, 'name'),
      again.mounted({ url, ref }, 'other'),
    ]).toEqual([commit, commit, null])
    const contents = await again.folder({ url, ref }, commit, '', 2)
    const [oid] = [...new FileTree(contents as Folder).values()].map((file) => file.oid)
    expect(Buffer.from((await again.read({ url, ref }, [oid as string])).get(oid as string) ?? []).toString()).toBe(
      'x: 1\n',
    )
  })

  test('the rules for names and modes hold; what a forge keeps at the top is passed over', async () => {
    const mirrors = await open()
    const { url, commit } = await fetched(mirrors, (bare, oid) => {
      const inside = writeTree(bare, [
        { mode: '100644', name: 'note.yaml', oid },
        { mode: '120000', name: 'outside.yaml', oid: writeBlob(bare, '../../../acme/tenant.yaml') },
        { mode: '160000', name: 'sub', oid: '1'.repeat(40) },
      ])
      return [
        { mode: '40000', name: '.github', oid: inside },
        { mode: '100644', name: '.gitlab-ci.yml', oid },
        { mode: '100644', name: 'README.md', oid },
        { mode: '100644', name: 'back\\slash.yaml', oid },
        { mode: '40000', name: 'overlays', oid: inside },
        { mode: '40000', name: 'Overlays', oid: inside },
      ].sort((a, b) => (a.name < b.name ? -1 : 1))
    })
    const folder = await mirrors.folder({ url, ref: 'main' }, commit, '', 2)
    expect([...new FileTree(folder as Folder).keys()]).toEqual(['overlays/note.yaml'])
    expect(folder?.refusals.map(({ name, code }) => `${code} ${name}`)).toEqual([
      'path-collision Overlays',
      'bad-path back\\slash.yaml',
    ])
    expect(folder?.refusalCount).toBe(4)
  })

  test.each(['..', '../..', '/', './.', 'a/../b', 'overlays/link'])('the path %s leads nowhere else', async (path) => {
    const mirrors = await open()
    const { url, commit } = await fetched(mirrors, (bare, oid) => [
      {
        mode: '40000',
        name: 'overlays',
        oid: writeTree(bare, [
          { mode: '120000', name: 'link', oid: writeBlob(bare, '/etc') },
          { mode: '100644', name: 'note.yaml', oid },
        ]),
      },
    ])
    const folder = await mirrors.folder({ url, ref: 'main' }, commit, path, 2)
    // Dots and slashes alone are the folder itself.
    const files = folder && [...new FileTree(folder).keys()]
    expect(files).toEqual(path === '/' || path === './.' ? ['overlays/note.yaml'] : null)
  })

  test('folders inside count from where the tenant stands', async () => {
    const mirrors = await open()
    const { url, commit } = await fetched(mirrors, (bare, oid) => {
      let folder = writeTree(bare, [{ mode: '100644', name: 'a.yaml', oid }])
      for (let level = 0; level < caps.depth - 4; level++)
        folder = writeTree(bare, [{ mode: '40000', name: 'd', oid: folder }])
      return [{ mode: '40000', name: 'd', oid: folder }]
    })
    const counts = async (above: number) => {
      const folder = await mirrors.folder({ url, ref: 'main' }, commit, '', above)
      return [folder?.fileCount, folder?.refusalCount]
    }
    // tenants/ and acme/ above: the file stands 64 folders deep, and 65 where one more is above.
    expect(await counts(3)).toEqual([1, 0])
    expect(await counts(4)).toEqual([0, 1])
  })

  test('folders with more names than anybody needs are not read', async () => {
    const mirrors = await open()
    const { url, commit } = await fetched(mirrors, (bare, oid) => {
      const rows = Array.from({ length: 60_000 }, (_none, n) => ({
        mode: '100644',
        name: `${n}`.padStart(100, '0'),
        oid,
      }))
      const large = writeTree(bare, rows)
      return [
        { mode: '40000', name: 'a', oid: large },
        { mode: '40000', name: 'b', oid: writeTree(bare, rows.slice(1)) },
      ]
    })
    await expect(mirrors.folder({ url, ref: 'main' }, commit, '', 2)).rejects.toMatchObject({ code: 'file-too-large' })
    expect((await mirrors.folder({ url, ref: 'main' }, commit, 'a', 2))?.refusalCount).toBe(0)
  })

  test('a repository larger than a mirror may be is refused, and not fetched again until it moves', async () => {
    const folder = newFolder()
    const { server, bare, address } = await serve()
    const work = newRepository({ 'overlays/a.yaml': 'x: 1\n' })
    const push = (): string => {
      const commit = commitAll(work)
      git(work, ['push', '-q', '--force', bare, 'main'])
      return commit
    }
    const mirrors = await open(folder, 512 * 1024)
    const first = push()
    expect(await mirrors.fetch(address)).toEqual({ kind: 'updated', from: null, commit: first })
    writeFiles(work, { 'photo.bin': randomBytes(2 * 1024 * 1024) })
    push()
    const failure = { code: 'fetch-failed', message: expect.stringContaining('is larger than a mirror may be') }
    await expect(mirrors.fetch(address)).rejects.toMatchObject(failure)
    const posts = () =>
      server.requests.filter(({ method, url }) => method === 'POST' && url.includes('git-upload-pack')).length
    const before = posts()
    await expect(mirrors.fetch(address)).rejects.toMatchObject(failure)
    // The tip is asked for; what it points to is not.
    expect(posts() - before).toBeLessThanOrEqual(1)
    expect(mirrors.commitOf(address)).toBe(first)
    git(work, ['reset', '-q', '--hard', first])
    writeFiles(work, { 'overlays/b.yaml': 'x: 2\n' })
    const small = push()
    expect(await mirrors.fetch(address)).toEqual({ kind: 'updated', from: first, commit: small })
    const [name] = readdirSync(folder)
    expect(readdirSync(join(folder, name as string)).filter((entry) => entry.startsWith('quarantine-'))).toEqual([])
  })

  test('branches of one repository share a mirror', async () => {
    const folder = newFolder()
    const mirrors = await open(folder)
    const { url, commit } = await fetched(mirrors, (_bare, oid) => [{ mode: '100644', name: 'a.yaml', oid }])
    await expect(mirrors.fetch({ url, ref: 'next' })).rejects.toMatchObject({
      message: expect.stringContaining('no such branch'),
    })
    expect(mirrors.commitOf({ url, ref: 'main' })).toBe(commit)
    expect(readdirSync(folder)).toHaveLength(1)
  })
})

test('a file that would be unpacked into more memory than git may take is refused', async () => {
  const { bare, address } = await serve()
  // 257 MiB of zeros are a quarter of a MiB on the wire.
  const oid = writeBlob(bare, new Uint8Array(257 * 1024 * 1024))
  commitTree(bare, writeTree(bare, [{ mode: '100644', name: 'zeros.bin', oid }]), 'refs/heads/main')
  const mirrors = await SourceMirrors.open({ folder: newFolder() })
  onTestFinished(() => mirrors.close())
  await expect(mirrors.fetch(address)).rejects.toMatchObject({
    message: expect.stringContaining('is larger than a mirror may be'),
  })
}, 60_000)

test.each(['ssh://git@example.com/x', 'https://user:hunter2@example.com/x', 'http://example.com/x', 'ext::sh -c id'])(
  'the address %s is refused before anything is asked',
  async (url) => {
    const folder = newFolder()
    const mirrors = await SourceMirrors.open({ folder })
    const address = { url, ref: 'main' }
    expect(() => mirrors.commitOf(address)).toThrow(expect.objectContaining({ code: 'fetch-failed' }))
    await expect(mirrors.fetch(address)).rejects.toMatchObject({ code: 'fetch-failed' })
    expect(readdirSync(folder)).toEqual([])
  },
)
