import { describe, expect, test } from 'vitest'
import { overlay, release, resolveFiles, share, tenant, without, workflow } from '../../fakes/fleet-files.ts'
import { errorsOf, frozenOf, validTenant, workflowOf } from '../../fakes/fleet-answers.ts'

const inner = `
inputs: { required: [host], properties: { host: { type: string }, hard: { type: boolean, default: false } } }
steps: [{ id: note, set: { text: hello } }]
outputs: { ticket: 7 }
`
const outer = (inputs = '{ host: h1 }', rest = '') => `
steps:
  - { id: contain, workflow: { name: inner, inputs: ${inputs}${rest} } }
  - { id: after, set: { ticket: '\${{ steps.contain.outputs.ticket }}' } }
`
const heads = (name: string, spec: string) => ({
  [`workflows/${name}/workflow.yaml`]: Object.values(release(name, '2.0.0', spec))[0] as string,
})
const base = { ...tenant('acme'), ...tenant('acme/contoso'), ...share('both', '[{ name: inner }, { name: outer }]') }
const fleet = { ...base, ...workflow('inner', inner), ...workflow('outer', outer()) }

describe('a workflow that another one performs', () => {
  test('is the one that the tenant has, overlays and all, and its inputs are pinned with the tenant', () => {
    const own = overlay('acme/contoso', 'inner', '1.0.0', 'title: Ours')
    const state = resolveFiles(fleet, own)
    const { children } = validTenant(state, 'acme/contoso').context
    expect(children?.inner).toMatchObject({ owner: '', release: '1.0.0', inputs: { required: ['host'] } })
    expect(children?.inner?.digest).toBe(workflowOf(state, 'acme/contoso', 'inner').digest)
    expect(children?.inner?.digest).not.toBe(validTenant(state, 'acme').context.children?.inner?.digest)
    expect(errorsOf(state)).toEqual([])
  })

  test('leaves no trace with a tenant whose workflows perform none', () => {
    const state = resolveFiles({ ...tenant('acme'), ...workflow('inner', inner), ...share('all', 'inner') })
    expect(validTenant(state, 'acme').context).not.toHaveProperty('children')
  })
})

const outerFile = 'workflows/outer/releases/1.0.0.yaml'
const stopped: [name: string, files: Record<string, string>, cause: string][] = [
  [
    'that the tenant does not receive',
    { ...without(fleet, 'policies/shares/both.yaml'), ...share('one', 'outer') },
    `unknown-workflow ${outerFile} /spec/steps/[id=contain] acme does not receive inner, which outer performs`,
  ],
  [
    'without a required input',
    { ...fleet, ...workflow('outer', outer('{ hard: true }')) },
    `missing-field ${outerFile} /spec/steps/[id=contain]/workflow inner requires the input host.`,
  ],
  [
    'with an input that it does not have',
    { ...fleet, ...workflow('outer', outer('{ host: h1, hots: h1 }')) },
    `unknown-input ${outerFile} /spec/steps/[id=contain]/workflow/inputs/hots inner has no input hots; did you mean host.`,
  ],
  [
    'with a value of another type',
    { ...fleet, ...workflow('outer', outer('{ host: 7 }')) },
    `wrong-value ${outerFile} /spec/steps/[id=contain]/workflow/inputs/host inner: input host must be of type string, and is integer.`,
  ],
  [
    'for an output that it does not hand back',
    { ...fleet, ...workflow('inner', inner.replace('ticket', 'tickets')) },
    `bad-expression ${outerFile} /spec/steps/[id=after]/set/ticket steps.contain.outputs has no field ticket; did you mean tickets.`,
  ],
  [
    'whose outputs nobody awaits',
    { ...fleet, ...workflow('outer', outer('{ host: h1 }', ', detached: true')) },
    `bad-expression ${outerFile} /spec/steps/[id=after]/set/ticket steps.contain.outputs has no field ticket.`,
  ],
  [
    'that performs the first one again',
    {
      ...fleet,
      ...workflow(
        'inner',
        `${inner.split('steps:')[0]}steps: [{ id: back, workflow: { name: outer } }]\noutputs: { ticket: 1 }`,
      ),
    },
    'workflow-cycle workflows/inner/releases/1.0.0.yaml /spec/steps/[id=back] inner performs outer performs inner: this has no end',
  ],
]

describe('a tenant is frozen by a step that performs a workflow', () => {
  test.each(stopped)('%s', (_name, files, cause) => {
    const state = resolveFiles(files)
    const tenant = state.tenants.get('acme')
    const { code, place, path, message } = tenant?.kind === 'frozen' ? tenant.cause : ({} as never)
    expect(`${code} ${place?.file} ${path} ${message}`).toBe(cause)
  })

  test('that its own overlay brought, and no neighbour is', () => {
    const patch = 'steps: [{ id: contain, workflow: { name: nobody } }]'
    const state = resolveFiles(fleet, overlay('acme/contoso', 'outer', '1.0.0', patch))
    expect(frozenOf(state)).toEqual({ 'acme/contoso': 'unknown-workflow' })
  })
})

test('heads are checked before anybody has them', () => {
  const state = resolveFiles(
    fleet,
    heads('inner', inner),
    heads('outer', outer('{ hots: h1 }')),
    heads('lost', 'steps: [{ id: a, workflow: { name: innr } }]'),
    heads('one', 'steps: [{ id: a, workflow: { name: two } }]'),
    heads('two', 'steps: [{ id: a, workflow: { name: one } }]'),
  )
  expect(errorsOf(state).toSorted()).toEqual([
    'missing-field workflows/outer/workflow.yaml',
    'unknown-input workflows/outer/workflow.yaml',
    'unknown-workflow workflows/lost/workflow.yaml',
    'workflow-cycle workflows/one/workflow.yaml',
    'workflow-cycle workflows/two/workflow.yaml',
  ])
})
