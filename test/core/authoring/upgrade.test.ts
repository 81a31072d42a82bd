import { expect, test } from 'vitest'
import { upgrade } from '../../../controller/core/authoring/index.ts'
import type { Resolution } from '../../../controller/core/merge/index.ts'
import { channels, type Files, release, resolveFiles, share, tenantsDownTo } from '../../fakes/fleet-files.ts'
import { workflowOf } from '../../fakes/fleet-answers.ts'

/**
 * An overlay's patch on 1.0.0, what 2.0.0 says, the decisions, and the patch that is written. Every case also renders
 * the written overlay and compares that with `runs`.
 */
interface Case {
  readonly title: string
  readonly base?: string
  readonly patch: string
  readonly theirs: string
  readonly decide?: Readonly<Record<string, Resolution>>
  readonly written: string
  readonly runs: unknown
}

const base = `
find: { hours: 24, mail: soc }
tell: { text: found }`
const hours = '/spec/steps/[id=find]/set/hours'
const tell = '/spec/steps/[id=tell]'

const cases: Case[] = [
  {
    title: 'both sides change different fields: the patch stays as it is, with its comments',
    patch: '- id: find # ours\n  set: { hours: 72 } # three days',
    theirs: 'find: { hours: 24, mail: desk }\ntell: { text: found }',
    written: '- id: find # ours\n  set: { hours: 72 } # three days',
    runs: { find: { hours: 72, mail: 'desk' }, tell: { text: 'found' } },
  },
  {
    title: 'ours: the intent stays',
    patch: '- id: find\n  set: { hours: 72 }',
    theirs: 'find: { hours: 48, mail: soc }\ntell: { text: found }',
    decide: { [hours]: 'ours' },
    written: '- id: find\n  set: { hours: 72 }',
    runs: { find: { hours: 72, mail: 'soc' }, tell: { text: 'found' } },
  },
  {
    title: 'theirs: the intent goes, and what stands beside it stays',
    patch: '- id: find\n  set:\n    hours: 72\n    mail: desk # why',
    theirs: 'find: { hours: 48, mail: soc }\ntell: { text: found }',
    decide: { [hours]: 'theirs' },
    written: '- id: find\n  set:\n    mail: desk # why',
    runs: { find: { hours: 48, mail: 'desk' }, tell: { text: 'found' } },
  },
  {
    title: 'theirs: with its last intent the step goes too',
    patch: '- id: find\n  set: { hours: 72 }\n- id: tell\n  set: { text: da }',
    theirs: 'find: { hours: 48, mail: soc }\ntell: { text: found }',
    decide: { [hours]: 'theirs' },
    written: '- id: tell\n  set: { text: da }',
    runs: { find: { hours: 48, mail: 'soc' }, tell: { text: 'da' } },
  },
  {
    title: 'a value of its own takes the place of the old one',
    patch: '- id: find\n  set: { hours: 72 } # counted',
    theirs: 'find: { hours: 48, mail: soc }\ntell: { text: found }',
    decide: { [hours]: { value: 60 } },
    written: '- id: find\n  set: { hours: 60 } # counted',
    runs: { find: { hours: 60, mail: 'soc' }, tell: { text: 'found' } },
  },
  {
    title: 'base: the old value becomes an intent',
    patch: '- id: find\n  set: { hours: 72 }',
    theirs: 'find: { hours: 48, mail: soc }\ntell: { text: found }',
    decide: { [hours]: 'base' },
    written: '- id: find\n  set: { hours: 24 }',
    runs: { find: { hours: 24, mail: 'soc' }, tell: { text: 'found' } },
  },
  {
    title: 'they delete the step that ours edits, ours: the whole step moves into the patch',
    patch: '- id: tell\n  set: { loud: true }',
    theirs: 'find: { hours: 24, mail: soc }',
    decide: { [tell]: 'ours' },
    written: '- id: tell\n  set: { loud: true, text: found }',
    runs: { find: { hours: 24, mail: 'soc' }, tell: { loud: true, text: 'found' } },
  },
  {
    title: 'they delete the step that ours edits, theirs: the edit goes',
    patch: '- id: tell\n  set: { loud: true }\n- id: find\n  set: { hours: 72 }',
    theirs: 'find: { hours: 24, mail: soc }',
    decide: { [tell]: 'theirs' },
    written: '- id: find\n  set: { hours: 72 }',
    runs: { find: { hours: 72, mail: 'soc' } },
  },
  {
    title: 'ours deletes the step that they edit, ours: the tombstone stays',
    patch: '- { id: tell, $delete: true } # not here',
    theirs: 'find: { hours: 24, mail: soc }\ntell: { text: now }',
    decide: { [tell]: 'ours' },
    written: '- { id: tell, $delete: true } # not here',
    runs: { find: { hours: 24, mail: 'soc' } },
  },
  {
    title: 'ours deletes the step that they edit, theirs: the step comes back',
    patch: '- { id: tell, $delete: true }\n- id: find\n  set: { hours: 72 }',
    theirs: 'find: { hours: 24, mail: soc }\ntell: { text: now }',
    decide: { [tell]: 'theirs' },
    written: '- id: find\n  set: { hours: 72 }',
    runs: { find: { hours: 72, mail: 'soc' }, tell: { text: 'now' } },
  },
  {
    title: 'both delete the step: the tombstone is redundant and stays, should the step come back',
    patch: '- { id: tell, $delete: true } # never again\n- id: find\n  set: { hours: 72 }',
    theirs: 'find: { hours: 24, mail: soc }',
    written: '- { id: tell, $delete: true } # never again\n- id: find\n  set: { hours: 72 }',
    runs: { find: { hours: 72, mail: 'soc' } },
  },
  {
    title: 'both set the same value: the intent stays, should upstream go back on it',
    patch: '- id: find\n  set: { hours: 48 } # we were first',
    theirs: 'find: { hours: 48, mail: soc }\ntell: { text: found }',
    written: '- id: find\n  set: { hours: 48 } # we were first',
    runs: { find: { hours: 48, mail: 'soc' }, tell: { text: 'found' } },
  },
  {
    title: 'a renamed step takes the intents and their comments with it',
    patch:
      '- id: find # as agreed\n  set: { hours: 72 } # three days\n- id: own\n  $after: find\n  set: { was: "${{ steps.find.outputs.hours }}" }',
    theirs: 'search: { hours: 24, mail: desk }\ntell: { text: found }',
    written:
      '- id: search # as agreed\n  set: { hours: 72 } # three days\n- id: own\n  $after: search\n  set: { was: "${{ steps.search.outputs.hours }}" }',
    runs: {
      search: { hours: 72, mail: 'desk' },
      own: { was: '${{ steps.search.outputs.hours }}' },
      tell: { text: 'found' },
    },
  },
  {
    title: 'a tombstone of a step that they rename follows it',
    patch: '- { id: find, $delete: true }',
    theirs: 'search: { hours: 24, mail: soc }\ntell: { text: found }',
    written: '- { id: search, $delete: true }',
    runs: { tell: { text: 'found' } },
  },
  {
    title: 'a step of its own and a move stay where they were put',
    patch: '- { id: own, $after: find, set: { a: 1 } }\n- { id: tell, $move: { before: find } }',
    theirs: 'first: { x: 1 }\nfind: { hours: 24, mail: soc }\ntell: { text: found }',
    written: '- { id: own, $after: find, set: { a: 1 } }\n- { id: tell, $move: { before: find } }',
    runs: { first: { x: 1 }, tell: { text: 'found' }, find: { hours: 24, mail: 'soc' }, own: { a: 1 } },
  },
]

const file = 'tenants/acme/overlays/phish.yaml'
const steps = (text: string): string =>
  `steps:\n${text
    .trim()
    .split('\n')
    .map((line) => `  - { id: ${line.replace(': ', ', set: ')} }`)
    .join('\n')}`
const overlayText = (version: string, patch: string): string =>
  `# ours\napiVersion: headwater.dev/v1\nkind: Overlay\nmetadata: { name: phish }\nspec:\n  workflow: phish\n  base: ${version}\n  patch:\n    steps:\n${patch.replace(/^/gm, '      ')}\n`
const fleet = ({ base: old = base, patch, theirs }: Case): Files => ({
  ...tenantsDownTo('acme'),
  ...release('phish', '1.0.0', steps(old)),
  ...release(
    'phish',
    '2.0.0',
    `${theirs.includes('search:') ? 'moved: [{ from: find, to: search }]\n' : ''}${steps(theirs)}`,
  ),
  ...channels('phish', '{ stable: 2.0.0 }'),
  ...share('all', 'phish'),
  [file]: overlayText('1.0.0', patch),
})

test.each(cases)('$title', (each) => {
  const files = fleet(each)
  const answer = upgrade(resolveFiles(files), (path) => files[path] as string, {
    tenant: 'acme',
    workflow: 'phish',
    decide: ({ path }) => each.decide?.[path],
    everywhere: false,
    mayStayOpen: false,
  })
  expect(answer).toMatchObject({ kind: 'edits' })
  if (answer.kind !== 'edits') return
  expect(answer.edits.get(file)).toBe(overlayText('2.0.0', each.written))
  const after = workflowOf(resolveFiles(files, { [file]: answer.edits.get(file) as string }), 'acme', 'phish')
  expect(after.release).toBe('2.0.0')
  const runs = after.spec.steps.map(({ id, set }) => [id, set])
  expect(runs).toEqual(Object.entries(each.runs as object))
})
