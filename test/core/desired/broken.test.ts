import { describe, expect, test } from 'vitest'
import type { FleetFile } from '../../../controller/core/desired/index.ts'
import { resolve } from '../../../controller/core/desired/index.ts'
import { problem, type ProblemCode } from '../../../controller/core/model/problems.ts'
import { checkWorkflowSpec } from '../../../controller/reconcile/check-workflow-spec.ts'
import {
  action,
  broken,
  channels,
  connection,
  connector,
  guardrail,
  oneStep,
  overlay,
  parsed,
  release,
  resolveFiles,
  share,
  tenant,
  workflow,
} from '../../fakes/fleet-files.ts'
import { changedBetween, digestsOf, errorsOf, frozenOf } from '../../fakes/fleet-answers.ts'

const kinds: Record<string, string> = {
  'connectors/actions/isolate.yaml': '',
  'policies/roles/analyst.yaml':
    'apiVersion: headwater.dev/v1\nkind: Role\nmetadata: { name: analyst }\nspec: { rules: [{ verbs: [read], resources: [runs] }] }',
  'policies/bindings/soc.yaml':
    'apiVersion: headwater.dev/v1\nkind: RoleBinding\nmetadata: { name: soc }\nspec: { role: analyst, subjects: [{ kind: Group, name: soc }], to: {} }',
  'workflows/phish/tests/plain.yaml':
    'apiVersion: headwater.dev/v1\nkind: WorkflowTest\nmetadata: { name: plain }\nspec: { inputs: {}, expect: { outcome: succeeded } }',
  'workflows/phish/workflow.yaml': Object.values(release('phish', '3.0.0', oneStep))[0] as string,
}
const fleet = {
  ...kinds,
  ...tenant('acme'),
  ...tenant('acme/north'),
  ...tenant('acme/north/contoso', 'tags: { edr: falcon }'),
  ...tenant('acme/north/marlow'),
  ...tenant('acme/south'),
  ...tenant('acme/south/solano', 'tags: { edr: falcon, ring: early }'),
  ...action('isolate'),
  ...connector('falcon', ['isolate']),
  ...connector('chat', ['notify']),
  ...action('notify'),
  ...connection('acme/north/contoso', 'edr', 'falcon'),
  ...connection('acme/south/solano', 'edr', 'falcon'),
  ...release('phish', '1.0.0', oneStep),
  ...release('phish', '2.0.0', oneStep),
  ...channels('phish', '{ stable: 1.0.0, canary: 2.0.0 }'),
  ...workflow('contain', 'steps: [{ id: isolate, action: isolate }]'),
  ...share('all', 'phish', 'to: { not: { ring: [early] } }'),
  ...share('early', '[{ name: phish, range: ^2.0.0 }]', 'to: { tags: { ring: [early] } }'),
  ...share('edr', 'contain', 'to: { tags: { edr: [falcon] } }'),
  ...guardrail('ask', 'rule: approve\nactions: [isolate]\nto: { subtree: acme/south }', 'acme/south'),
  ...workflow('own', oneStep, 'acme/north'),
  ...share('own', 'own', 'to: {}', 'acme/north'),
  ...overlay('acme/north', 'phish', '1.0.0', 'minutesSaved: 3'),
}
const everybody = ['acme', 'acme/north', 'acme/north/contoso', 'acme/north/marlow', 'acme/south', 'acme/south/solano']
const north = everybody.slice(1, 4)
const south = everybody.slice(4)
const before = resolveFiles(fleet)

test('the fleet is sound before anything breaks', () => {
  expect([errorsOf(before), frozenOf(before)]).toEqual([[], {}])
})

const table: readonly (readonly [string, readonly string[]])[] = [
  ['tenants/acme/tenant.yaml', everybody],
  ['tenants/acme/north/tenant.yaml', north],
  ['tenants/acme/north/marlow/tenant.yaml', ['acme/north/marlow']],
  ['tenants/acme/north/overlays/phish.yaml', north],
  ['tenants/acme/north/contoso/connections/edr.yaml', ['acme/north/contoso']],
  ['tenants/acme/north/policies/shares/own.yaml', north],
  ['tenants/acme/south/policies/guardrails/ask.yaml', south],
  ['tenants/acme/north/workflows/own/releases/1.0.0.yaml', north],
  ['tenants/acme/north/workflows/own/channels.yaml', north],
  ['connectors/actions/isolate.yaml', ['acme/north/contoso', 'acme/south/solano']],
  ['connectors/actions/notify.yaml', []],
  ['connectors/vendors/falcon.yaml', ['acme/north/contoso', 'acme/south/solano']],
  ['connectors/vendors/chat.yaml', []],
  ['workflows/phish/workflow.yaml', []],
  ['workflows/phish/tests/plain.yaml', []],
  ['workflows/phish/releases/1.0.0.yaml', everybody.slice(0, 5)],
  ['workflows/phish/releases/2.0.0.yaml', ['acme/south/solano']],
  ['workflows/phish/channels.yaml', everybody.slice(0, 5)],
  ['workflows/contain/releases/1.0.0.yaml', ['acme/north/contoso', 'acme/south/solano']],
  ['policies/shares/edr.yaml', everybody],
  ['policies/roles/analyst.yaml', []],
  ['policies/bindings/soc.yaml', []],
]

describe('a file that cannot be read freezes exactly', () => {
  test.each(table)('%s: %j', (path, expected) => {
    expect(fleet).toHaveProperty([path])
    const after = resolveFiles(fleet, broken(path))
    expect(Object.keys(frozenOf(after))).toEqual(expected)
    expect(changedBetween(before, after)).toEqual(expected)
    expect(Object.keys(digestsOf(after))).toEqual(everybody)
    expect(errorsOf(after)).toContain(`yaml-syntax ${path}`)
  })
})

describe('however a file is broken, its tenant freezes and nobody else', () => {
  const file = 'tenants/acme/north/overlays/phish.yaml'
  const text = fleet[file] as string
  test.each([
    ['an empty file', '', 'yaml-empty'],
    ['a field that is not known', text.replace('base:', 'bsae:'), 'unknown-field'],
    ['another kind', text.replace('kind: Overlay', 'kind: Share'), 'unknown-field'],
    ['another name', text.replace('name: phish', 'name: fish'), 'name-mismatch'],
    ['an unknown workflow', text.replace('workflow: phish', 'workflow: fish'), 'unknown-workflow'],
    ['a base that is not there', text.replace('base: 1.0.0', 'base: 8.0.0'), 'unknown-release'],
    ['a directive that is not known', text.replace('minutesSaved', '$mov'), 'overlay-invalid'],
    ['a result that fits no workflow', text.replace('minutesSaved: 3', 'minutesSaved: soon'), 'invalid-result'],
    [
      'a result that reads a step that is gone',
      text.replace('minutesSaved: 3', 'outputs: { a: "${{ steps.gone.outputs.x }}" }'),
      'invalid-result',
    ],
  ])('%s', (_, broken, code) => {
    const after = resolveFiles(fleet, { [file]: broken })
    expect(Object.keys(frozenOf(after))).toEqual(north)
    expect(changedBetween(before, after)).toEqual(north)
    expect(errorsOf(after)).toContain(`${code} ${file}`)
  })
})

describe('an entry that the source refuses is not one that is gone', () => {
  const refused = (path: string, gone: (path: string) => boolean, code: ProblemCode = 'bad-mode') => {
    const place = { file: path, line: 1, column: 1 }
    const entry: FleetFile = {
      path,
      oid: '',
      verdict: { kind: 'refused', problem: problem(code, 'never read', { place }) },
    }
    return resolve([...parsed(fleet).filter((file) => !gone(file.path)), entry], checkWorkflowSpec)
  }
  const under = (folder: string) => (path: string) => path.startsWith(`${folder}/`)

  test.each([
    ['tenants/acme/north/overlays/phish.yaml', north],
    ['tenants/acme/north/overlays', north],
    ['tenants/acme/north/contoso/connections', ['acme/north/contoso']],
    ['tenants/acme/south/policies', south],
    ['tenants/acme/north/marlow', ['acme/north/marlow']],
    ['policies', everybody],
    ['policies/shares', everybody],
  ])('%s', (path, expected) => {
    const after = refused(path, (other) => other === path || under(path)(other))
    expect(Object.keys(frozenOf(after))).toEqual(expected)
    expect(changedBetween(before, after)).toEqual(expected)
  })

  test('a link in the place of a sub-MSP freezes it; its customers are not in the commit', () => {
    expect(frozenOf(refused('tenants/acme/north', under('tenants/acme/north')))).toEqual({ 'acme/north': 'bad-mode' })
  })

  test('a second spelling that lost to the first freezes nobody', () => {
    expect(
      changedBetween(
        before,
        refused('tenants/acme/North', () => false, 'path-collision'),
      ),
    ).toEqual([])
  })
})
