import { describe, expect, test } from 'vitest'
import { objectId } from '../../../controller/io/git/object-id.ts'
import type { FleetSource } from '../../../controller/io/git/index.ts'
import { caps } from '../../../controller/core/model/caps.ts'
import { problem, type Problem } from '../../../controller/core/model/problems.ts'
import { checkWorkflowSpec } from '../../../controller/reconcile/check-workflow-spec.ts'
import { createFleetLoader } from '../../../controller/reconcile/load-fleet.ts'
import {
  channels,
  type Files,
  oneStep,
  overlay,
  release,
  share,
  tenantsDownTo,
  tenant,
  without,
} from '../../fakes/fleet-files.ts'
import { changedBetween, frozenOf, receives } from '../../fakes/fleet-answers.ts'

/** A source whose files a test may exchange between two calls, as an editor does. */
function sourceOf(start: Files) {
  const now = { files: start, problems: [] as Problem[], reads: 0, beforeRead: (): void => {} }
  const oid = (text: string): string => objectId('blob', Buffer.from(text))
  const source: FleetSource = {
    snapshot: () => {
      const files = new Map(
        Object.entries(now.files).map(([path, text]) => [path, { oid: oid(text), size: text.length }]),
      )
      const tree = oid(JSON.stringify([now.files, now.problems]))
      return Promise.resolve({ revision: { commit: null, tree, uncommitted: [] }, files, problems: now.problems })
    },
    read: (oids) => {
      now.beforeRead()
      now.reads++
      const known = new Map(Object.values(now.files).map((text) => [oid(text), Buffer.from(text)]))
      return Promise.resolve(
        new Map([...oids].flatMap((each) => (known.has(each) ? [[each, known.get(each) as Buffer]] : []))),
      )
    },
    watch: () => Promise.resolve(() => Promise.resolve()),
    close: () => Promise.resolve(),
  }
  return { now, source, load: createFleetLoader(source, checkWorkflowSpec, () => 0) }
}

const fleet: Files = {
  ...tenantsDownTo('acme/north'),
  ...tenant('acme/south'),
  ...release('phish', '1.0.0', oneStep),
  ...channels('phish', '{ stable: 1.0.0 }'),
  ...share('all', 'phish'),
  ...overlay('acme/north', 'phish', '1.0.0', 'minutesSaved: 3'),
}

describe('loading again', () => {
  test('is the same object where nothing changed', async () => {
    const { load } = sourceOf(fleet)
    expect((await load()).desired).toBe((await load()).desired)
  })

  test('parses only what is new, and comes to what a fresh loader comes to', async () => {
    const { load, now } = sourceOf(fleet)
    const first = await load()
    now.files = { ...fleet, ...tenant('acme/south', 'values: { a: 1 }') }
    const second = await load()
    expect([first.timings.parsed, second.timings.parsed]).toEqual([Object.keys(fleet).length, 1])
    expect([first.changed, second.changed]).toEqual(['all', new Set(['acme/south'])])
    expect(changedBetween(second.desired, (await sourceOf(now.files).load()).desired)).toEqual([])
  })

  test('shows the same broken contents at each path where they stand', async () => {
    const { load } = sourceOf({ ...fleet, 'policies/roles/a.yaml': 'kind: [', 'policies/roles/b.yaml': 'kind: [' })
    expect((await load()).problems.map(({ place }) => `${place?.file}:${place?.line}`)).toEqual([
      'policies/roles/a.yaml:1',
      'policies/roles/b.yaml:1',
    ])
  })
})

describe('a file that changes while it is read', () => {
  const edited = { ...fleet, ...overlay('acme/north', 'phish', '1.0.0', 'minutesSaved: 4') }

  test('is read anew; the fleet is never one without that file', async () => {
    const { load, now } = sourceOf(fleet)
    now.beforeRead = () => void (now.files = edited)
    const { desired } = await load()
    expect(changedBetween(desired, (await sourceOf(edited).load()).desired)).toEqual([])
  })

  test('again and again freezes its owner until it rests, and nobody else', async () => {
    const { load, now } = sourceOf(fleet)
    let turn = 0
    now.beforeRead = () =>
      void (now.files = { ...fleet, ...overlay('acme/north', 'phish', '1.0.0', `minutesSaved: ${++turn}`) })
    const { desired } = await load()
    expect(frozenOf(desired)).toEqual({ 'acme/north': 'repository-unreadable' })
    expect(receives(desired, 'acme/south')).toEqual(['phish@1.0.0'])
    now.beforeRead = () => {}
    expect(frozenOf((await load()).desired)).toEqual({})
  })

  test('is not remembered as it was: the same tree at rest is loaded anew', async () => {
    const { load, now, source } = sourceOf(fleet)
    const read = source.read
    source.read = () => Promise.resolve(new Map())
    expect(Object.keys(frozenOf((await load()).desired))).toContain('acme')
    source.read = read
    expect(now.files).toBe(fleet)
    expect(frozenOf((await load()).desired)).toEqual({})
  })
})

describe('what the source refuses', () => {
  const refusal = (file?: string): Problem =>
    problem('bad-mode', 'never read', file === undefined ? {} : { place: { file, line: 1, column: 1 } })

  test('freezes its owner and is told once', async () => {
    const { load, now } = sourceOf(without(fleet, 'tenants/acme/north/overlays/phish.yaml'))
    now.problems = [refusal('tenants/acme/north/overlays/phish.yaml')]
    const { desired, problems } = await load()
    expect(frozenOf(desired)).toEqual({ 'acme/north': 'bad-mode' })
    expect(problems.map(({ code }) => code)).toEqual(['bad-mode'])
  })

  test('freezes everybody where it is the whole tree', async () => {
    const { load, now } = sourceOf(fleet)
    now.problems = [refusal()]
    expect(Object.keys(frozenOf((await load()).desired))).toEqual(['acme', 'acme/north', 'acme/south'])
  })
})

test('large files are asked for a few at a time: what was read and not parsed yet stays small', async () => {
  const large = 'x'.repeat(caps.fileBytes - 1)
  const files = Object.fromEntries(
    Array.from({ length: 10 }, (_, i) => [`policies/roles/r${i}.yaml`, `# ${i}${large}`]),
  )
  const { source } = sourceOf(files)
  let open = 0
  const reading: { questions: number; files: number }[] = []
  const counting: FleetSource = {
    ...source,
    read: async (oids) => {
      reading.push({ questions: ++open, files: [...oids].length })
      await new Promise(setImmediate)
      open--
      return await source.read(oids)
    },
  }
  await createFleetLoader(counting, checkWorkflowSpec, () => 0)()
  expect(Math.max(...reading.map((each) => each.files))).toBe(1)
  expect(Math.max(...reading.map(({ questions }) => questions))).toBe(4)
  expect(reading).toHaveLength(10)
})

test('a tenant of which only the secrets are left is frozen and not gone', async () => {
  const files = {
    ...without(fleet, 'tenants/acme/south/tenant.yaml'),
    'tenants/acme/south/secrets.sops.yaml': 'sops: {}',
  }
  expect(frozenOf((await sourceOf(files).load()).desired)).toEqual({ 'acme/south': 'missing-tenant' })
})

test('a file with many problems is read once to find their lines', async () => {
  const spec = `steps:\n${Array.from({ length: 20 }, (_, at) => `  - { id: s${at}, set: { a: "\${{ steps.gone${at}.outputs.x }}" } }`).join('\n')}`
  const { load, now } = sourceOf({ ...fleet, ...release('phish', '2.0.0', spec) })
  const { problems } = await load()
  expect(new Set(problems.map(({ place }) => place?.line)).size).toBe(20)
  expect(now.reads).toBe(2)
})
