import { describe, expect, test } from 'vitest'
import { upgrade } from '../../../controller/core/authoring/index.ts'
import { explainWorkflow, heldConflicts } from '../../../controller/core/desired/index.ts'
import { errorsOf, frozenOf, receives, workflowOf } from '../../fakes/fleet-answers.ts'
import {
  channels,
  type Files,
  overlay,
  release,
  resolveFiles,
  share,
  tenant,
  tenantsDownTo,
} from '../../fakes/fleet-files.ts'

const steps = (to = 'archive', years = 7) =>
  `steps: [{ id: audit, set: { to: ${to}, years: ${years} } }, { id: tell, set: { text: found } }]`
const fleet = {
  ...tenantsDownTo('acme/north/contoso'),
  ...tenant('acme/south'),
  ...release('phish', '1.0.0', steps()),
  ...channels('phish', '{ stable: 1.0.0 }'),
  ...share('all', 'phish'),
}
/** An overlay of the same tenant under a file name of its own. */
function pack(file: string, patch: string, rest = '', owner = 'acme/north', base = '1.0.0'): Files {
  const [[, text] = []] = Object.entries(overlay(owner, 'phish', base, patch, rest))
  return { [`tenants/${owner}/overlays/${file}.yaml`]: (text ?? '').replace('name: phish', `name: ${file}`) }
}
const setOf = (files: Files, path = 'acme/north', id = 'audit') =>
  workflowOf(resolveFiles(fleet, files), path, 'phish').spec.steps.find((step) => step.id === id)?.set

describe('several overlays of one tenant for one workflow', () => {
  test('add up where they change different things, for all below', () => {
    const files = {
      ...pack('retention', 'steps: [{ id: audit, set: { years: 10 } }]'),
      ...pack('wording', 'steps: [{ id: tell, set: { text: gefunden } }, { id: more, set: { a: 1 } }]'),
    }
    expect(setOf(files, 'acme/north/contoso')).toEqual({ to: 'archive', years: 10 })
    expect(setOf(files, 'acme/north/contoso', 'tell')).toEqual({ text: 'gefunden' })
    expect(workflowOf(resolveFiles(fleet, files), 'acme/north', 'phish').spec.steps.map(({ id }) => id)).toEqual([
      'audit',
      'tell',
      'more',
    ])
  })

  test('may say the same', () => {
    const same = 'steps: [{ id: audit, set: { years: 10 } }]'
    expect(setOf({ ...pack('a', same), ...pack('b', same) })).toEqual({ to: 'archive', years: 10 })
  })

  test.each([
    ['another value', 'steps: [{ id: audit, set: { years: 10 } }]', 'steps: [{ id: audit, set: { years: 3 } }]'],
    ['a value and its deletion', 'steps: [{ id: audit, set: { years: 10 } }]', 'steps: [{ id: audit, $delete: true }]'],
    ['two new steps of one id', 'steps: [{ id: more, set: { a: 1 } }]', 'steps: [{ id: more, set: { a: 2 } }]'],
  ])('that say %s freeze their level, whatever the order of the files, and name both', (_, one, other) => {
    for (const [first, second] of [
      [one, other],
      [other, one],
    ] as const) {
      const state = resolveFiles(fleet, pack('a', first), pack('b', second))
      expect(frozenOf(state)).toEqual({ 'acme/north': 'conflict', 'acme/north/contoso': 'conflict' })
      const [found] = state.problems
      expect(found?.message).toContain(
        'tenants/acme/north/overlays/a.yaml and tenants/acme/north/overlays/b.yaml do not say the same about /spec/steps/',
      )
      expect(found).toMatchObject({ place: { file: 'tenants/acme/north/overlays/b.yaml' }, path: expect.any(String) })
      expect(found?.hint).toContain('keep it in one of the two files')
    }
  })

  test('of which three compete: the file that does is named', () => {
    const state = resolveFiles(
      fleet,
      pack('a', 'steps: [{ id: audit, set: { years: 10 } }]'),
      pack('b', 'steps: [{ id: tell, set: { text: b } }]'),
      pack('c', 'steps: [{ id: audit, set: { years: 3 } }]'),
    )
    expect(state.problems[0]?.message).toContain('overlays/a.yaml and tenants/acme/north/overlays/c.yaml')
  })

  test('that compete over a new release only hold their level, and wait for an edit', () => {
    const moving: Files = {
      ...fleet,
      ...release('phish', '2.0.0', `${steps()}\nmoved: [{ from: log, to: audit }]`),
      ...release('phish', '1.0.0', steps().replaceAll('audit', 'log')),
      ...channels('phish', '{ stable: 2.0.0 }'),
      ...pack('a', 'steps: [{ id: log, set: { years: 10 } }]'),
      ...pack('b', 'steps: [{ id: audit, set: { years: 3 } }]', '', 'acme/north', '2.0.0'),
    }
    const state = resolveFiles(moving)
    expect(frozenOf(state)).toEqual({ 'acme/north': 'conflict', 'acme/north/contoso': 'conflict' })
    const elsewhere = resolveFiles({ ...moving, ...pack('b', 'title: mine', '', 'acme/north', '2.0.0') })
    expect(receives(elsewhere, 'acme/north')).toEqual(['phish@2.0.0'])
    expect(heldConflicts(elsewhere)).toEqual([])
  })

  test('are upgraded one file at a time', () => {
    const files: Files = {
      ...fleet,
      ...release('phish', '2.0.0', steps('vault')),
      ...channels('phish', '{ stable: 2.0.0 }'),
      ...pack('a', 'steps: [{ id: audit, set: { years: 10 } }]'),
      ...pack('b', 'steps: [{ id: tell, set: { text: b } }]'),
    }
    const step = (from: Files): Files | string => {
      const answer = upgrade(resolveFiles(from), (path) => from[path] as string, {
        tenant: 'acme/north',
        workflow: 'phish',
        decide: () => undefined,
        everywhere: false,
        mayStayOpen: false,
      })
      return answer.kind === 'edits' ? { ...from, ...(Object.fromEntries(answer.edits) as Files) } : answer.kind
    }
    const one = step(files) as Files
    expect(Object.keys(one).filter((path) => one[path] !== files[path])).toEqual(['tenants/acme/north/overlays/a.yaml'])
    const two = step(one) as Files
    expect(Object.keys(two).filter((path) => two[path] !== one[path])).toEqual(['tenants/acme/north/overlays/b.yaml'])
    expect(step(two)).toBe('refused')
  })

  test('show in explain which file says what', () => {
    const state = resolveFiles(
      fleet,
      pack('retention', 'steps: [{ id: audit, set: { years: 10 } }]'),
      pack('wording', 'steps: [{ id: tell, set: { text: b } }]'),
    )
    const told = explainWorkflow(state, workflowOf(state, 'acme/north', 'phish'))
    expect(told.map(({ path, setBy }) => [path, setBy.file])).toEqual([
      ['/spec/steps/[id=audit]/set/years', 'tenants/acme/north/overlays/retention.yaml'],
      ['/spec/steps/[id=tell]/set/text', 'tenants/acme/north/overlays/wording.yaml'],
    ])
  })
})

describe('a default', () => {
  const years = '/spec/steps/[id=audit]/set/years'
  const soft = `x-default: ["${years}"]`

  test.each([
    ['first', 'a', 'z'],
    ['last', 'z', 'a'],
  ])(
    'of one overlay gives way to what another one of the level says, also where its file comes %s',
    (_, own, other) => {
      const files = {
        ...pack(own, 'steps: [{ id: audit, set: { years: 10 } }]', soft),
        ...pack(other, 'steps: [{ id: audit, set: { years: 3 } }]'),
      }
      expect(setOf(files)).toEqual({ to: 'archive', years: 3 })
    },
  )

  test('stands where nobody says anything else', () => {
    expect(setOf(pack('a', 'steps: [{ id: audit, set: { years: 10 } }]', soft))).toEqual({ to: 'archive', years: 10 })
  })

  test('and another default of the level conflict', () => {
    const state = resolveFiles(
      fleet,
      pack('a', 'steps: [{ id: audit, set: { years: 10 } }]', soft),
      pack('b', 'steps: [{ id: audit, set: { years: 3 } }]', soft),
    )
    expect(frozenOf(state)).toMatchObject({ 'acme/north': 'conflict' })
  })

  test('that one overlay has overridden is none for a third', () => {
    const state = resolveFiles(
      fleet,
      pack('a', 'steps: [{ id: audit, set: { years: 10 } }]', soft),
      pack('b', 'steps: [{ id: audit, set: { years: 3 } }]'),
      pack('c', 'steps: [{ id: audit, set: { years: 1 } }]'),
    )
    expect(frozenOf(state)).toMatchObject({ 'acme/north': 'conflict' })
  })

  test('is told as one by explain', () => {
    const state = resolveFiles(fleet, pack('a', 'steps: [{ id: audit, set: { years: 10 } }]', soft))
    const [told] = explainWorkflow(state, workflowOf(state, 'acme/north', 'phish'))
    expect(told?.setBy).toMatchObject({ owner: 'acme/north', value: 10, isDefault: true })
  })

  test('of the template that a release moves gives way to what a tenant says, and to nothing else', () => {
    const moved = {
      ...fleet,
      ...release('phish', '1.0.0', `${soft}\n${steps()}`),
      ...release('phish', '2.0.0', `${soft}\n${steps('vault', 30)}`),
      ...channels('phish', '{ stable: 2.0.0 }'),
    }
    const state = resolveFiles(
      moved,
      pack('a', 'steps: [{ id: audit, set: { years: 10 } }]'),
      pack('a', 'steps: [{ id: audit, set: { to: mine } }]', '', 'acme/south'),
    )
    expect(workflowOf(state, 'acme/north', 'phish').spec.steps[0]?.set).toEqual({ to: 'vault', years: 10 })
    expect(receives(state, 'acme/south')).toEqual(['phish@1.0.0'])
    expect(heldConflicts(state).map(({ level, path }) => `${level} ${path}`)).toEqual([
      'acme/south /spec/steps/[id=audit]/set/to',
    ])
    expect(errorsOf(state)).toEqual([])
  })
})
