import { describe, expect, onTestFinished, test } from 'vitest'
import type { ObjectReader } from '../../controller/io/git/index.ts'
import { commitAll, git, newRepository, writeBlob, writeFiles, writeTree } from '../io/git/repositories.ts'

/** What every reader of objects does, whatever reads for it. */
export function objectReaderConformance(name: string, open: (root: string) => Promise<ObjectReader>): void {
  describe(`${name} as an object reader`, () => {
    async function start(): Promise<{ root: string; reader: ObjectReader }> {
      const root = newRepository({ 'a.yaml': 'a: 1\n', 'b/c.yaml': 'c: 1\n' })
      const reader = await open(root)
      onTestFinished(() => reader.close())
      return { root, reader }
    }

    test('resolves what people write to a commit and its tree', async () => {
      const { root, reader } = await start()
      const first = git(root, ['rev-parse', 'HEAD'])
      writeFiles(root, { 'a.yaml': 'a: 2\n' })
      const second = commitAll(root)
      git(root, ['tag', 'light'])
      git(root, ['tag', '-a', 'v1', '-m', 'one'])
      git(root, ['tag', '-a', 'v2', '-m', 'two', 'v1'])
      git(root, ['update-ref', 'refs/remotes/origin/main', first])
      for (const revision of [
        'HEAD',
        '@',
        'main',
        'refs/heads/main',
        'light',
        'v1',
        'v2',
        'v2^{commit}',
        'v1^{}',
        second,
        second.slice(0, 8),
        'HEAD~0',
      ])
        expect([revision, await reader.resolve(revision)]).toEqual([
          revision,
          { commit: second, tree: git(root, ['rev-parse', `${second}^{tree}`]) },
        ])
      for (const revision of ['HEAD~', 'HEAD~1', 'main^', 'v2~1', '@^1', 'origin/main', first])
        expect([revision, (await reader.resolve(revision))?.commit]).toEqual([revision, first])
    })

    test('answers null for what is not there and for what is no commit', async () => {
      const { root, reader } = await start()
      const blob = git(root, ['rev-parse', 'HEAD:a.yaml'])
      for (const revision of ['nothing', 'HEAD~7', 'HEAD^2', '0'.repeat(40), 'ffffffff', blob, 'refs/heads/nothing'])
        expect([revision, await reader.resolve(revision)]).toEqual([revision, null])
    })

    test.each(['', '-x', '--upload-pack=touch', 'a b', 'a\nb', 'HEAD:a.yaml', 'a\0b', 'x'.repeat(251)])(
      'refuses the revision %j',
      async (revision) => {
        const { reader } = await start()
        await expect(reader.resolve(revision)).rejects.toMatchObject({ code: 'unknown-revision' })
      },
    )

    test('sees commits, packs and branches that come later', async () => {
      const { root, reader } = await start()
      await reader.resolve('main')
      writeFiles(root, { 'a.yaml': 'a: 3\n' })
      const later = commitAll(root)
      git(root, ['gc', '-q', '--prune=now'])
      const found = await reader.resolve('main')
      expect(found?.commit).toBe(later)
      const entries = await reader.readTree(found?.tree ?? '')
      const oid = entries.find((entry) => entry.name === 'a.yaml')?.oid ?? ''
      expect(Buffer.from((await reader.readBlobs([oid])).get(oid) ?? []).toString()).toBe('a: 3\n')
    })

    test('hands the names of a hostile tree through as they are', async () => {
      const { root, reader } = await start()
      const oid = writeBlob(root, 'x')
      const names = [
        '..',
        '.git',
        '.GIT',
        'a/../b',
        'new\nline',
        'same',
        'same',
        'caf\u00e9',
        'cafe\u0301',
        'back\\slash',
        ' ',
      ]
      const tree = writeTree(root, [
        ...names.map((entry) => ({ mode: '100644', name: entry, oid })),
        { mode: '100644', name: Buffer.from([0x78, 0xff]), oid },
        { mode: '120000', name: 'link', oid },
        { mode: '160000', name: 'module', oid: '1'.repeat(40) },
        { mode: '100664', name: 'odd', oid },
      ])
      const entries = await reader.readTree(tree)
      expect(entries.slice(0, names.length).map((entry) => entry.name)).toEqual(names)
      expect(entries.slice(names.length)).toEqual([
        { mode: '100644', name: 'x\ufffd', oid, exact: false },
        { mode: '120000', name: 'link', oid, exact: true },
        { mode: '160000', name: 'module', oid: '1'.repeat(40), exact: true },
        { mode: '100664', name: 'odd', oid, exact: true },
      ])
    })

    test('reads each blob once, byte for byte', async () => {
      const { root, reader } = await start()
      const contents = [
        Buffer.alloc(0),
        Buffer.from([0, 10, 13, 255]),
        Buffer.alloc(200_000, '\n'),
        Buffer.from('abc missing\n'),
      ]
      const oids = contents.map((bytes) => writeBlob(root, bytes))
      const blobs = await reader.readBlobs([...oids, ...oids])
      expect([...blobs.keys()]).toEqual(oids)
      contents.forEach((bytes, i) => expect(Buffer.from(blobs.get(oids[i] ?? '') ?? []).equals(bytes)).toBe(true))
      expect(await reader.readSizes(oids)).toEqual(new Map(oids.map((oid, i) => [oid, contents[i]?.length])))
    })

    test('refuses a blob of one byte too many, and goes on', async () => {
      const { root, reader } = await start()
      const large = writeBlob(root, Buffer.alloc(256 * 1024 + 1, 'x'))
      const fits = writeBlob(root, Buffer.alloc(256 * 1024, 'x'))
      await expect(reader.readBlobs([fits, large])).rejects.toMatchObject({ code: 'file-too-large' })
      expect((await reader.readBlobs([fits])).get(fits)?.byteLength).toBe(256 * 1024)
    })

    test('throws for a missing object, a wrong type and a text that is no id, and goes on', async () => {
      const { root, reader } = await start()
      const tree = git(root, ['rev-parse', 'HEAD^{tree}'])
      const blob = git(root, ['rev-parse', 'HEAD:a.yaml'])
      const unreadable = { code: 'repository-unreadable' }
      await expect(reader.readBlobs(['1'.repeat(40)])).rejects.toMatchObject(unreadable)
      await expect(reader.readBlobs([tree])).rejects.toMatchObject(unreadable)
      await expect(reader.readTree(blob)).rejects.toMatchObject(unreadable)
      await expect(reader.readTree('HEAD\ncontents HEAD')).rejects.toMatchObject(unreadable)
      expect(await reader.readTree(tree)).toHaveLength(2)
    })

    test('answers many questions at once in order', async () => {
      const { root, reader } = await start()
      const oids = Array.from({ length: 50 }, (_, i) => writeBlob(root, `blob ${i}`))
      const answers = await Promise.all(oids.map((oid) => reader.readBlobs([oid])))
      answers.forEach((blobs, i) => expect(Buffer.from(blobs.get(oids[i] ?? '') ?? []).toString()).toBe(`blob ${i}`))
    })

    test('ignores refs/replace', async () => {
      const { root, reader } = await start()
      const blob = git(root, ['rev-parse', 'HEAD:a.yaml'])
      git(root, ['replace', blob, writeBlob(root, 'replaced')])
      expect(Buffer.from((await reader.readBlobs([blob])).get(blob) ?? []).toString()).toBe('a: 1\n')
    })

    test('knows ancestors', async () => {
      const { root, reader } = await start()
      const first = git(root, ['rev-parse', 'HEAD'])
      const second = commitAll(root)
      expect(await reader.isAncestor(first, second)).toBe(true)
      expect(await reader.isAncestor(first, first)).toBe(true)
      expect(await reader.isAncestor(second, first)).toBe(false)
    })
  })
}
