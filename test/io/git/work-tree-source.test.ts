import { chmodSync, mkdirSync, renameSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { watch as watchForReal } from 'chokidar'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type FleetSource, type Hint, openFleet, WorkTreeSource } from '../../../controller/io/git/index.ts'
import { watchForHints } from '../../../controller/io/git/watch-for-hints.ts'
import { commitAll, git, newFolder, newRepository, smallFleet, writeFiles } from './repositories.ts'

async function open(path: string, revision?: string): Promise<FleetSource> {
  const source = await openFleet(revision === undefined ? { path } : { path, revision })
  onTestFinished(() => source.close())
  return source
}

/** Makes every file look as if it had been written long ago: its times then prove that it did not change. */
function age(root: string, paths: Iterable<string>): void {
  for (const path of paths) utimesSync(join(root, path), new Date(2020, 0), new Date(2020, 0))
}

describe('a work tree source', () => {
  test('gives the same files, problems and tree id as the commit of the same files, and git’s own ids', async () => {
    const root = newRepository({
      ...smallFleet,
      'tenants/acme/link.yaml': { link: 'tenant.yaml' },
      'tenants/acme/large.yaml': Buffer.alloc(300 * 1024, 'a'),
      'tenants/ACME/tenant.yaml': 'x: 1\n',
    })
    const disk = await (await open(root)).snapshot()
    const commit = await (await open(root, 'main')).snapshot()
    expect([...disk.files]).toEqual([...commit.files])
    expect(disk.problems).toEqual(commit.problems)
    expect(disk.revision).toEqual(commit.revision)
    for (const [path, { oid }] of disk.files) expect(oid).toBe(git(root, ['hash-object', '--no-filters', path]))
  })

  test('the tree id is git’s where the folders hold YAML files only', async () => {
    const root = newRepository({ 'tenants/acme/tenant.yaml': 'x: 1\n', 'workflows/w/workflow.yaml': 'y: 1\n' })
    const tree = git(root, ['rev-parse', 'HEAD^{tree}'])
    expect((await (await open(root)).snapshot()).revision.tree).toBe(tree)
    expect((await (await open(root, 'HEAD')).snapshot()).revision.tree).toBe(tree)
  })

  test('lists what differs from HEAD, until it is committed', async () => {
    const root = newRepository(smallFleet)
    const source = await open(root)
    expect((await source.snapshot()).revision.uncommitted).toEqual([])
    writeFiles(root, {
      'tenants/acme/tenant.yaml': 'edited: 1\n',
      'tenants/zeta/tenant.yaml': 'new: 1\n',
      'README.md': 'outside',
    })
    rmSync(join(root, 'tenants/acme.yaml'))
    const { revision } = await source.snapshot()
    expect(revision.uncommitted).toEqual(['tenants/acme.yaml', 'tenants/acme/tenant.yaml', 'tenants/zeta/tenant.yaml'])
    expect(revision.commit).toBe(git(root, ['rev-parse', 'HEAD']))
    const commit = commitAll(root)
    expect((await source.snapshot()).revision).toEqual({ commit, tree: revision.tree, uncommitted: [] })
  })

  test('works in a repository without commits, in a linked worktree and in a folder of a repository', async () => {
    const fresh = newFolder()
    git(fresh, ['init', '-q'])
    writeFiles(fresh, smallFleet)
    expect((await (await open(fresh)).snapshot()).revision).toMatchObject({ commit: null, uncommitted: [] })
    const root = newRepository(
      Object.fromEntries(Object.entries(smallFleet).map(([path, text]) => [`examples/one/${path}`, text])),
    )
    const linked = join(newFolder(), 'linked')
    git(root, ['worktree', 'add', '-q', '-b', 'side', linked])
    for (const place of [root, linked]) {
      const inner = join(place, 'examples/one')
      const disk = await (await open(inner)).snapshot()
      expect(disk.files.size).toBe(8)
      expect(disk.revision).toEqual((await (await open(inner, 'HEAD')).snapshot()).revision)
      expect(disk.revision.uncommitted).toEqual([])
    }
  })

  test('a folder that only happens to lie below a repository has no commit', async () => {
    const root = newRepository({ 'README.md': 'somebody’s home' })
    writeFiles(root, Object.fromEntries(Object.entries(smallFleet).map(([path, text]) => [`downloads/${path}`, text])))
    expect((await (await open(join(root, 'downloads'))).snapshot()).revision).toMatchObject({
      commit: null,
      uncommitted: [],
    })
  })

  test('reads a file again only where its times changed', async () => {
    const root = newFolder()
    writeFiles(root, smallFleet)
    const source = new WorkTreeSource({ root })
    const { files } = await source.snapshot()
    age(root, files.keys())
    await source.snapshot()
    const hashed = source.hashed
    // The change time is fresh still, so one more round settles nothing: wait until it proves something.
    await new Promise((resolve) => setTimeout(resolve, 2_100))
    await source.snapshot()
    const settled = source.hashed
    expect(settled).toBeGreaterThanOrEqual(hashed)
    await source.snapshot()
    await source.snapshot()
    expect(source.hashed).toBe(settled)
    writeFiles(root, { 'tenants/acme.yaml': 'x: 2\n' })
    await source.snapshot()
    expect(source.hashed).toBe(settled + 1)
  })

  test('sees a second write that leaves size and times as they were', async () => {
    const root = newFolder()
    writeFiles(root, smallFleet)
    const path = join(root, 'tenants/acme.yaml')
    const source = new WorkTreeSource({ root })
    const before = await source.snapshot()
    const { mtime, atime } = statSync(path)
    writeFileSync(path, 'x: 9\n')
    utimesSync(path, atime, mtime)
    const after = await source.snapshot()
    expect(after.files.get('tenants/acme.yaml')?.oid).not.toBe(before.files.get('tenants/acme.yaml')?.oid)
  })

  test('never answers other contents than the id says', async () => {
    const root = newFolder()
    writeFiles(root, smallFleet)
    const source = await open(root)
    const { files } = await source.snapshot()
    const oid = files.get('tenants/acme.yaml')?.oid ?? ''
    const other = files.get('policies/roles/admin.yaml')?.oid ?? ''
    // The first read is served from what was hashed; the file on disk counts from then on.
    expect((await source.read([oid, other])).size).toBe(2)
    writeFiles(root, { 'tenants/acme.yaml': 'x: 2\n' })
    expect([...(await source.read([oid, other])).keys()]).toEqual([other])
    expect((await source.read(['1'.repeat(40)])).size).toBe(0)
    rmSync(join(root, 'policies'), { recursive: true })
    symlinkSync(join(root, 'workflows'), join(root, 'policies'))
    expect((await source.read([other])).size).toBe(0)
  })

  test('follows no link, whatever it stands in for', async () => {
    const outside = newFolder()
    writeFiles(outside, { 'tenant.yaml': 'secret: 1\n', 'tenants/acme/tenant.yaml': 'secret: 1\n' })
    const root = newFolder()
    writeFiles(root, smallFleet)
    rmSync(join(root, 'workflows'), { recursive: true })
    symlinkSync(join(outside, 'tenants'), join(root, 'workflows'))
    symlinkSync(outside, join(root, 'tenants/outside'))
    symlinkSync(join(outside, 'tenant.yaml'), join(root, 'tenants/acme/secret.yaml'))
    const { files, problems } = await (await open(root)).snapshot()
    expect(files.size).toBe(6)
    expect(problems.map(({ code, place }) => `${code} ${place?.file}`)).toEqual([
      'bad-mode tenants/acme/secret.yaml',
      'bad-mode tenants/outside',
      'bad-mode workflows',
    ])
  })

  test('a repository inside the fleet is refused as git would take it: as a submodule', async () => {
    const root = newRepository(smallFleet)
    mkdirSync(join(root, 'tenants/inner'))
    git(join(root, 'tenants/inner'), ['init', '-q'])
    writeFiles(root, { 'tenants/inner/tenant.yaml': 'x: 1\n' })
    commitAll(join(root, 'tenants/inner'))
    const disk = await (await open(root)).snapshot()
    git(root, ['add', '-A'])
    commitAll(root)
    const commit = await (await open(root, 'HEAD')).snapshot()
    expect(disk.problems).toEqual(commit.problems)
    expect(disk.problems.map(({ code }) => code)).toEqual(['bad-mode'])
    expect(disk.revision.tree).toBe(commit.revision.tree)
  })

  // Root may read every file.
  test.skipIf(process.getuid?.() === 0)('an unreadable file is a problem of that file', async () => {
    const root = newFolder()
    writeFiles(root, smallFleet)
    chmodSync(join(root, 'tenants/acme.yaml'), 0)
    const { files, problems } = await (await open(root)).snapshot()
    expect(files.size).toBe(7)
    expect(problems.map(({ code, place }) => `${code} ${place?.file}`)).toEqual([
      'repository-unreadable tenants/acme.yaml',
    ])
  })

  test('a file that is written all the time is whole or a problem, never left out', async () => {
    const root = newFolder()
    writeFiles(root, smallFleet)
    const source = await open(root)
    const state = { isOver: false }
    const writer = (async () => {
      for (let i = 0; !state.isOver; i++) {
        writeFileSync(join(root, 'tenants/acme.yaml'), 'x: 1\n'.repeat(i % 50))
        await new Promise(setImmediate)
      }
    })()
    for (let i = 0; i < 50; i++) {
      const { files, problems } = await source.snapshot()
      expect(files.size + problems.length).toBe(8)
    }
    state.isOver = true
    await writer
  })

  test('an empty folder counts for nothing, whatever its name', async () => {
    const root = newRepository(smallFleet)
    const source = await open(root)
    const before = await source.snapshot()
    for (const name of ['empty', 'with space', 'ACME', '.git~'])
      mkdirSync(join(root, 'tenants', name, 'deeper'), { recursive: true })
    expect(await source.snapshot()).toBe(before)
  })

  test('snapshots asked for at the same time agree', async () => {
    const root = newFolder()
    writeFiles(root, smallFleet)
    const source = await open(root)
    const [first, ...others] = await Promise.all([source.snapshot(), source.snapshot(), source.snapshot()])
    for (const other of others) expect(other).toBe(first)
  })
})

describe('hints', () => {
  async function hintsOf(source: FleetSource): Promise<Hint[]> {
    const hints: Hint[] = []
    const stop = await source.watch((hint) => void hints.push(hint), { pollMs: 60_000 })
    onTestFinished(stop)
    return hints
  }

  test('many writes become few hints', async () => {
    const root = newFolder()
    writeFiles(root, smallFleet)
    const hints = await hintsOf(await open(root))
    for (let i = 0; i < 100; i++) writeFiles(root, { [`tenants/acme/f${i}.yaml`]: `x: ${i}\n` })
    await expect.poll(() => hints.length, { timeout: 5_000 }).toBeGreaterThan(0)
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(hints.length).toBeLessThan(10)
  })

  test('an editor that renames a new file into place is seen', async () => {
    const root = newFolder()
    writeFiles(root, { ...smallFleet, 'tenants/acme/draft.txt': 'x: 3\n' })
    const hints = await hintsOf(await open(root))
    renameSync(join(root, 'tenants/acme/draft.txt'), join(root, 'tenants/acme/tenant.yaml'))
    await expect.poll(() => hints.length, { timeout: 5_000 }).toBeGreaterThan(0)
  })

  test('a commit on a branch is seen, and so is switching to another one', async () => {
    const root = newRepository(smallFleet)
    git(root, ['branch', 'other'])
    const source = await open(root, 'HEAD')
    const hints = await hintsOf(source)
    commitAll(root)
    await expect.poll(() => hints.length, { timeout: 5_000 }).toBeGreaterThan(0)
    const before = hints.length
    git(root, ['symbolic-ref', 'HEAD', 'refs/heads/other'])
    await expect.poll(() => hints.length, { timeout: 5_000 }).toBeGreaterThan(before)
  })

  test('where watching fails, the timer goes on and says why', async () => {
    const hints: Hint[] = []
    let state = 'one'
    const failing = new Error('ENOSPC: System limit for number of file watchers reached')
    const stop = await watchForHints({
      paths: [newFolder()],
      fingerprint: () => Promise.resolve(state),
      pollMs: 20,
      onHint: (hint) => void hints.push(hint),
      start: (paths, options) => {
        const watcher = watchForReal(paths, options)
        setTimeout(() => watcher.emit('error', failing), 10)
        return watcher
      },
    })
    onTestFinished(stop)
    await expect
      .poll(() => hints, { timeout: 5_000 })
      .toEqual([{ kind: 'polling', reason: expect.stringContaining('ENOSPC') }])
    state = 'two'
    await expect.poll(() => hints.at(-1), { timeout: 5_000 }).toEqual({ kind: 'changed', reason: 'timer' })
  })

  test('a comparison that fails counts as nothing new', async () => {
    const hints: Hint[] = []
    const stop = await watchForHints({
      paths: [],
      fingerprint: () => Promise.reject(new Error('gone')),
      pollMs: 5,
      onHint: (hint) => void hints.push(hint),
    })
    await new Promise((resolve) => setTimeout(resolve, 100))
    await stop()
    expect(hints).toEqual([])
  })
})
