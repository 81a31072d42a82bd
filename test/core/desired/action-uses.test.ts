import { describe, expect, test } from 'vitest'
import { explainWorkflow } from '../../../controller/core/desired/index.ts'
import {
  connection,
  connector,
  overlay,
  release,
  resolveFiles,
  share,
  tenant,
  workflow,
} from '../../fakes/fleet-files.ts'
import { errorsOf, frozenOf, workflowOf } from '../../fakes/fleet-answers.ts'

const declared = {
  'connectors/actions/isolate.yaml': `apiVersion: headwater.dev/v1
kind: Action
metadata: { name: isolate }
spec:
  title: Isolate
  effect: contain
  input:
    type: object
    additionalProperties: false
    required: [host]
    properties: { host: { type: string }, mode: { type: string, enum: [soft, hard] } }
  output: { type: object, properties: { status: { type: string } } }
`,
}
const around = {
  ...declared,
  ...tenant('acme'),
  ...tenant('acme/contoso'),
  ...connector('falcon', ['isolate']),
  ...connection('acme', 'edr', 'falcon'),
  ...share('all', 'contain'),
}
const steps = (input: string, output = 'status') => `
steps:
  - { id: isolate, action: isolate, with: ${input} }
  - { id: after, set: { was: '\${{ steps.isolate.outputs.${output} }}' } }
`
const good = steps('{ host: h1, mode: hard }')

const wrong: [name: string, spec: string, problem: string][] = [
  [
    'an input that it does not take',
    steps('{ host: h1, mod: hard }'),
    'unknown-input /spec/steps/[id=isolate]/with/mod isolate has no input mod; did you mean mode.',
  ],
  [
    'a required input that is missing',
    steps('{ mode: hard }'),
    'missing-field /spec/steps/[id=isolate]/with isolate requires the input host.',
  ],
  [
    'a value that it does not take',
    steps('{ host: h1, mode: gentle }'),
    'wrong-value /spec/steps/[id=isolate]/with/mode isolate: input mode must be one of "soft", "hard".',
  ],
  [
    'an expression that yields what it does not take',
    steps('{ host: "${{ [tenant.path] }}" }'),
    'wrong-type /spec/steps/[id=isolate]/with/host isolate: input host must be of type string, and is array.',
  ],
  [
    'an output that it does not give',
    steps('{ host: h1 }', 'state'),
    'bad-expression /spec/steps/[id=after]/set/was steps.isolate.outputs has no field state; did you mean status.',
  ],
]

describe('what a workflow asks of an action', () => {
  test('is no problem where the action takes and gives it', () => {
    const state = resolveFiles(around, workflow('contain', good))
    expect([errorsOf(state), frozenOf(state)]).toEqual([[], {}])
    const byConnection = steps('{ host: "${{ tenant.path }}" }', 'results[0].connection')
    expect(errorsOf(resolveFiles(around, workflow('contain', byConnection)))).toEqual([])
  })

  test.each(wrong)('%s freezes who has it in force, at its place', (_name, spec, problem) => {
    const state = resolveFiles(around, workflow('contain', spec))
    expect(Object.keys(frozenOf(state))).toEqual(['acme', 'acme/contoso'])
    const acme = state.tenants.get('acme')
    const { code, path, message, place } = acme?.kind === 'frozen' ? acme.cause : ({} as never)
    expect([`${code} ${path} ${message}`, place?.file]).toEqual([problem, 'workflows/contain/releases/1.0.0.yaml'])
  })

  test.each(wrong)('%s is told of a head before anybody has it', (_name, spec, problem) => {
    const head = { 'workflows/contain/workflow.yaml': Object.values(release('contain', '2.0.0', spec))[0] as string }
    const state = resolveFiles(around, workflow('contain', good), head)
    expect(state.problems.map(({ code, path, message }) => `${code} ${path} ${message}`)).toEqual([problem])
    expect(frozenOf(state)).toEqual({})
  })

  test('an overlay that makes it wrong freezes its tenant alone, and is named', () => {
    const patch = 'steps: [{ id: isolate, with: { mode: gentle } }]'
    const state = resolveFiles(around, workflow('contain', good), overlay('acme/contoso', 'contain', '1.0.0', patch))
    expect(frozenOf(state)).toEqual({ 'acme/contoso': 'wrong-value' })
    expect(state.problems.map(({ code, place, path }) => [code, place?.file, path])).toEqual([
      ['wrong-value', 'tenants/acme/contoso/overlays/contain.yaml', '/spec/patch/steps/[id=isolate]/with/mode'],
    ])
  })
})

test('onCancelSteps are customised, explained and checked as steps are', () => {
  const undo = `${good}onCancelSteps:\n  - { id: undo, action: isolate, with: { host: h1 } }\n`
  const patch = `
    onCancelSteps:
      - { id: undo, with: { host: h2 } }
      - { id: note, set: { was: '\${{ steps.undo.outcome }}' } }`
  const state = resolveFiles(around, workflow('contain', undo), overlay('acme/contoso', 'contain', '1.0.0', patch))
  expect(errorsOf(state)).toEqual([])
  const effective = workflowOf(state, 'acme/contoso', 'contain')
  expect(effective.spec.onCancelSteps?.map(({ id, with: input }) => [id, input?.host])).toEqual([
    ['undo', 'h2'],
    ['note', undefined],
  ])
  expect(explainWorkflow(state, effective).map(({ path, setBy }) => [path, setBy.file])).toEqual([
    ['/spec/onCancelSteps/[id=undo]/with/host', 'tenants/acme/contoso/overlays/contain.yaml'],
    ['/spec/onCancelSteps/[id=note]', 'tenants/acme/contoso/overlays/contain.yaml'],
  ])
  const bad = patch.replace('steps.undo', 'steps.undone')
  expect(
    frozenOf(resolveFiles(around, workflow('contain', undo), overlay('acme/contoso', 'contain', '1.0.0', bad))),
  ).toEqual({
    'acme/contoso': 'invalid-result',
  })
})
