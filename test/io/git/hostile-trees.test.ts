import { describe, expect, onTestFinished, test } from 'vitest'
import { openFleet } from '../../../controller/io/git/index.ts'
import type { Snapshot } from '../../../controller/core/model/snapshot.ts'
import { commitTree, newRepository, smallFleet, type TreeRow, writeBlob, writeTree } from './repositories.ts'

const readers = [
  ['the git binary', {}],
  ['isomorphic-git', { git: null }],
] as const

describe.each(readers)('a hostile tree read by %s', (_, options) => {
  async function read(root: string): Promise<Snapshot> {
    const source = await openFleet({ path: root, revision: 'hostile', ...options })
    onTestFinished(() => source.close())
    return await source.snapshot()
  }

  function found({ files, problems }: Snapshot): { files: string[]; problems: string[] } {
    return {
      files: [...files.keys()],
      problems: problems.map(({ code, place }) => `${code} ${JSON.stringify(place?.file)}`),
    }
  }

  /** A commit whose tenants/ folder holds these rows. */
  function tenants(rows: (root: string, blob: string, folder: string) => TreeRow[]): string {
    const root = newRepository(smallFleet)
    const blob = writeBlob(root, 'x: 1\n')
    const folder = writeTree(root, [{ mode: '100644', name: 'tenant.yaml', oid: blob }])
    commitTree(
      root,
      writeTree(root, [{ mode: '40000', name: 'tenants', oid: writeTree(root, rows(root, blob, folder)) }]),
    )
    return root
  }

  test('names that lead elsewhere are refused and the others kept', async () => {
    const root = tenants((_root, blob, folder) => [
      { mode: '100644', name: '..', oid: blob },
      { mode: '40000', name: '.', oid: folder },
      { mode: '40000', name: '.GIT', oid: folder },
      { mode: '40000', name: '.git', oid: folder },
      { mode: '40000', name: '.git.', oid: folder },
      { mode: '100644', name: 'a/../../b.yaml', oid: blob },
      { mode: '40000', name: 'acme', oid: folder },
      { mode: '100644', name: 'back\\slash.yaml', oid: blob },
      { mode: '40000', name: 'git~1', oid: folder },
      { mode: '100644', name: 'new\nline.yaml', oid: blob },
      { mode: '100644', name: Buffer.from([0x78, 0xff, 0x2e, 0x79, 0x6d, 0x6c]), oid: blob },
    ])
    expect(found(await read(root))).toEqual({
      files: ['tenants/acme/tenant.yaml'],
      problems: [
        'bad-path "tenants/."',
        'bad-path "tenants/.."',
        'bad-path "tenants/.GIT"',
        'bad-path "tenants/.git"',
        'bad-path "tenants/.git."',
        'bad-path "tenants/a/../../b.yaml"',
        'bad-path "tenants/back\\\\slash.yaml"',
        'bad-path "tenants/git~1"',
        'bad-path "tenants/new\\nline.yaml"',
        'bad-path "tenants/x\ufffd.yml"',
      ],
    })
  })

  test('links, submodules and odd modes are refused', async () => {
    const root = tenants((_root, blob, folder) => [
      { mode: '40000', name: 'acme', oid: folder },
      { mode: '120000', name: 'link.yaml', oid: blob },
      { mode: '160000', name: 'module', oid: '1'.repeat(40) },
      { mode: '100664', name: 'odd.yaml', oid: blob },
      { mode: '100755', name: 'program.yaml', oid: blob },
    ])
    expect(found(await read(root))).toEqual({
      files: ['tenants/acme/tenant.yaml', 'tenants/program.yaml'],
      problems: ['bad-mode "tenants/link.yaml"', 'bad-mode "tenants/module"', 'bad-mode "tenants/odd.yaml"'],
    })
  })

  test('a name that differs by case does not push the lower-case one out', async () => {
    const root = tenants((inner, blob, folder) => [
      { mode: '40000', name: 'ACME', oid: writeTree(inner, [{ mode: '100644', name: 'other.yaml', oid: blob }]) },
      { mode: '40000', name: 'acme', oid: folder },
      { mode: '100644', name: 'same.yaml', oid: blob },
      { mode: '100644', name: 'same.yaml', oid: blob },
    ])
    expect(found(await read(root))).toEqual({
      files: ['tenants/acme/tenant.yaml', 'tenants/same.yaml'],
      problems: ['path-collision "tenants/ACME"', 'path-collision "tenants/same.yaml"'],
    })
  })

  test('a fleet folder that is a link, a file or a look-alike is refused', async () => {
    const root = newRepository(smallFleet)
    const blob = writeBlob(root, 'x: 1\n')
    const folder = writeTree(root, [{ mode: '100644', name: 'a.yaml', oid: blob }])
    commitTree(
      root,
      writeTree(root, [
        { mode: '40000', name: 'Tenants', oid: folder },
        { mode: '120000', name: 'connectors', oid: blob },
        { mode: '40000', name: 'other', oid: folder },
        { mode: '100644', name: 'policies', oid: blob },
        { mode: '40000', name: 'tenants', oid: folder },
      ]),
    )
    expect(found(await read(root))).toEqual({
      files: ['tenants/a.yaml'],
      problems: ['path-collision "Tenants"', 'bad-mode "connectors"', 'bad-mode "policies"'],
    })
  })

  test('a large blob is refused by its size', async () => {
    const root = tenants((inner, _blob, folder) => [
      { mode: '40000', name: 'acme', oid: folder },
      { mode: '100644', name: 'large.yaml', oid: writeBlob(inner, Buffer.alloc(300 * 1024, 'a')) },
    ])
    expect(found(await read(root))).toEqual({
      files: ['tenants/acme/tenant.yaml'],
      problems: ['file-too-large "tenants/large.yaml"'],
    })
  })

  test('a tree that holds itself ten times at each of twenty levels is refused at once', async () => {
    const root = tenants((inner, _blob, folder) => {
      let oid = folder
      for (let level = 0; level < 20; level++)
        oid = writeTree(
          inner,
          Array.from({ length: 10 }, (_unused, i) => ({ mode: '40000', name: `d${i}`, oid })),
        )
      return [{ mode: '40000', name: 'bomb', oid }]
    })
    const started = performance.now()
    await expect(read(root)).rejects.toMatchObject({ code: 'repository-unreadable' })
    expect(performance.now() - started).toBeLessThan(1_000)
  })

  test('a bomb of refused entries is cut short', async () => {
    const root = tenants((inner, blob) => {
      let oid = writeTree(inner, [{ mode: '120000', name: 'link.yaml', oid: blob }])
      for (let level = 0; level < 20; level++)
        oid = writeTree(
          inner,
          Array.from({ length: 10 }, (_unused, i) => ({ mode: '40000', name: `d${i}`, oid })),
        )
      return [{ mode: '40000', name: 'bomb', oid }]
    })
    const { problems } = await read(root)
    expect(problems).toHaveLength(1_001)
  })

  test('a chain of 300 folders is cut off at 64', async () => {
    const root = tenants((inner, _blob, folder) => {
      let oid = folder
      for (let level = 0; level < 300; level++) oid = writeTree(inner, [{ mode: '40000', name: 'd', oid }])
      return [
        { mode: '40000', name: 'acme', oid: folder },
        { mode: '40000', name: 'chain', oid },
      ]
    })
    const { files, problems } = await read(root)
    expect([...files.keys()]).toEqual(['tenants/acme/tenant.yaml'])
    expect(problems.map(({ code }) => code)).toEqual(['too-many-levels'])
  })

  test('a tree whose subtree is missing is an error, not an empty fleet', async () => {
    const root = tenants(() => [{ mode: '40000', name: 'gone', oid: '1'.repeat(40) }])
    await expect(read(root)).rejects.toMatchObject({ code: 'repository-unreadable' })
  })
})
