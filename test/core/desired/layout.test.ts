import { describe, expect, test } from 'vitest'
import { placeOf, reservedNames } from '../../../controller/core/desired/layout.ts'
import { action, resolveFiles, tenant, tenantsDownTo, workflow } from '../../fakes/fleet-files.ts'
import { errorsOf, frozenOf } from '../../fakes/fleet-answers.ts'

describe('what a path says a file is', () => {
  test.each([
    ['tenants/acme/tenant.yaml', 'tenant', 'Tenant', 'acme', 'acme'],
    ['tenants/acme/north/contoso/tenant.yaml', 'tenant', 'Tenant', 'acme/north/contoso', 'contoso'],
    ['tenants/acme/tenant.yml', 'tenant', 'Tenant', 'acme', 'acme'],
    ['tenants/acme/north/overlays/phish.yaml', 'overlay', 'Overlay', 'acme/north', 'phish'],
    ['tenants/acme/connections/okta.yaml', 'connection', 'Connection', 'acme', 'okta'],
    ['tenants/acme/policies/shares/gold.yaml', 'share', 'Share', 'acme', 'gold'],
    ['tenants/acme/policies/roles/analyst.yaml', 'role', 'Role', 'acme', 'analyst'],
    ['tenants/acme/policies/bindings/soc.yaml', 'binding', 'RoleBinding', 'acme', 'soc'],
    ['tenants/acme/policies/guardrails/night.yaml', 'guardrail', 'Guardrail', 'acme', 'night'],
    ['tenants/acme/workflows/phish/workflow.yaml', 'head', 'Workflow', 'acme', 'phish'],
    ['workflows/phish/workflow.yaml', 'head', 'Workflow', '', 'phish'],
    ['workflows/phish/channels.yaml', 'channels', 'Channels', '', 'phish'],
    ['workflows/phish/releases/2.1.0.yaml', 'release', 'Workflow', '', '2.1.0'],
    ['workflows/phish/tests/leaver.yaml', 'test', 'WorkflowTest', '', 'leaver'],
    ['policies/shares/gold.yaml', 'share', 'Share', '', 'gold'],
    ['policies/guardrails/night.yaml', 'guardrail', 'Guardrail', '', 'night'],
    ['connectors/actions/isolate_endpoint.yaml', 'action', 'Action', '', 'isolate_endpoint'],
    ['connectors/vendors/okta.yaml', 'connector', 'Connector', '', 'okta'],
  ])('%s is a %s', (path, role, kind, owner, name) => {
    expect(placeOf(path)).toMatchObject({ role, kind, owner, name })
  })

  test('secrets are known and not read', () => {
    expect(placeOf('tenants/acme/secrets.sops.yaml')).toEqual({ role: 'secrets', owner: 'acme' })
  })

  test('a release knows its workflow', () => {
    expect(placeOf('tenants/acme/workflows/phish/releases/1.0.0.yaml')).toMatchObject({
      owner: 'acme',
      workflow: 'phish',
    })
  })
})

describe('a path that means nothing', () => {
  test.each([
    ['tenants/acme.yaml', 'misplaced-file'],
    ['tenants/acme/notes.yaml', 'misplaced-file'],
    ['tenants/acme/overlays/deep/phish.yaml', 'misplaced-file'],
    ['tenants/acme/policies/gold.yaml', 'misplaced-file'],
    ['tenants/acme/policies/colours/gold.yaml', 'misplaced-file'],
    ['tenants/acme/workflows/phish.yaml', 'misplaced-file'],
    ['tenants/acme/workflows/phish/release/1.0.0.yaml', 'misplaced-file'],
    ['workflows/phish.yaml', 'misplaced-file'],
    ['connectors/okta.yaml', 'misplaced-file'],
    ['connectors/products/okta.yaml', 'misplaced-file'],
    ['policies/gold.yaml', 'misplaced-file'],
    ['overlays/phish.yaml', 'misplaced-file'],
    ['tenants/Acme/tenant.yaml', 'bad-name'],
    ['tenants/acme/under_score/tenant.yaml', 'bad-name'],
    ['tenants/-acme/tenant.yaml', 'bad-name'],
    ['tenants/acme-/tenant.yaml', 'bad-name'],
    [`tenants/${'a'.repeat(64)}/tenant.yaml`, 'bad-name'],
    ['workflows/Phish/workflow.yaml', 'bad-name'],
  ])('%s is refused with %s', (path, code) => {
    expect(placeOf(path)).toMatchObject({ role: 'misplaced', code })
    expect(errorsOf(resolveFiles({ [path]: 'x: 1' }))).toContain(`${code} ${path}`)
  })

  test.each(reservedNames)('`%s` cannot be the name of a tenant', (name) => {
    expect(placeOf(`tenants/${name}/tenant.yaml`)).toMatchObject({ code: 'reserved-name' })
    expect(placeOf(`tenants/acme/${name}/tenant.yaml`)).toMatchObject({ code: 'reserved-name', owner: 'acme' })
  })

  test('a name of 63 characters is a name', () => {
    expect(placeOf(`tenants/${'a'.repeat(63)}/tenant.yaml`)).toMatchObject({ role: 'tenant' })
  })
})

describe('what the place promises and the file does not keep', () => {
  const base = tenantsDownTo('acme/north')
  const renamed = (from: string, to: string) =>
    Object.values(tenant(from))[0]?.replace(`name: ${from}`, `name: ${to}`) as string

  test('a tenant whose name is not that of its folder is frozen', () => {
    const state = resolveFiles(base, { 'tenants/zeta/tenant.yaml': renamed('zeta', 'alpha') })
    expect(errorsOf(state)).toEqual(['name-mismatch tenants/zeta/tenant.yaml'])
    expect(frozenOf(state)).toEqual({ zeta: 'name-mismatch' })
  })

  test('a release whose version is not that of its file cannot be used', () => {
    const [text] = Object.values(workflow('phish'))
    const state = resolveFiles(base, { 'workflows/phish/releases/2.0.0.yaml': text as string })
    expect(errorsOf(state)).toEqual(['name-mismatch workflows/phish/releases/2.0.0.yaml'])
  })

  test('another kind than the folder is for is refused', () => {
    const [text] = Object.values(action('okta'))
    const state = resolveFiles(base, { 'connectors/vendors/okta.yaml': text as string })
    expect(errorsOf(state)).toEqual(['misplaced-file connectors/vendors/okta.yaml'])
  })
})

describe('two files for one place', () => {
  test('a second spelling of the ending freezes the owner and names both files', () => {
    const files = { ...tenantsDownTo('acme/north'), ...tenant('zeta') }
    const state = resolveFiles(files, { 'tenants/acme/tenant.yml': files['tenants/acme/tenant.yaml'] as string })
    expect(errorsOf(state)).toEqual(['duplicate-name tenants/acme/tenant.yml'])
    expect(state.problems[0]?.message).toContain('tenants/acme/tenant.yaml')
    expect(frozenOf(state)).toEqual({ acme: 'duplicate-name', 'acme/north': 'duplicate-name' })
  })

  test('neither of two releases of one version is used', () => {
    const files = workflow('phish')
    const twin = { 'workflows/phish/releases/1.0.0.yml': files['workflows/phish/releases/1.0.0.yaml'] as string }
    expect(errorsOf(resolveFiles(files, twin))).toEqual(['duplicate-name workflows/phish/releases/1.0.0.yml'])
  })
})
