import { expect, test } from 'vitest'
import { upgrade } from '../../../controller/core/authoring/index.ts'
import { heldConflicts } from '../../../controller/core/desired/index.ts'
import type { Resolution } from '../../../controller/core/merge/index.ts'
import { errorsOf, frozenOf, receives, workflowOf } from '../../fakes/fleet-answers.ts'
import { channels, type Files, overlay, release, resolveFiles, share, tenantsDownTo } from '../../fakes/fleet-files.ts'

const steps = (...ids: string[]) => `steps: [${ids.map((id) => `{ id: ${id}, set: { a: 1 } }`).join(', ')}]`
const required = 'steps: [{ id: mine, $after: find, $anchor: required, set: { b: 2 } }, { id: tell, set: { a: 5 } }]'
const fleet = (patch: string, latest: string): Files => ({
  ...tenantsDownTo('acme/contoso'),
  ...release('phish', '1.0.0', steps('open', 'find', 'tell')),
  ...release('phish', '2.0.0', latest),
  ...channels('phish', '{ stable: 2.0.0 }'),
  ...share('all', 'phish'),
  ...overlay('acme', 'phish', '1.0.0', patch),
})
const idsOf = (files: Files) => workflowOf(resolveFiles(files), 'acme/contoso', 'phish').spec.steps.map(({ id }) => id)

test('a required neighbour that a release has dropped is a conflict: the level keeps what it has', () => {
  const files = fleet(required, steps('open', 'tell'))
  const state = resolveFiles(files)
  expect([frozenOf(state), errorsOf(state)]).toEqual([{}, []])
  expect(receives(state, 'acme/contoso')).toEqual(['phish@1.0.0'])
  expect(idsOf(files)).toEqual(['open', 'find', 'mine', 'tell'])
  expect(heldConflicts(state)).toMatchObject([
    {
      type: 'anchor-lost',
      path: '/spec/steps/[id=mine]',
      level: 'acme',
      resolutions: ['ours', 'theirs'],
      tenants: ['acme', 'acme/contoso'],
    },
  ])
})

test('without the word a neighbour that is gone is none', () => {
  const files = fleet(required.replace('$anchor: required, ', ''), steps('open', 'tell'))
  expect(receives(resolveFiles(files), 'acme/contoso')).toEqual(['phish@2.0.0'])
})

test('a neighbour that a release has renamed is not lost', () => {
  const files = fleet(required, `${steps('open', 'search', 'tell')}\nmoved: [{ from: find, to: search }]`)
  expect(idsOf(files)).toEqual(['open', 'search', 'mine', 'tell'])
})

test('a neighbour that the base does not have either is a mistake of the overlay', () => {
  const files = fleet(required.replace('$after: find', '$after: nowhere'), steps('open', 'find', 'tell'))
  expect(frozenOf(resolveFiles(files))).toEqual({ acme: 'overlay-invalid', 'acme/contoso': 'overlay-invalid' })
})

test.each<[Resolution, string[]]>([
  ['ours', ['open', 'mine', 'tell']],
  ['theirs', ['open', 'tell']],
])('taking %s settles it for good, and keeps what else the overlay says', (take, ids) => {
  const files = fleet(required, steps('open', 'tell'))
  const answer = upgrade(resolveFiles(files), (path) => files[path] as string, {
    tenant: 'acme',
    workflow: 'phish',
    decide: () => take,
    everywhere: false,
    mayStayOpen: false,
  })
  if (answer.kind !== 'edits') throw new Error(answer.kind)
  const after = { ...files, ...(Object.fromEntries(answer.edits) as Files) }
  expect(receives(resolveFiles(after), 'acme/contoso')).toEqual(['phish@2.0.0'])
  expect(idsOf(after)).toEqual(ids)
  expect(workflowOf(resolveFiles(after), 'acme', 'phish').spec.steps.at(-1)?.set).toEqual({ a: 5 })
})
