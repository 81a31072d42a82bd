import { expect, test } from 'vitest'
import { promote } from '../../../controller/core/authoring/index.ts'
import { receives } from '../../fakes/fleet-answers.ts'
import { broken, type Files, oneStep, release, share, tenant } from '../../fakes/fleet-files.ts'
import { author, refusalOf } from './authored-files.ts'

const channels = `# yaml-language-server: $schema=../../crds/generated/channels.schema.json
apiVersion: headwater.dev/v1
kind: Channels
metadata: { name: phish }
spec:
  channels:
    # Everybody.
    stable:   1.0.0   # since March
    canary: "1.1.0"
`
const fleet: Files = {
  ...tenant('acme'),
  ...release('phish', '1.0.0', oneStep),
  ...release('phish', '1.1.0', oneStep),
  ...share('all', 'phish'),
  'workflows/phish/channels.yaml': channels,
}

test('one line changes', () => {
  const { edits, summary, after } = author(fleet, (state, textOf) => promote(state, textOf, 'phish', 'stable', '1.1.0'))
  expect(edits).toEqual({
    'workflows/phish/channels.yaml': channels.replace('stable:   1.0.0   #', 'stable:   1.1.0   #'),
  })
  expect(summary).toEqual(['Promote phish stable: 1.0.0 → 1.1.0', '1 tenant on this channel'])
  expect(receives(after, 'acme')).toEqual(['phish@1.1.0'])
})

test('a new channel stands behind the others', () => {
  const { edits, summary } = author(fleet, (state, textOf) => promote(state, textOf, 'phish', 'early', '1.1.0'))
  expect(edits['workflows/phish/channels.yaml']).toBe(`${channels}    early: 1.1.0\n`)
  expect(summary).toEqual(['Promote phish early: new → 1.1.0', 'no tenant follows this channel'])
})

test('back is possible, and said', () => {
  const { summary } = author(fleet, (state, textOf) => promote(state, textOf, 'phish', 'canary', '1.0.0'))
  expect(summary[1]).toBe('this goes back: 1.0.0 is older than 1.1.0')
})

test('channels.yaml is made where it is missing', () => {
  const { 'workflows/phish/channels.yaml': _, ...rest } = fleet as Record<string, string>
  const path = 'workflows/phish/releases/1.0.0.yaml'
  const files = {
    ...rest,
    [path]: `# yaml-language-server: $schema=../../../crds/generated/workflow.schema.json\n${rest[path]}`,
  }
  const { edits, after } = author(files, (state, textOf) => promote(state, textOf, 'phish', 'stable', '1.0.0'))
  expect(edits).toEqual({
    'workflows/phish/channels.yaml': `# yaml-language-server: $schema=../../crds/generated/channels.schema.json
apiVersion: headwater.dev/v1
kind: Channels
metadata: { name: phish }
spec:
  channels:
    stable: 1.0.0
`,
  })
  expect(receives(after, 'acme')).toEqual(['phish@1.0.0'])
})

test.each<[string, Files, string, string, string]>([
  ['an unknown release', fleet, 'stable', '2.0.0', 'unknown-release: phish has no release 2.0.0: it has 1.1.0, 1.0.0'],
  [
    'where the channel is there already',
    fleet,
    'stable',
    '1.0.0',
    'wrong-value: stable of phish points to 1.0.0 already',
  ],
  ['what cannot be a channel', fleet, 'Stable!', '1.1.0', 'bad-name: `Stable!` cannot be the name of a channel'],
  [
    'a release that cannot be read',
    { ...fleet, ...broken('workflows/phish/releases/1.1.0.yaml') },
    'stable',
    '1.1.0',
    'yaml-syntax: `[` is not closed before the end of the file',
  ],
  [
    'a release with a static problem',
    { ...fleet, ...release('phish', '1.1.0', 'steps: [{ id: a, set: { x: "${{ steps.b.outputs.y }}" } }]') },
    'stable',
    '1.1.0',
    'unknown-step: There is no step b; did you mean a.',
  ],
  [
    'a channels.yaml that cannot be read',
    { ...fleet, ...broken('workflows/phish/channels.yaml') },
    'stable',
    '1.1.0',
    'yaml-syntax: `[` is not closed before the end of the file',
  ],
])('refuses %s', (_, files, channel, version, expected) => {
  expect(refusalOf(files, (state, textOf) => promote(state, textOf, 'phish', channel, version))).toBe(expected)
})
