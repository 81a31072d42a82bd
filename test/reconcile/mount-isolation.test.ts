import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { caps } from '../../controller/core/model/caps.ts'
import { textReader } from '../../controller/reconcile/text-reader.ts'
import { broken, overlay, tenant } from '../fakes/fleet-files.ts'
import { startGitHttpServer } from '../fakes/git-http-server.ts'
import { commitAll, commitTree, git, newFolder, writeBlob, writeFiles, writeTree } from '../io/git/repositories.ts'
import { follow, mounted, mountsOf, neighbours, ownFiles, ownRepository, reopen, tenantsOf } from './own-repository.ts'

const north = 'acme/north'
const others = { acme: 'valid', 'acme/south': 'valid' }

test('remotes that never answer keep nobody waiting but their own tenants', async () => {
  const silent = await startGitHttpServer({ root: newFolder() })
  silent.answerWith(() => {})
  const own = await ownRepository(ownFiles(north, tenant(`${north}/retail`)))
  const stuck = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => `acme/${name}`)
  const followed = await follow(
    {
      ...neighbours,
      ...Object.assign({}, ...stuck.map((path) => mounted(path, `${silent.url}/${path}.git`))),
      // Last in the line, behind more of them than are asked at a time.
      ...mounted(north, own.url),
    },
    { isPatient: false },
  )
  const frozen = Object.fromEntries(stuck.map((path) => [path, 'source-missing']))
  const first = await followed.load()
  expect(tenantsOf(first)).toEqual({ ...others, ...frozen, [north]: 'source-missing' })
  const arrived = { ...others, ...frozen, [north]: 'valid', 'acme/north/retail': 'valid' }
  await expect.poll(async () => tenantsOf(await followed.load()), { timeout: 30_000, interval: 200 }).toEqual(arrived)
  await followed.close()
  await silent.close()
}, 60_000)

test('a file that cannot be read freezes its own tenant', async () => {
  const own = await ownRepository(
    ownFiles(north, broken(`tenants/${north}/overlays/note.yaml`), tenant(`${north}/retail`)),
  )
  const { load } = await follow({ ...neighbours, ...mounted(north, own.url) })
  const loaded = await load()
  expect(tenantsOf(loaded)).toMatchObject(others)
  expect(loaded.problems).toMatchObject([
    { code: 'yaml-syntax', place: { file: 'tenants/acme/north/overlays/note.yaml' } },
  ])
})

test('what stands beside tenant.yaml in the fleet is named, and does not count', async () => {
  const own = await ownRepository(ownFiles(north, overlay(north, 'note', '1.0.0', 'minutesSaved: 5')))
  const followed = await follow({
    ...neighbours,
    ...mounted(north, own.url),
    ...overlay(north, 'note', '1.0.0', 'minutesSaved: 9'),
    ...tenant(`${north}/retail`),
  })
  const loaded = await followed.load()
  expect(tenantsOf(loaded)).toEqual({ ...others, [north]: 'tenant-source' })
  expect(loaded.problems).toMatchObject([
    {
      code: 'tenant-source',
      message: `${north} keeps its files in ${own.url}, and here stands overlays, retail beside tenant.yaml`,
      hint: 'move these files there',
    },
  ])
  rmSync(join(followed.folder, `tenants/${north}/overlays`), { recursive: true })
  rmSync(join(followed.folder, `tenants/${north}/retail`), { recursive: true })
  expect(tenantsOf(await followed.load())).toEqual({ ...others, [north]: 'valid' })
})

test.each([
  [
    'a tenant.yaml of its own',
    { 'tenant.yaml': 'kind: Tenant\n' },
    /has a tenant.yaml: that of acme\/north stands in the fleet/,
  ],
  [
    'too many files',
    // Beside the one that it had.
    Object.fromEntries(Array.from({ length: caps.sourceFiles + 1 }, (_, n) => [`overlays/n${n}.yaml`, 'x: 1\n'])),
    /has 10002 files; 10000 are allowed/,
  ],
])(
  'a repository with %s cannot be mounted: what was mounted before stays, also after a restart',
  async (_, files, message) => {
    const own = await ownRepository(ownFiles(north, tenant(`${north}/retail`)))
    const followed = await follow({ ...neighbours, ...mounted(north, own.url) })
    const good = (await followed.load()).snapshot.mounts?.[0]?.commit
    writeFiles(own.work, files)
    commitAll(own.work)
    git(own.work, ['push', '-q', own.bare, 'main'])
    const during = await followed.load()
    await followed.close()
    const after = await (await reopen(followed)).load()
    for (const loaded of [during, after]) {
      expect(tenantsOf(loaded)).toEqual({ ...others, [north]: 'valid', 'acme/north/retail': 'valid' })
      expect(loaded.snapshot.mounts).toMatchObject([{ commit: good, state: 'invalid' }])
      expect(loaded.problems).toMatchObject([
        { code: 'source-invalid', severity: 'warning', message: expect.stringMatching(message) },
      ])
    }
  },
  60_000,
)

test('a repository that never could be mounted freezes its tenant', async () => {
  const own = await ownRepository({ 'tenant.yaml': 'kind: Tenant\n' })
  const { load } = await follow({
    ...neighbours,
    ...mounted(north, own.url),
    ...mounted('acme/south', own.url, ', path: nothing/here'),
  })
  const loaded = await load()
  expect(tenantsOf(loaded)).toEqual({ acme: 'valid', [north]: 'source-invalid', 'acme/south': 'source-invalid' })
  expect(loaded.problems.map((each) => each.message)).toEqual([
    expect.stringContaining('has a tenant.yaml'),
    expect.stringContaining('has no folder `nothing/here`'),
  ])
})

test('entries that are refused are its own trouble, however many they are', async () => {
  const own = await ownRepository({})
  const blob = writeBlob(own.bare, 'x: 1\n')
  const links = (count: number) =>
    writeTree(
      own.bare,
      Array.from({ length: count }, (_, n) => ({
        mode: '120000',
        name: `link-${String(n).padStart(5, '0')}`,
        oid: blob,
      })),
    )
  const offer = (count: number): void => {
    const tree = writeTree(own.bare, [{ mode: '40000', name: 'overlays', oid: links(count) }])
    const commit = git(own.bare, ['commit-tree', tree, '-p', 'refs/heads/main', '-m', 'links'])
    git(own.bare, ['update-ref', 'refs/heads/main', commit])
  }
  offer(100)
  const followed = await follow({ ...neighbours, ...mounted(north, own.url) })
  const few = await followed.load()
  expect([tenantsOf(few), few.problems.length]).toEqual([{ ...others, [north]: 'bad-mode' }, 100])
  offer(5_000)
  await followed.close()
  const fresh = await reopen({ folder: followed.folder, state: newFolder() })
  const many = await fresh.load()
  expect([tenantsOf(many), many.problems.length]).toEqual([{ ...others, [north]: 'source-invalid' }, 1])
})

test('files that are too many bytes together are refused before they are read', async () => {
  const own = await ownRepository({})
  const most = caps.sourceFileBytes / caps.fileBytes
  const blob = writeBlob(own.bare, `# ${'x'.repeat(caps.fileBytes - 3)}\n`)
  const offer = (count: number): void => {
    const files = Array.from({ length: count }, (_, n) => ({ mode: '100644', name: `n${1_000 + n}.yaml`, oid: blob }))
    const tree = writeTree(own.bare, [{ mode: '40000', name: 'overlays', oid: writeTree(own.bare, files) }])
    const commit = git(own.bare, ['commit-tree', tree, '-p', 'refs/heads/main', '-m', 'files'])
    git(own.bare, ['update-ref', 'refs/heads/main', commit])
  }
  offer(most + 1)
  const followed = await follow({ ...neighbours, ...mounted(north, own.url) })
  const refused = await followed.load()
  expect(refused.problems.map((each) => each.message)).toEqual([
    expect.stringContaining(`has ${caps.sourceFileBytes + caps.fileBytes} bytes of files; ${caps.sourceFileBytes} are`),
  ])
  offer(most)
  expect(mountsOf(await followed.load())).toEqual({ [north]: 'current' })
})

test('a tenant that moves its files keeps its secrets and its digests at every step', async () => {
  const files = ownFiles(north, overlay(north, 'note', '1.0.0', 'minutesSaved: 5'), {
    ...tenant(`${north}/retail`, '', 'uid-of-retail'),
    [`tenants/${north}/secrets.sops.yaml`]: 'sops: {}\n',
  })
  const own = await ownRepository(files)
  const here = Object.fromEntries(Object.entries(files).map(([path, text]) => [`tenants/${north}/${path}`, text]))
  const followed = await follow({ ...neighbours, ...here })
  const secrets = `tenants/${north}/secrets.sops.yaml`
  /** Who it is and what it runs; beside that it knows from where its files come. */
  const digests = ({ desired }: Awaited<ReturnType<typeof followed.load>>) =>
    [...desired.tenants.values()].map((each) =>
      each.kind === 'valid'
        ? [each.path, each.uid, ...[...each.workflows.values()].map(({ digest }) => digest)]
        : [each.cause.code],
    )
  const before = await followed.load()

  own.server.answerWith((_, response) => void response.writeHead(503).end())
  followed.edit(mounted(north, own.url, ', uids: [uid-of-retail]'))
  const unfetched = await followed.load()
  own.server.answerWith(null)
  const inBoth = await followed.load()
  followed.edit(Object.fromEntries(Object.keys(here).map((path) => [path, null])))
  const moved = await followed.load()

  expect([unfetched, inBoth].map((each) => tenantsOf(each)[north])).toEqual(['source-missing', 'tenant-source'])
  for (const each of [before, unfetched, inBoth, moved])
    expect(each.snapshot.files.get(secrets)?.oid).toBe(before.snapshot.files.get(secrets)?.oid)
  expect(digests(moved)).toEqual(digests(before))
})

test('thousands of broken files hide nobody else’s problems', async () => {
  const files = Object.fromEntries(Array.from({ length: 3_000 }, (_, n) => [`overlays/n${n}.yaml`, `kind: [ # ${n}\n`]))
  const own = await ownRepository(files)
  const southern = overlay('acme/south', 'note', '9.9.9', 'minutesSaved: 5')
  const { load } = await follow({ ...neighbours, ...mounted(north, own.url), ...southern })
  const { problems } = await load()
  expect(problems).toHaveLength(202)
  expect(problems.map(({ message }) => message)).toContain(
    `2800 further problems in the files of ${north} are not shown`,
  )
  expect(problems.filter(({ place }) => place?.file.startsWith('tenants/acme/south/'))).toHaveLength(1)
})

test('names that lead elsewhere do not even arrive', async () => {
  const own = await ownRepository(ownFiles(north, tenant(`${north}/retail`)))
  const followed = await follow({ ...neighbours, ...mounted(north, own.url) })
  await followed.load()
  const blob = writeBlob(own.bare, 'kind: Tenant\n')
  const evil = writeTree(own.bare, [{ mode: '100644', name: 'tenant.yaml', oid: blob }])
  commitTree(own.bare, writeTree(own.bare, [{ mode: '40000', name: '..', oid: evil }]), 'refs/heads/main')
  const loaded = await followed.load()
  expect(mountsOf(loaded)).toEqual({ [north]: 'behind' })
  expect(loaded.problems).toMatchObject([{ code: 'source-behind', message: expect.stringContaining('not in order') }])
  expect([...loaded.snapshot.files.keys()].filter((path) => path.startsWith('tenants/'))).toEqual([
    'tenants/acme/north/retail/tenant.yaml',
    'tenants/acme/north/tenant.yaml',
    'tenants/acme/south/tenant.yaml',
    'tenants/acme/tenant.yaml',
  ])
})

test('a repository that is declared inside another one is never asked', async () => {
  const victim = await ownRepository({})
  const own = await ownRepository(ownFiles(north, mounted(`${north}/retail`, victim.url)))
  const { load } = await follow({ ...neighbours, ...mounted(north, own.url) })
  expect(tenantsOf(await load())).toEqual({ ...others, [north]: 'valid', 'acme/north/retail': 'tenant-source' })
  expect(victim.server.requests).toEqual([])
})

test('an address with a password in it is refused without repeating it', async () => {
  const { load } = await follow({ ...neighbours, ...mounted(north, 'https://me:hunter2@git.example/north.git') })
  const loaded = await load()
  expect(tenantsOf(loaded)).toEqual({ ...others, [north]: 'source-missing' })
  expect(loaded.problems.map((each) => each.message).join()).not.toContain('hunter2')
})

test('texts of mounted files are read from the mirror', async () => {
  const files = ownFiles(north, overlay(north, 'note', '1.0.0', 'minutesSaved: 5'))
  const own = await ownRepository({ ...files, 'secrets.sops.yaml': 'sops: {}\n' })
  const { load, fleet } = await follow({ ...neighbours, ...mounted(north, own.url) })
  const { snapshot } = await load()
  const textOf = textReader(fleet.source, snapshot)
  expect(await textOf(`tenants/${north}/overlays/note.yaml`)).toBe(files['overlays/note.yaml'])
  expect(await textOf(`tenants/${north}/secrets.sops.yaml`)).toBe('sops: {}\n')
})

test('a mirror that lost a file freezes its own tenant, and none of those who have the same file', async () => {
  const note = overlay(north, 'note', '1.0.0', 'minutesSaved: 5')
  const paths = [north, 'acme/south', 'acme/west']
  const repositories = await Promise.all(paths.map(() => ownRepository(ownFiles(north, note))))
  const same = overlay('acme/plain', 'note', '1.0.0', 'minutesSaved: 5')
  const followed = await follow({
    ...neighbours,
    ...tenant('acme/plain'),
    ...same,
    ...Object.assign({}, ...paths.map((path, at) => mounted(path, repositories[at]?.url ?? ''))),
  })
  const { snapshot } = await followed.load()
  const blob = snapshot.files.get(`tenants/${north}/overlays/note.yaml`)?.oid ?? ''
  const sources = join(followed.state, 'sources')
  for (const name of readdirSync(sources).slice(0, 2)) {
    const mirror = join(sources, name)
    for (const pack of readdirSync(join(mirror, 'objects/pack')).filter((file) => file.endsWith('.pack'))) {
      const bytes = readFileSync(join(mirror, 'objects/pack', pack))
      rmSync(join(mirror, 'objects/pack'), { recursive: true })
      git(mirror, ['unpack-objects', '-q'], bytes)
    }
    rmSync(join(mirror, 'objects', blob.slice(0, 2), blob.slice(2)))
  }
  // Equal ids are equal bytes, wherever they are read.
  expect([...(await followed.fleet.source.read([blob])).keys()]).toEqual([blob])
  await followed.close()
  const codes = Object.values(tenantsOf(await (await reopen(followed)).load())).sort()
  expect(codes).toEqual(['source-invalid', 'source-invalid', 'valid', 'valid', 'valid'])
})

test('a mirror that lost its objects freezes its own tenant, and the others are loaded', async () => {
  const own = await ownRepository(ownFiles(north, overlay(north, 'note', '1.0.0', 'minutesSaved: 5')))
  const followed = await follow({ ...neighbours, ...mounted(north, own.url) })
  await followed.load()
  await followed.close()
  own.server.answerWith((_, response) => void response.writeHead(503).end())
  const sources = join(followed.state, 'sources')
  for (const name of readdirSync(sources)) rmSync(join(sources, name, 'objects/pack'), { recursive: true })
  expect(tenantsOf(await (await reopen(followed)).load())).toEqual({ ...others, [north]: 'source-invalid' })
})
