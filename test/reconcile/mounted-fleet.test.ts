import { expect, test } from 'vitest'
import { overlay, tenant } from '../fakes/fleet-files.ts'
import { git } from '../io/git/repositories.ts'
import { follow, mounted, mountsOf, neighbours, ownFiles, ownRepository, reopen, tenantsOf } from './own-repository.ts'

const north = 'acme/north'
const louder = (text: string) => overlay(north, 'note', '1.0.0', `steps: [{ id: note, set: { text: ${text} } }]`)
const overlayFile = 'overlays/note.yaml'

const textOf = (loaded: Awaited<ReturnType<Awaited<ReturnType<typeof follow>>['load']>>, path = north): unknown => {
  const entry = loaded.desired.tenants.get(path)
  const spec = entry?.kind === 'valid' ? entry.workflows.get('note')?.spec : undefined
  return (spec as { steps: { set?: { text?: unknown } }[] } | undefined)?.steps[0]?.set?.text
}

test('the files of a tenant’s own repository count as if they stood in its folder', async () => {
  const own = await ownRepository(ownFiles(north, louder('own'), tenant(`${north}/retail`)))
  const { load } = await follow({ ...neighbours, ...mounted(north, own.url) })
  const loaded = await load()
  expect(loaded.problems).toEqual([])
  expect(tenantsOf(loaded)).toEqual({
    acme: 'valid',
    [north]: 'valid',
    'acme/north/retail': 'valid',
    'acme/south': 'valid',
  })
  expect([textOf(loaded), textOf(loaded, 'acme/north/retail'), textOf(loaded, 'acme/south')]).toEqual([
    'own',
    'own',
    'hello',
  ])
  expect(loaded.snapshot.mounts).toEqual([
    {
      tenant: north,
      url: own.url,
      ref: 'main',
      path: '',
      state: 'current',
      commit: git(own.work, ['rev-parse', 'HEAD']),
    },
  ])
})

test('a commit in the repository changes its own tenant and nobody else', async () => {
  const own = await ownRepository(ownFiles(north, louder('first')))
  const { load } = await follow({ ...neighbours, ...mounted(north, own.url) })
  await load()
  own.push({ [overlayFile]: louder('second')[`tenants/${north}/${overlayFile}`] as string })
  const loaded = await load()
  expect(textOf(loaded)).toBe('second')
  expect(loaded.changed).toEqual(new Set([north]))
  expect((await load()).changed).toEqual(new Set())
})

test('two tenants may share one repository, each with a folder of its own', async () => {
  const files = {
    'north/overlays/note.yaml': louder('north')[`tenants/${north}/${overlayFile}`] as string,
    'south/overlays/note.yaml': louder('south')[`tenants/${north}/${overlayFile}`] as string,
  }
  const own = await ownRepository(files)
  const { load } = await follow({
    ...neighbours,
    ...mounted(north, own.url, ', path: north'),
    ...mounted('acme/south', own.url, ', path: south'),
  })
  const loaded = await load()
  expect([textOf(loaded), textOf(loaded, 'acme/south')]).toEqual(['north', 'south'])
  const fetches = own.server.requests.filter(({ method, url }) => method === 'GET' && url.includes('info/refs'))
  // One look at the tip and one fetch, for both.
  expect(fetches).toHaveLength(2)
})

test('a repository that was never there freezes its tenant and says why; the others are as they were', async () => {
  const own = await ownRepository(ownFiles(north, louder('own')))
  await own.server.close()
  const { load } = await follow({ ...neighbours, ...mounted(north, own.url) })
  const loaded = await load()
  expect(tenantsOf(loaded)).toEqual({ acme: 'valid', [north]: 'source-missing', 'acme/south': 'valid' })
  expect(loaded.problems).toMatchObject([
    {
      code: 'source-missing',
      tenant: north,
      place: { file: `tenants/${north}/tenant.yaml`, line: 6 },
      message: `${north} has its files in ${own.url} (main), which was never fetched: The remote ${own.url} cannot be reached.`,
    },
  ])
})

test('what was fetched last stays in force while the remote is dead, also after a restart', async () => {
  const own = await ownRepository(ownFiles(north, louder('own')))
  const first = await follow({ ...neighbours, ...mounted(north, own.url) })
  const commit = (await first.load()).snapshot.mounts?.[0]?.commit
  own.server.answerWith((_, response) => void response.writeHead(503).end())
  const during = await first.load()
  await first.close()
  const after = await (await reopen(first)).load()
  for (const loaded of [during, after]) {
    expect(textOf(loaded)).toBe('own')
    expect(loaded.snapshot.mounts).toMatchObject([{ commit, state: 'behind' }])
    expect(loaded.problems).toMatchObject([{ code: 'source-behind', severity: 'warning', tenant: north }])
  }
  own.server.answerWith(null)
  const again = await reopen(first)
  expect((await again.load()).problems).toEqual([])
  expect(mountsOf(await again.load())).toEqual({ [north]: 'current' })
})

test('a history that was rewritten is not taken until the fleet names the new commit', async () => {
  const own = await ownRepository(ownFiles(north, louder('own')))
  const followed = await follow({ ...neighbours, ...mounted(north, own.url) })
  const commit = (await followed.load()).snapshot.mounts?.[0]?.commit
  git(own.work, ['update-ref', '-d', 'refs/heads/main'])
  const text = louder('rewritten')[`tenants/${north}/${overlayFile}`] as string
  const offered = own.push({ [overlayFile]: text }, '--force')
  const loaded = await followed.load()
  expect(textOf(loaded)).toBe('own')
  expect(loaded.snapshot.mounts).toMatchObject([{ commit, state: 'rewritten' }])
  expect(loaded.problems).toMatchObject([{ code: 'source-rewritten', tenant: north }])
  expect(loaded.problems[0]?.message).toContain(offered)
  await followed.close()
  // Also by a process that has never seen the old head offered.
  const again = await reopen(followed)
  expect(textOf(await again.load())).toBe('own')
  again.edit(mounted(north, own.url, `, accept: ${offered}`))
  const accepted = await again.load()
  expect([textOf(accepted), mountsOf(accepted), accepted.problems]).toEqual(['rewritten', { [north]: 'current' }, []])
})
