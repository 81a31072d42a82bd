import { describe, expect, test } from 'vitest'
import { channels, overlay, release, resolveFiles, share, tenant, tenantsDownTo } from '../../fakes/fleet-files.ts'
import { changedBetween, receives, renderDigestsOf, validTenant, workflowOf } from '../../fakes/fleet-answers.ts'

const steps = `
  minutesSaved: 10
  steps:
    - { id: find, set: { hours: 24, mail: soc } }
    - { id: tell, set: { text: found } }`
const template = {
  ...release('phish', '1.0.0', steps),
  ...channels('phish', '{ stable: 1.0.0 }'),
  ...share('all', 'phish'),
}
const tree = {
  ...tenantsDownTo('acme/north/contoso'),
  ...tenant('acme/north/marlow'),
  ...tenant('acme/south'),
  ...tenant('acme/south/solano'),
}
const find = (state: ReturnType<typeof resolveFiles>, path: string) =>
  workflowOf(state, path, 'phish').spec.steps[0]?.set

describe('overlays, level by level', () => {
  const state = resolveFiles(
    tree,
    template,
    overlay('acme/north', 'phish', '1.0.0', 'steps: [{ id: find, set: { hours: 72, mail: north } }]'),
    overlay('acme/north/contoso', 'phish', '1.0.0', 'steps: [{ id: find, set: { mail: contoso } }]'),
  )

  test('a tenant without an overlay has what its parent has', () => {
    expect(find(state, 'acme')).toEqual({ hours: 24, mail: 'soc' })
    expect(find(state, 'acme/north/marlow')).toEqual({ hours: 72, mail: 'north' })
  })

  test('the nearer level wins field by field', () => {
    expect(find(state, 'acme/north/contoso')).toEqual({ hours: 72, mail: 'contoso' })
  })

  test('siblings of the sub-MSP see nothing of it', () => {
    expect(find(state, 'acme/south/solano')).toEqual({ hours: 24, mail: 'soc' })
  })

  test('equal chains are one object', () => {
    const spec = (path: string) => workflowOf(state, path, 'phish').spec
    expect(spec('acme/south/solano')).toBe(spec('acme'))
    expect(spec('acme/north/marlow')).toBe(spec('acme/north'))
    expect(spec('acme/north/contoso')).not.toBe(spec('acme/north'))
  })

  test('a step can be added, moved and taken away, and the next level builds on that', () => {
    const after = resolveFiles(
      tree,
      template,
      overlay(
        'acme/north',
        'phish',
        '1.0.0',
        'steps: [{ id: log, $after: find, set: { a: 1 } }, { id: tell, $delete: true }]',
      ),
      overlay(
        'acme/north/contoso',
        'phish',
        '1.0.0',
        'steps: [{ id: log, set: { b: 2 } }, { id: last, $position: last, set: { c: 3 } }]',
      ),
    )
    expect(workflowOf(after, 'acme/north/contoso', 'phish').spec.steps.slice(1)).toEqual([
      { id: 'log', set: { a: 1, b: 2 } },
      { id: 'last', set: { c: 3 } },
    ])
  })
})

describe('how often a workflow is rendered', () => {
  const edit = 'steps: [{ id: find, set: { hours: 72 } }]'
  const customers = Array.from({ length: 12 }, (_, number) => `acme/south/customer-${number}`)
  const state = resolveFiles(
    tree,
    template,
    ...customers.map((path) => tenant(path)),
    release('phish', '2.0.0', steps.replace('10', '20')),
    channels('phish', '{ stable: 1.0.0, canary: 2.0.0 }'),
    share('canary', '[{ name: phish, channel: canary }]', 'to: {}', 'acme/north'),
    ...[...customers.slice(0, 6), 'acme/north/contoso', 'acme/north/marlow'].map((path) =>
      overlay(path, 'phish', '1.0.0', edit),
    ),
  )
  const all = [...state.tenants.keys()].map((path) => workflowOf(state, path, 'phish'))

  test('as often as there are pairs of a release and a chain of overlay contents', () => {
    const pairs = new Set(all.map(({ release, chain }) => `${release} ${chain.key}`))
    expect(all).toHaveLength(18)
    expect(pairs.size).toBe(4)
    expect(new Set(all.map(({ spec }) => spec)).size).toBe(pairs.size)
    expect(new Set(all.map(({ digest }) => digest)).size).toBe(pairs.size)
  })

  test('tenants that wrote the same overlay share the rendering, and each keeps its own file', () => {
    const [one, two] = customers.map((path) => workflowOf(state, path, 'phish'))
    expect(one?.spec).toBe(two?.spec)
    expect([one, two].map((workflow) => workflow?.chain.overlay?.file)).toEqual([
      'tenants/acme/south/customer-0/overlays/phish.yaml',
      'tenants/acme/south/customer-1/overlays/phish.yaml',
    ])
    expect(state.problems).toEqual([])
  })
})

describe('what a digest depends on', () => {
  const overlays = {
    ...overlay('acme/north', 'phish', '1.0.0', 'steps: [{ id: find, set: { mail: north } }]'),
    ...overlay('acme/south/solano', 'phish', '1.0.0', 'steps: [{ id: find, set: { mail: solano } }]'),
  }
  const before = resolveFiles(tree, template, overlays)

  test('the change of one overlay changes its tenant and those below it', () => {
    const after = resolveFiles(tree, template, overlays, overlay('acme/north', 'phish', '1.0.0', 'minutesSaved: 11'))
    expect(changedBetween(before, after)).toEqual(['acme/north', 'acme/north/contoso', 'acme/north/marlow'])
  })

  test('values change the tenant, and no workflow', () => {
    const after = resolveFiles(tree, template, overlays, tenant('acme/south', 'values: { channel: soc }'))
    expect(changedBetween(before, after)).toEqual(['acme/south', 'acme/south/solano'])
    expect(renderDigestsOf(after)).toEqual(renderDigestsOf(before))
    expect(validTenant(after, 'acme/south').contextDigest).not.toBe(validTenant(before, 'acme/south').contextDigest)
  })

  test.each([
    ['tags', 'tags: { tier: gold }'],
    ['time zone', 'timezone: Europe/Oslo'],
    ['limits', 'limits: { concurrentRuns: 2 }'],
    ['suspension', 'suspended: true'],
  ])('%s of a customer change that customer', (_, spec) => {
    const after = resolveFiles(tree, template, overlays, tenant('acme/south/solano', spec))
    expect(changedBetween(before, after)).toEqual(['acme/south/solano'])
  })

  test('order of keys, comments and layout of the YAML do not', () => {
    const rewritten = resolveFiles(tree, overlays, template, {
      'workflows/phish/releases/1.0.0.yaml': `# A comment.
kind: Workflow
apiVersion: headwater.dev/v1
spec:
    steps:
        -   set:
                "mail": 'soc'   # who is told
                hours: 24
            id: find
        -   id: tell
            set: {text: "found"}

    minutesSaved: 10
    title: >-
        phish
    version: 1.0.0
metadata:
    name: "phish"
`,
      'tenants/acme/south/tenant.yaml': `kind: Tenant
apiVersion: headwater.dev/v1
spec: { "displayName": south }
metadata:
  uid: ${before.hierarchy.nodes.get('acme/south')?.uid}
  # The name of the folder.
  name: south
`,
    })
    expect(changedBetween(before, rewritten)).toEqual([])
  })

  test('two fleets with equal files have equal digests', () => {
    expect(changedBetween(before, resolveFiles(tree, template, overlays))).toEqual([])
  })

  test('a head that nobody was given yet is in no digest', () => {
    const head = { 'workflows/phish/workflow.yaml': Object.values(release('phish', '3.0.0', steps))[0] as string }
    expect(changedBetween(before, resolveFiles(tree, template, overlays, head))).toEqual([])
    expect(receives(before, 'acme')).toEqual(['phish@1.0.0'])
  })
})

test('an overlay reaches the steps of every block, and follows one that was renamed there', () => {
  const body = (id: string) => `steps:
  - id: s
    switch: { cases: [{ id: c, when: '\${{ true }}', steps: [{ id: p, parallel: [{ id: b, steps: [{ id: l, forEach: { in: '\${{ [1] }}', steps: [{ id: ${id}, set: { a: 1 } }, { id: after, set: { was: '\${{ steps.${id}.outcome }}' } }] } }] }] }] }] }`
  const patch = `steps:
  - id: s
    switch: { cases: [{ id: c, steps: [{ id: p, parallel: [{ id: b, steps: [{ id: l, forEach: { concurrency: 5, steps: [{ id: x, set: { b: 2 } }, { id: mine, $after: x, set: { was: '\${{ steps.x.outcome }}' } }] } }] }] }] }] }`
  const state = resolveFiles(
    tenantsDownTo('acme'),
    release('deep', '1.0.0', body('x')),
    release('deep', '2.0.0', `${body('y')}\nmoved: [{ from: x, to: y }]`),
    channels('deep', '{ stable: 2.0.0 }'),
    share('all', 'deep'),
    overlay('acme', 'deep', '1.0.0', patch),
  )
  const [step] = workflowOf(state, 'acme', 'deep').spec.steps
  const loop = step?.switch?.cases[0]?.steps[0]?.parallel?.[0]?.steps[0]?.forEach
  expect(loop).toEqual({
    in: '${{ [1] }}',
    concurrency: 5,
    steps: [
      { id: 'y', set: { a: 1, b: 2 } },
      { id: 'mine', set: { was: '${{ steps.y.outcome }}' } },
      { id: 'after', set: { was: '${{ steps.y.outcome }}' } },
    ],
  })
})
