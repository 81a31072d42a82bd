import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { changedFiles, type FleetSource } from '../../controller/io/git/index.ts'
import { type Files, newFolder, smallFleet, writeFiles } from '../io/git/repositories.ts'

/** A fleet under test: `publish` makes what lies in `root` what the source sees. */
export interface FleetUnderTest {
  readonly source: FleetSource
  readonly publish: () => void
}

const fleetPaths = [
  'connectors/actions/block.yaml',
  'policies/roles/admin.yaml',
  'tenants/acme-b/tenant.yaml',
  'tenants/acme.yaml',
  'tenants/acme/north/tenant.yaml',
  'tenants/acme/tenant.yaml',
  'workflows/phish/releases/1.0.0.yml',
  'workflows/phish/workflow.yaml',
]

/** What every source of fleets does, whatever it reads from. */
export function fleetSourceConformance(name: string, open: (root: string) => Promise<FleetUnderTest>): void {
  describe(`${name} as a fleet source`, () => {
    const start = (files?: Files): Promise<FleetUnderTest & { root: string }> => startFleet(open, files)

    test('lists the YAML files of the fleet folders in byte order', async () => {
      const { source } = await start()
      const { files, problems } = await source.snapshot()
      expect([...files.keys()]).toEqual(fleetPaths)
      expect(files.size).toBe(fleetPaths.length)
      expect(problems).toEqual([])
    })

    test('answers the same object while nothing changes', async () => {
      const { source } = await start()
      expect(await source.snapshot()).toBe(await source.snapshot())
    })

    test('reads contents by id, equal ids once', async () => {
      const { source } = await start()
      const { files } = await source.snapshot()
      const contents = await source.read([...files.values()].map(({ oid }) => oid))
      expect(contents.size).toBe(fleetPaths.length - 1)
      const text = (path: string): string => Buffer.from(contents.get(files.get(path)?.oid ?? '') ?? []).toString()
      expect(text('tenants/acme.yaml')).toBe('x: 1\n')
      expect(text('workflows/phish/workflow.yaml')).toBe(text('workflows/phish/releases/1.0.0.yml'))
    })

    test('shows an edit, a new file and a removed one, and nothing else', async () => {
      const { source, root, publish } = await start()
      const before = await source.snapshot()
      writeFiles(root, {
        'tenants/acme/tenant.yaml': 'kind: Tenant # edited\n',
        'tenants/zeta/tenant.yaml': 'kind: Tenant\n',
      })
      rmSync(join(root, 'policies'), { recursive: true })
      publish()
      const after = await source.snapshot()
      const changes = changedFiles(before.files, after.files)
      expect(changes.map(({ path }) => path)).toEqual([
        'policies/roles/admin.yaml',
        'tenants/acme/tenant.yaml',
        'tenants/zeta/tenant.yaml',
      ])
      expect(changes).toEqual(changedFiles(new Map(before.files), new Map(after.files)))
      expect(after.revision.tree).not.toBe(before.revision.tree)
    })

    test('keeps the tree id where only files outside the fleet change', async () => {
      const { source, root, publish } = await start()
      const before = await source.snapshot()
      writeFiles(root, { 'README.md': 'edited', 'tenants/acme/notes.md': 'edited', 'docs/a.yaml': 'x: 1\n' })
      publish()
      expect((await source.snapshot()).revision.tree).toBe(before.revision.tree)
    })

    test('refuses links, bad names and large files one by one and keeps the others', async () => {
      const { source } = await start({
        ...smallFleet,
        'tenants/acme/link.yaml': { link: 'tenant.yaml' },
        'tenants/linked': { link: 'acme' },
        'tenants/acme/ä.yaml': 'x: 1\n',
        'tenants/with space/tenant.yaml': 'x: 1\n',
        'tenants/new\nline.yaml': 'x: 1\n',
        [`tenants/${'n'.repeat(101)}/tenant.yaml`]: 'x: 1\n',
        'tenants/acme/large.yaml': Buffer.alloc(256 * 1024 + 1, 'a'),
        'tenants/acme/fits.yaml': Buffer.alloc(256 * 1024, 'a'),
        'tenants/ACME/tenant.yaml': 'x: 1\n',
      })
      const { files, problems } = await source.snapshot()
      expect([...files.keys()].filter((path) => !fleetPaths.includes(path))).toEqual(['tenants/acme/fits.yaml'])
      expect(new Set(problems.map(({ code, place }) => `${code} ${place?.file}`))).toEqual(
        new Set([
          'bad-mode tenants/acme/link.yaml',
          'bad-mode tenants/linked',
          'bad-path tenants/acme/ä.yaml',
          'bad-path tenants/new\nline.yaml',
          `bad-path tenants/${'n'.repeat(101)}`,
          'bad-path tenants/with space',
          'file-too-large tenants/acme/large.yaml',
          'path-collision tenants/ACME',
        ]),
      )
    })

    test('a refusal changes the tree id', async () => {
      const { source, root, publish } = await start()
      const before = await source.snapshot()
      writeFiles(root, { 'tenants/acme/link.yaml': { link: 'tenant.yaml' } })
      publish()
      const after = await source.snapshot()
      expect([...after.files.keys()]).toEqual([...before.files.keys()])
      expect(after.revision.tree).not.toBe(before.revision.tree)
    })

    test('reads 64 levels and refuses the 65th', async () => {
      const { source } = await start({ ...smallFleet, [deep(64)]: 'x: 1\n', [deep(65)]: 'x: 1\n' })
      const { files, problems } = await source.snapshot()
      expect(files.has(deep(64))).toBe(true)
      expect(files.has(deep(65))).toBe(false)
      expect(problems.map(({ code }) => code)).toEqual(['too-many-levels'])
    })

    test('says so where there is no fleet', async () => {
      const { source } = await start({ 'README.md': 'nothing here' })
      expect((await source.snapshot()).problems.map(({ code }) => code)).toEqual(['not-a-fleet'])
    })

    test('sees a change without being asked', async () => {
      const { source, root, publish } = await start()
      const seen = Promise.withResolvers<void>()
      const stop = await source.watch(({ kind }) => kind === 'changed' && seen.resolve(), { pollMs: 60_000 })
      try {
        writeFiles(root, { 'tenants/acme/tenant.yaml': 'kind: Tenant # watched\n' })
        publish()
        await seen.promise
      } finally {
        await stop()
        await source.close()
      }
    })

    test('sees a change by the timer alone', async () => {
      const { source, root, publish } = await start()
      const reasons: string[] = []
      const stop = await source.watch(({ reason }) => void reasons.push(reason), { pollMs: 30 })
      try {
        writeFiles(root, { 'tenants/acme/tenant.yaml': 'kind: Tenant # watched\n' })
        publish()
        await expect.poll(() => reasons.includes('timer'), { timeout: 5_000 }).toBe(true)
      } finally {
        await stop()
        await source.close()
      }
    })
  })
}

async function startFleet(
  open: (root: string) => Promise<FleetUnderTest>,
  files: Files = smallFleet,
): Promise<FleetUnderTest & { root: string }> {
  const root = newFolder()
  writeFiles(root, files)
  return { root, ...(await open(root)) }
}

function deep(levels: number): string {
  return `tenants/${'d/'.repeat(levels - 1)}tenant.yaml`
}
