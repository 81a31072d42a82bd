import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { isMap, toValue } from '../../controller/core/model/values.ts'
import { simulate } from '../../controller/core/run/simulate.ts'
import { matchAlert } from '../../controller/core/run/triggers.ts'
import { testedSpec } from '../../controller/core/desired/index.ts'
import { openFleet } from '../../controller/io/git/index.ts'
import { checkWorkflowSpec } from '../../controller/reconcile/check-workflow-spec.ts'
import { createFleetLoader } from '../../controller/reconcile/load-fleet.ts'
import { root } from './controller-process.ts'

const source = await openFleet({ path: root })
const { desired, problems } = await createFleetLoader(source, checkWorkflowSpec, () => performance.now())()
await source.close()
const tenants = [...desired.tenants.values()].flatMap((tenant) => (tenant.kind === 'valid' ? [tenant] : []))

test('it has no problems, and nobody is frozen', () => {
  expect(problems).toEqual([])
  expect(tenants).toHaveLength(desired.tenants.size)
})

test('it is what an MSP would start from', () => {
  const { nodes } = desired.hierarchy
  const depth = (path: string): number => path.split('/').length
  expect(tenants.filter(({ path }) => depth(path) >= 3).length).toBeGreaterThanOrEqual(12)
  expect(Math.max(...[...nodes.keys()].map(depth))).toBeGreaterThanOrEqual(4)
  const workflows = [...desired.fleet.workflows.values()]
  expect(workflows).toHaveLength(10)
  for (const workflow of workflows)
    expect(testedSpec(workflow, undefined)?.steps.length, workflow.name).toBeGreaterThanOrEqual(6)
  expect(workflows.filter((workflow) => workflow.releases.size >= 2).length).toBeGreaterThanOrEqual(3)
  expect(desired.fleet.connectors.size).toBeGreaterThanOrEqual(8)
  expect(desired.fleet.actions.size).toBeGreaterThanOrEqual(15)
  const overlays = [...desired.fleet.tenants.values()].flatMap((files) =>
    files.overlays.map((overlay) => depth(overlay.owner)),
  )
  expect(overlays).toEqual(expect.arrayContaining([2, 3]))
})

describe('sandbox tests', () => {
  const all = [...desired.fleet.workflows.values()].flatMap((workflow) =>
    workflow.tests.map(
      (each) =>
        [`${workflow.name}: ${each.resource.spec.title ?? each.resource.metadata.name}`, workflow, each] as const,
    ),
  )

  test.each(all)('%s', (_, workflow, { resource }) => {
    const under = testedSpec(workflow, resource.spec.release)
    expect(under).toBeDefined()
    if (under) expect(simulate({ workflow: under, test: resource.spec }).mismatches).toEqual([])
  })

  test('every workflow has at least two', () => {
    for (const workflow of desired.fleet.workflows.values())
      expect(workflow.tests.length, workflow.name).toBeGreaterThanOrEqual(2)
  })
})

describe('a sample alert starts at most one workflow at a tenant, and the same one everywhere', () => {
  const folder = join(root, 'examples', 'alerts')

  test.each(readdirSync(folder).filter((name) => name.endsWith('.json')))('%s', (name) => {
    const alert = toValue(JSON.parse(readFileSync(join(folder, name), 'utf8')))
    const started = new Set<string>()
    for (const tenant of tenants) {
      const { matches } = matchAlert({
        alert: isMap(alert) ? alert : {},
        tenant: tenant.context,
        workflows: [...tenant.workflows.values()],
      })
      expect(matches.length, tenant.path).toBeLessThanOrEqual(1)
      for (const { workflow } of matches) started.add(workflow.name)
    }
    expect(started.size).toBe(1)
  })
})

const shared = join(
  process.env['HEADWATER_SHARED'] ?? join(root, '..', 'shared'),
  'data',
  'alerts',
  'okta-detection.ocsf.json',
)
if (!existsSync(shared)) console.log(`skipped: the real Okta alert, because there is no ${shared}`)

test.skipIf(!existsSync(shared))(
  'a real Okta detection starts the workflow that blocks its address, and no other',
  () => {
    const alert = toValue(JSON.parse(readFileSync(shared, 'utf8')))
    const names = tenants.flatMap((tenant) =>
      matchAlert({
        alert: isMap(alert) ? alert : {},
        tenant: tenant.context,
        workflows: [...tenant.workflows.values()],
      }).matches.map((match) => match.workflow.name),
    )
    expect(new Set(names)).toEqual(new Set(['block-indicator']))
  },
)
