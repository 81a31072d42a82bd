import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type RawEntry, type Sifted, sift } from '../../../controller/io/git/entry-rules.ts'

const ascending = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)

const sorted = ({ kept, refusals, complete }: Sifted<RawEntry>) => ({
  kept: kept.toSorted(ascending),
  refusals: refusals.toSorted(ascending),
  complete,
})

const name = fc.oneof(
  fc.constantFrom('tenant.yaml', 'overlays', 'a.yml', '.git', 'git~1', '..', 'Acme', 'x'.repeat(101)),
  fc.string({ unit: fc.constantFrom('a', 'b', 'A', '0', '-', '_', '.', '~', ' ', 'é'), maxLength: 4 }),
  fc.string({ unit: fc.constantFrom('a', 'b', '-'), minLength: 1, maxLength: 2 }).map((stem) => `${stem}.yaml`),
)
const kind = fc.oneof(
  fc.constantFrom('file' as const, 'folder' as const),
  fc.constantFrom('link' as const, 'special' as const),
)

test('which entries are kept does not depend on the order in which they come', () => {
  const folder = fc.uniqueArray(fc.record({ name, kind }), { selector: ({ name }) => name.toLowerCase(), maxLength: 5 })
  fc.assert(
    fc.property(folder, (entries) => {
      const upwards = entries.toSorted(ascending)
      expect(sorted(sift(upwards))).toEqual(sorted(sift(upwards.toReversed())))
    }),
    { numRuns: 2_000 },
  )
})

test.each<[string, RawEntry[]]>([
  [
    'side by side',
    [
      { name: 'a.yaml', kind: 'file' },
      { name: 'a.yaml', kind: 'folder' },
    ],
  ],
  [
    'with another one in between, as git sorts them',
    [
      { name: 'a.yaml', kind: 'file' },
      { name: 'a.yaml-b', kind: 'folder' },
      { name: 'a.yaml', kind: 'folder' },
    ],
  ],
])('a file and a folder of one name collide, %s', (_, entries) => {
  expect(sift(entries).refusals).toMatchObject([{ name: 'a.yaml', code: 'path-collision' }])
})
