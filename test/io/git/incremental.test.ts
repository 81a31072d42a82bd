import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { changedFiles, CommitSource, type ObjectReader, openRepository } from '../../../controller/io/git/index.ts'
import { commitAll, git, importFiles, newRepository, writeFiles } from './repositories.ts'

interface Counted {
  readonly reader: ObjectReader
  readonly trees: string[]
  readonly sizes: string[]
}

/** A reader that notes what it is asked for. */
async function counted(root: string): Promise<Counted> {
  const { reader } = await openRepository(root)
  onTestFinished(() => reader.close())
  const trees: string[] = []
  const sizes: string[] = []
  const counting: ObjectReader = {
    kind: reader.kind,
    resolve: (revision) => reader.resolve(revision),
    readTree: (oid) => reader.readTree(oid),
    readTrees: (oids) => {
      trees.push(...oids)
      return reader.readTrees(oids)
    },
    readSizes: (oids) => {
      sizes.push(...oids)
      return reader.readSizes(oids)
    },
    readBlobs: (oids) => reader.readBlobs(oids),
    isAncestor: (ancestor, descendant) => reader.isAncestor(ancestor, descendant),
    close: () => reader.close(),
  }
  return { reader: counting, trees, sizes }
}

const fleet = Object.fromEntries(
  Array.from({ length: 40 }, (_, i) => [`tenants/p${i % 4}/c${i}/tenant.yaml`, `name: c${i}\n`]),
)

describe('a commit source', () => {
  test('reads only the trees on the way to a changed file', async () => {
    const root = newRepository(fleet)
    const { reader, trees, sizes } = await counted(root)
    const source = new CommitSource({ reader, revision: 'main' })
    const before = await source.snapshot()
    expect(trees).toHaveLength(1 + 1 + 4 + 40)
    expect(sizes).toHaveLength(40)
    trees.length = sizes.length = 0
    writeFiles(root, { 'tenants/p1/c5/tenant.yaml': 'name: edited\n' })
    commitAll(root)
    const after = await source.snapshot()
    const path = ['', 'tenants', 'tenants/p1', 'tenants/p1/c5']
    expect(trees).toEqual(path.map((folder) => git(root, ['rev-parse', `HEAD:${folder}`])))
    expect(sizes).toEqual([git(root, ['rev-parse', 'HEAD:tenants/p1/c5/tenant.yaml'])])
    expect(changedFiles(before.files, after.files).map((change) => change.path)).toEqual(['tenants/p1/c5/tenant.yaml'])
  })

  test('reads nothing of a folder that moved, and nothing but the root for a change outside the fleet', async () => {
    const root = newRepository({ ...fleet, 'README.md': 'one' })
    const { reader, trees, sizes } = await counted(root)
    const source = new CommitSource({ reader, revision: 'main' })
    const before = await source.snapshot()
    trees.length = sizes.length = 0
    git(root, ['mv', 'tenants/p1', 'tenants/moved'])
    commitAll(root)
    await source.snapshot()
    expect(trees).toHaveLength(2)
    git(root, ['mv', 'tenants/moved', 'tenants/p1'])
    writeFiles(root, { 'README.md': 'two' })
    commitAll(root)
    trees.length = 0
    const after = await source.snapshot()
    expect(trees).toEqual([git(root, ['rev-parse', 'HEAD^{tree}'])])
    expect(sizes).toEqual([])
    expect(after.revision.tree).toBe(before.revision.tree)
    expect(after.revision.commit).not.toBe(before.revision.commit)
  })

  test('forgets folders that no snapshot holds any more', async () => {
    const root = newRepository(fleet)
    const { reader, trees } = await counted(root)
    const source = new CommitSource({ reader, revision: 'main' })
    const wide = (name: string): Record<string, string> =>
      Object.fromEntries(Array.from({ length: 1_100 }, (_, i) => [`tenants/w/c${i}/tenant.yaml`, `${name}: ${i}\n`]))
    for (const name of ['a', 'b', 'c']) {
      importFiles(root, wide(name))
      await source.snapshot()
    }
    trees.length = 0
    importFiles(root, wide('a'))
    await source.snapshot()
    expect(trees.length).toBeGreaterThan(1_000)
  })

  test('reads a fleet in a folder of the repository', async () => {
    const root = newRepository(
      Object.fromEntries(Object.entries(fleet).map(([path, text]) => [join('sub/fleet', path), text])),
    )
    const { reader } = await counted(root)
    const files = async (folder: string): Promise<number> =>
      (await new CommitSource({ reader, revision: 'main', folder }).snapshot()).files.size
    expect(await files('sub/fleet')).toBe(40)
    expect(await files('')).toBe(0)
    expect(await files('nowhere')).toBe(0)
  })
})
