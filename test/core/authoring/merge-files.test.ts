import { describe, expect, test } from 'vitest'
import { mergeFiles, type MergedFiles } from '../../../controller/core/authoring/index.ts'
import { formatPath } from '../../../controller/core/merge/index.ts'

const base = `apiVersion: headwater.dev/v1
kind: Workflow
metadata: { name: phish }
spec:
  version: 1.0.0
  title: Phishing
  minutesSaved: 10
  steps:
    - { id: first, set: { text: one } }
    - { id: second, set: { text: two } }
`
const ours = `# Ours.
apiVersion: headwater.dev/v1
kind: Workflow
metadata: { name: phish }
spec:
  version: 1.0.0
  title: Phishing
  minutesSaved:   20 # agreed
  steps:
    # First things first.
    - { id: first,  set: { text: one } }
    - { id: second, set: { text: two } }
`
const theirs = base
  .replace('1.0.0', '1.1.0')
  .replace('text: two } }\n', 'text: deux } }\n    - { id: third, set: { text: three } }\n')

const merge = (parts: { base?: string; ours?: string; theirs?: string }, options = {}): MergedFiles =>
  mergeFiles(
    {
      base: { file: 'base.yaml', text: parts.base ?? base },
      ours: { file: 'ours.yaml', text: parts.ours ?? ours },
      theirs: { file: 'theirs.yaml', text: parts.theirs ?? theirs },
    },
    options,
  )

describe('a clean merge', () => {
  test('keeps the text of ours and takes what theirs changed', () => {
    expect(merge({})).toEqual({
      kind: 'merged',
      notices: [],
      text: ours
        .replace('1.0.0', '1.1.0')
        .replace('text: two } }\n', 'text: deux } }\n    - { id: third, set: { text: three } }\n'),
    })
  })

  test('with nothing new from theirs is ours, byte for byte', () => {
    expect(merge({ theirs: base })).toEqual({ kind: 'merged', notices: [], text: ours })
  })

  test('follows a rename that theirs declares', () => {
    const renamed = base
      .replace('id: second', 'id: later')
      .replace('  steps:', '  moved: [{ from: second, to: later }]\n  steps:')
    const merged = merge({ ours: ours.replace('text: two', 'text: zwei'), theirs: renamed })
    expect(merged).toMatchObject({
      kind: 'merged',
      text: expect.stringContaining('{ id: later, set: { text: zwei } }'),
    })
  })

  test('is one of any kind', () => {
    const channels = (stable: string, more = ''): string =>
      `apiVersion: headwater.dev/v1\nkind: Channels\nmetadata: { name: phish }\nspec:\n  channels:\n    stable: ${stable}${more}\n`
    expect(
      merge({ base: channels('1.0.0'), ours: channels('1.0.0', ' # all'), theirs: channels('1.1.0') }),
    ).toMatchObject({
      kind: 'merged',
      text: channels('1.1.0', ' # all'),
    })
  })
})

describe('a conflict', () => {
  const competing = theirs.replace('minutesSaved: 10', 'minutesSaved: 30')

  test('names path and sides, and ours holds until it is decided', () => {
    const merged = merge({ theirs: competing })
    if (merged.kind !== 'conflicted') throw new Error(merged.kind)
    expect(
      merged.conflicts.map(({ path, type, base, ours, theirs }) => [formatPath(path), type, base, ours, theirs]),
    ).toEqual([['/spec/minutesSaved', 'edit/edit', 10, 20, 30]])
    expect(merged.text).toContain('minutesSaved:   20 # agreed')
    expect(merged.text).toContain('version: 1.1.0')
  })

  test.each([
    ['ours', 20],
    ['theirs', 30],
  ] as const)('is decided by taking %s', (take, minutes) => {
    const merged = merge({ theirs: competing }, { take })
    expect(merged).toMatchObject({
      kind: 'merged',
      text: expect.stringContaining(`minutesSaved:   ${minutes} # agreed`),
    })
  })
})

test.each<[string, Parameters<typeof merge>[0], object, string]>([
  ['a side that cannot be read', { theirs: 'kind: [' }, {}, 'yaml-syntax theirs.yaml'],
  ['a side of another kind', { base: base.replace('Workflow', 'Share') }, {}, 'misplaced-file base.yaml'],
  ['what is not of the kind asked for', {}, { kind: 'Share' }, 'misplaced-file ours.yaml'],
  [
    'what would not be valid once merged',
    {
      base: base.replace(/ {4}- .*\n {4}- .*\n/, '    - { id: a, set: { x: 1 } }\n    - { id: b, set: { x: 1 } }\n'),
      ours: base.replace(/ {4}- .*\n {4}- .*\n/, '    - { id: a, set: { x: 1 } }\n'),
      theirs: base.replace(/ {4}- .*\n {4}- .*\n/, '    - { id: b, set: { x: 1 } }\n'),
    },
    {},
    'wrong-value undefined',
  ],
])('refuses %s', (_, parts, options, expected) => {
  const merged = merge(parts, options)
  if (merged.kind !== 'refused') throw new Error(merged.kind)
  expect(`${merged.problem.code} ${merged.problem.place?.file}`).toBe(expected)
})
