import { describe, expect, test } from 'vitest'
import { clone } from '../../../controller/core/authoring/index.ts'
import { errorsOf, frozenOf, renderDigestsOf, workflowOf } from '../../fakes/fleet-answers.ts'
import {
  channels,
  type Files,
  oneStep,
  overlay,
  share,
  tenantsDownTo,
  without,
  workflow,
} from '../../fakes/fleet-files.ts'
import { type Author, author, refusalOf } from './authored-files.ts'

const text = (version: string): string => `# yaml-language-server: $schema=../../../crds/generated/workflow.schema.json
apiVersion: headwater.dev/v1
kind: Workflow
metadata: { name: phish }
spec:
  version: ${version}
  title: Phishing
  minutesSaved: 10   # measured
  steps:
    # The first word.
    - id: note
      set: { text: hello }  # or hi

    # The last word.
    - id: tell
      set: { text: bye }
`
const fleet: Files = {
  ...tenantsDownTo('acme/north/contoso'),
  'workflows/phish/releases/1.0.0.yaml': text('1.0.0'),
  'workflows/phish/releases/1.1.0.yaml': text('1.1.0').replace('bye', 'goodbye'),
  ...channels('phish', '{ stable: 1.1.0 }'),
  ...share('all', 'phish'),
  ...overlay('acme', 'phish', '1.0.0', 'minutesSaved: 20'),
}
const mine = overlay(
  'acme/north',
  'phish',
  '1.1.0',
  'steps: [{ id: note, set: { text: north } }, { id: more, set: { x: 1 } }]',
)
const cloning =
  (tenant: string, name = 'phish'): Author =>
  (state, textOf) =>
    clone(state, textOf, name, tenant)
const copy = 'tenants/acme/north/workflows/phish/workflow.yaml'

describe('a clone', () => {
  test('is the release with every overlay in it and its comments kept; the own overlay goes', () => {
    const { edits, summary, before, after } = author({ ...fleet, ...mine }, cloning('acme/north'))
    expect(edits).toEqual({
      [copy]: `# yaml-language-server: $schema=../../../../../crds/generated/workflow.schema.json
apiVersion: headwater.dev/v1
kind: Workflow
metadata: { name: phish, annotations: { headwater.dev/base: phish@1.1.0 } }
spec:
  version: 1.1.0
  title: Phishing
  minutesSaved: 20   # measured
  steps:
    # The first word.
    - id: note
      set: { text: north }  # or hi

    - id: more
      set:
        x: 1

    # The last word.
    - id: tell
      set: { text: goodbye }
`,
      'tenants/acme/north/overlays/phish.yaml': null,
    })
    expect(summary[0]).toBe('Clone phish 1.1.0 for acme/north')
    expect(renderDigestsOf(after)).toEqual(renderDigestsOf(before))
    expect(workflowOf(after, 'acme/north/contoso', 'phish').owner).toBe('acme/north')
    expect(errorsOf(after)).toEqual([])
  })

  test('without an own overlay is the same file at another place', () => {
    const { edits, before, after } = author(fleet, cloning('acme/north/contoso'))
    expect(Object.keys(edits)).toEqual(['tenants/acme/north/contoso/workflows/phish/workflow.yaml'])
    expect(renderDigestsOf(after)).toEqual(renderDigestsOf(before))
  })

  test('of a clone further up stands on the same release of the original', () => {
    const above = author({ ...fleet, ...mine }, cloning('acme/north'))
    const files = { ...fleet, [copy]: above.edits[copy] as string }
    const { edits, before, after } = author(files, cloning('acme/north/contoso'))
    expect(edits['tenants/acme/north/contoso/workflows/phish/workflow.yaml']).toContain(
      'headwater.dev/base: phish@1.1.0',
    )
    expect(renderDigestsOf(after)).toEqual(renderDigestsOf(before))
  })

  test('leaves the locks of the own overlay to those below', () => {
    const locks = 'locks: [{ path: "/spec/steps/[id=note]", mode: delete }] # stays'
    const files = { ...fleet, ...overlay('acme/north', 'phish', '1.1.0', 'minutesSaved: 30', locks) }
    const { edits, before, after } = author(files, cloning('acme/north'))
    expect(edits['tenants/acme/north/overlays/phish.yaml']).toContain('patch: {}')
    expect(edits['tenants/acme/north/overlays/phish.yaml']).toContain(locks)
    expect(renderDigestsOf(after)).toEqual(renderDigestsOf(before))
    expect(frozenOf(after)).toEqual({})
  })

  test('keeps what overlays below it do', () => {
    const below = overlay('acme/north/contoso', 'phish', '1.1.0', 'steps: [{ id: tell, set: { text: contoso } }]')
    const { before, after } = author({ ...fleet, ...mine, ...below }, cloning('acme/north'))
    expect(renderDigestsOf(after)).toEqual(renderDigestsOf(before))
  })

  test('of a workflow with a full name names it so where the short one does not do', () => {
    const files = {
      ...tenantsDownTo('acme/north'),
      ...workflow('own', oneStep, 'acme'),
      ...share('own', 'own', 'to: {}', 'acme'),
    }
    const { edits, after } = author(files, cloning('acme/north', 'acme:own'))
    expect(edits['tenants/acme/north/workflows/own/workflow.yaml']).toContain('headwater.dev/base: own@1.0.0')
    expect(errorsOf(after)).toEqual([])
  })
})

describe('is refused', () => {
  test.each<[string, Files, string, string]>([
    [
      'where an overlay below was written against another release and would say something else',
      {
        ...fleet,
        ...overlay(
          'acme/north/contoso',
          'phish',
          '1.0.0',
          'steps: [{ id: tell, set: { $replace: true, text: bye, to: all } }]',
        ),
      },
      'acme/north',
      'conflict: the clone would change what acme/north/contoso runs: an overlay or a pin there stands on another release than 1.1.0',
    ],
    [
      'where the workflow is read-only',
      { ...without(fleet, 'tenants/acme/overlays/phish.yaml'), ...share('all', 'phish', 'to: {}\naccess: read-only') },
      'acme/north',
      'not-customisable: phish is shared read-only with acme/north',
    ],
    ['for a tenant that is not there', fleet, 'acme/nord', 'unknown-tenant: there is no tenant `acme/nord`'],
    [
      'for a tenant without the workflow',
      { ...fleet, ...share('all', 'phish', 'to: { subtree: acme/north }') },
      'acme',
      'unknown-workflow: acme does not receive a workflow `phish`',
    ],
    [
      'for a frozen tenant',
      { ...fleet, ...overlay('acme/north', 'fish', '1.0.0', 'minutesSaved: 1') },
      'acme/north',
      'unknown-workflow: no workflow `fish` is visible here',
    ],
  ])('%s', (_, files, tenant, expected) => {
    expect(refusalOf(files, cloning(tenant))).toBe(expected)
  })

  test('where the clone is there already', () => {
    const { edits } = author(fleet, cloning('acme/north'))
    expect(refusalOf({ ...fleet, [copy]: edits[copy] as string }, cloning('acme/north'))).toBe(
      'duplicate-name: acme/north has its clone already: tenants/acme/north/workflows/phish/',
    )
  })

  test('where the tenant owns the workflow itself', () => {
    const files = {
      ...tenantsDownTo('acme'),
      ...workflow('own', oneStep, 'acme'),
      ...share('own', 'own', 'to: {}', 'acme'),
    }
    expect(refusalOf(files, cloning('acme', 'own'))).toBe(
      'duplicate-name: acme has a workflow of its own called so: tenants/acme/workflows/own/',
    )
  })
})
