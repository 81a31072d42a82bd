import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { renderedFiles } from '../../controller/reconcile/rendered-files.ts'
import { resolveFiles, tenant } from '../fakes/fleet-files.ts'
import { starterFleet } from '../fakes/starter-fleet.ts'

const valid = [...resolveFiles(Object.fromEntries(starterFleet())).tenants.values()].filter(
  (tenant) => tenant.kind === 'valid',
)

test('what is recorded of a tenant reads back as what is in force for it', () => {
  expect(valid.length).toBeGreaterThan(20)
  for (const tenant of valid) {
    const files = new Map(renderedFiles(tenant))
    expect(files.size).toBe(1 + tenant.workflows.size)
    expect(parse(files.get(`${tenant.path}/context.yaml`) ?? ''), tenant.path).toEqual(tenant.context)
    for (const { name, spec } of tenant.workflows.values())
      expect(parse(files.get(`${tenant.path}/workflows/${name}.yaml`) ?? ''), `${tenant.path} ${name}`).toEqual(spec)
  }
})

test('texts that would read as something else are quoted, and lines stay lines', () => {
  const files = tenant(
    'acme',
    `values: { flag: 'yes', code: '012', from: '22:00', day: '2026-01-01', text: "a: b", lines: "one\\ntwo\\n", none: '', list: [a, '~'] }`,
    'tenant-293abb6b76d7',
  )
  const [acme] = resolveFiles(files).tenants.values()
  const [[path, text] = []] = acme?.kind === 'valid' ? renderedFiles(acme) : []
  expect(path).toBe('acme/context.yaml')
  expect(text).toBe(`path: acme
uid: tenant-293abb6b76d7
displayName: acme
tags: {}
values:
  flag: 'yes'
  code: '012'
  from: '22:00'
  day: '2026-01-01'
  text: 'a: b'
  lines: |
    one
    two
  none: ''
  list:
    - a
    - '~'
timezone: UTC
concurrentRuns: 10
suspended: false
bindings: {}
`)
})
