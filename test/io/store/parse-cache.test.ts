import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { generateFleet } from '../../../controller/cli/generate-fleet.ts'
import type { Verdict } from '../../../controller/core/model/document.ts'
import { parseDocument } from '../../../controller/core/model/parse-document.ts'
import type { FleetSource } from '../../../controller/io/git/index.ts'
import { objectId } from '../../../controller/io/git/object-id.ts'
import { openParseCache } from '../../../controller/io/store/parse-cache.ts'
import { checkWorkflowSpec } from '../../../controller/reconcile/check-workflow-spec.ts'
import { openLoadCache } from '../../../controller/reconcile/load-cache.ts'
import { createFleetLoader, type LoadedFleet } from '../../../controller/reconcile/load-fleet.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'headwater-cache-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const idOf = (text: string): string => objectId('blob', Buffer.from(text))
const parsedFile = (): string => join(folder, 'cache', 'parsed')
const open = (gate = 'this gate') => openParseCache(join(folder, 'cache'), gate)

const odd = `apiVersion: headwater.dev/v1
kind: Tenant
metadata: { name: acme, uid: 0b4e6a36-5a1e-4c3e-9f0a-000000000001 }
spec:
  displayName: "Ac\\u2028me \\ud83d\\ude00 äöü"
  tags: {}
  values: { 10: ten, 2: two, empty: [], none: null, zero: -0, small: 1.5e-7, nested: { list: [[], {}, [1]] } }
`
const files = new Map<string, string>([
  ...generateFleet({ tenants: 30, seed: 1 }),
  ['tenants/odd/tenant.yaml', odd],
  ['policies/roles/broken.yaml', 'kind: ['],
  [
    'policies/roles/unfit.yaml',
    'apiVersion: headwater.dev/v1\nkind: Role\nmetadata: { name: unfit }\nspec: { what: 1 }\n',
  ],
])

/** Everything that a comparison of values leaves out too: prototypes, order of keys, what is frozen, -0. */
function shapeOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? '-0' : value
  const prototype = Object.getPrototypeOf(value) as object | null
  const kind = prototype === null ? 'map' : prototype === Object.prototype ? 'object' : prototype === Array.prototype
  return [kind, Object.isFrozen(value), Object.entries(value).map(([key, item]) => [key, shapeOf(item)])]
}

function verdictsOf(texts: Iterable<[string, string]>): Map<string, Verdict> {
  return new Map(
    [...texts].map(([file, text]) => [idOf(text), parseDocument({ file, bytes: Buffer.from(text) })] as const),
  )
}

async function written(verdicts: ReadonlyMap<string, Verdict>): Promise<void> {
  const cache = open()
  cache.keep(verdicts, verdicts)
  await cache.settled()
}

describe('what comes from the cache', () => {
  test('is what the gate made of the bytes, to the prototype', async () => {
    const verdicts = verdictsOf(files)
    expect(new Set([...verdicts.values()].map(({ kind }) => kind))).toEqual(new Set(['parsed', 'problems']))
    await written(verdicts)
    const cache = open()
    for (const [oid, verdict] of verdicts) expect(shapeOf(cache.get(oid))).toEqual(shapeOf(verdict))
  })

  test('is nothing where another gate wrote it', async () => {
    const verdicts = verdictsOf(files)
    await written(verdicts)
    expect([...verdicts.keys()].filter((oid) => open('another gate').get(oid))).toEqual([])
  })

  test('is the right verdict or none, wherever a byte was changed and wherever the file ends', async () => {
    const verdicts = verdictsOf([...files].slice(0, 40))
    await written(verdicts)
    const sound = readFileSync(parsedFile())
    const spoilt = fc.oneof(
      fc.nat(sound.length - 1).map((at) => sound.subarray(0, at)),
      fc.tuple(fc.nat(sound.length - 1), fc.integer({ min: 1, max: 255 })).map(([at, change]) => {
        const bytes = Buffer.from(sound)
        bytes[at] = (bytes[at] as number) ^ change
        return bytes
      }),
    )
    fc.assert(
      fc.property(spoilt, (bytes) => {
        writeFileSync(parsedFile(), bytes)
        const cache = open()
        for (const [oid, verdict] of verdicts) {
          const found = cache.get(oid)
          if (found) expect(found).toEqual(verdict)
        }
      }),
    )
  })
})

describe('the file', () => {
  const some = [...files].slice(0, 20)

  test('is added to, and belongs to nobody else', async () => {
    const first = verdictsOf(some.slice(0, 10))
    await written(first)
    const before = readFileSync(parsedFile())
    const all = verdictsOf(some)
    const cache = open()
    cache.keep(verdictsOf(some.slice(10)), all)
    await cache.settled()
    expect(readFileSync(parsedFile()).subarray(0, before.length)).toEqual(before)
    expect(statSync(parsedFile()).mode & 0o777).toBe(0o600)
    expect([...all.keys()].filter((oid) => !open().get(oid))).toEqual([])
  })

  test('is written anew where its end was lost, with everything', async () => {
    const all = verdictsOf(some)
    await written(all)
    writeFileSync(parsedFile(), readFileSync(parsedFile()).subarray(0, -5))
    await written(all)
    expect([...all.keys()].filter((oid) => !open().get(oid))).toEqual([])
  })

  test('loses what the fleet has lost, once that is most of it', async () => {
    const many = Array.from({ length: 1_200 }, (_, at): [string, string] => [
      `tenants/t${at}/tenant.yaml`,
      `kind: ${at}`,
    ])
    await written(verdictsOf(many))
    const few = verdictsOf(some)
    await written(few)
    const cache = open()
    expect(cache.get(idOf('kind: 1'))).toBeUndefined()
    expect([...few.keys()].filter((oid) => !cache.get(oid))).toEqual([])
  })

  test('that cannot be written costs nothing but time', async () => {
    writeFileSync(join(folder, 'cache'), 'a file where the folder should be')
    const verdicts = verdictsOf(some)
    await written(verdicts)
    expect(open().get([...verdicts.keys()][0] as string)).toBeUndefined()
  })
})

describe('a controller that starts again', () => {
  const source: FleetSource = {
    snapshot: () => {
      const entries = [...files].map(([path, text]) => [path, { oid: idOf(text), size: text.length }] as const)
      const revision = { commit: null, tree: idOf([...files].join()), uncommitted: [] }
      return Promise.resolve({ revision, files: new Map(entries), problems: [] })
    },
    read: (oids) => {
      const texts = new Map([...files.values()].map((text) => [idOf(text), Buffer.from(text)]))
      return Promise.resolve(new Map([...oids].map((oid) => [oid, texts.get(oid) as Buffer])))
    },
    watch: () => Promise.resolve(() => Promise.resolve()),
    close: () => Promise.resolve(),
  }
  const start = async (): Promise<LoadedFleet> => {
    const cache = openLoadCache(join(folder, 'cache'))
    const loaded = await createFleetLoader(source, checkWorkflowSpec, () => 0, cache)()
    await cache.settled()
    return loaded
  }
  const stateOf = ({ desired, problems }: LoadedFleet): unknown => [
    problems,
    [...desired.tenants.values()].map((tenant) => [
      tenant.path,
      tenant.kind === 'valid' ? tenant.digest : tenant.cause,
    ]),
  ]

  test('parses nothing and comes to the same state', async () => {
    const first = await start()
    const second = await start()
    expect([first.timings.parsed, second.timings.parsed]).toEqual([new Set([...files.values()].map(idOf)).size, 0])
    expect(stateOf(second)).toEqual(stateOf(first))
  })

  test('comes to the same state where the cache is gone or broken', async () => {
    const first = stateOf(await start())
    rmSync(join(folder, 'cache'), { recursive: true })
    expect(stateOf(await start())).toEqual(first)
    writeFileSync(parsedFile(), readFileSync(parsedFile()).subarray(0, 20_000))
    expect(stateOf(await start())).toEqual(first)
    expect((await start()).timings.parsed).toBe(0)
  })
})
