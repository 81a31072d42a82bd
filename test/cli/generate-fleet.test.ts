import { describe, expect, test } from 'vitest'
import { generateFleet } from '../../controller/cli/generate-fleet.ts'
import { changes } from '../../controller/cli/generate-fleet-changes.ts'
import { resolve } from '../../controller/core/desired/index.ts'
import type { FleetFile } from '../../controller/core/desired/index.ts'
import { parseDocument } from '../../controller/core/model/parse-document.ts'
import { checkWorkflowSpec } from '../../controller/reconcile/check-workflow-spec.ts'

type Files = ReadonlyMap<string, string>

function resolved(files: Files) {
  const parsed = [...files].map(([path, text]): FleetFile => {
    const verdict = parseDocument({ file: path, bytes: Buffer.from(text) })
    return { path, oid: text, verdict }
  })
  return resolve(parsed, checkWorkflowSpec)
}

const digests = (files: Files) =>
  [...resolved(files).tenants.values()].map((tenant) => (tenant.kind === 'valid' ? tenant.digest : 'frozen'))

const files: Files = new Map(generateFleet({ tenants: 150 }))

describe('a generated fleet', () => {
  const { tenants, problems } = resolved(files)
  const valid = [...tenants.values()].filter((tenant) => tenant.kind === 'valid')
  const received = valid.flatMap((tenant) => [...tenant.workflows.values()])

  test('is clean, and every tenant of it is resolved', () => {
    expect(problems).toEqual([])
    expect(valid).toHaveLength(150)
  })

  test('hands out five workflows on average, the first to everybody', () => {
    expect(received.length / valid.length).toBeGreaterThan(4)
    expect(received.length / valid.length).toBeLessThan(6)
    expect(valid.every((tenant) => tenant.workflows.has('baseline-security'))).toBe(true)
  })

  test('customises two in five tenants, some of them against an earlier release, and none is held back', () => {
    const overlays = received.flatMap(({ chain, release }) =>
      chain.overlay ? [{ overlay: chain.overlay, release }] : [],
    )
    const owners = new Set([...files.keys()].flatMap((path) => /^(.*)\/overlays\//.exec(path)?.[1] ?? []))
    expect(owners.size / valid.length).toBeGreaterThan(0.3)
    expect(owners.size / valid.length).toBeLessThan(0.5)
    expect(overlays.some(({ overlay, release }) => overlay.resource.spec.base !== release)).toBe(true)
    expect(received.every(({ held }) => held === undefined)).toBe(true)
  })

  test('follows from its options alone', () => {
    expect([...generateFleet({ tenants: 150 })]).toEqual([...files])
    expect([...generateFleet({ tenants: 150, seed: 2 })]).not.toEqual([...files])
  })

  test.each([1, 2, 3, 7, 49, 101, 403])('has exactly the %i tenants asked for, each of its own name', (count) => {
    const paths = [...generateFleet({ tenants: count })].map(([path]) => path)
    expect(paths.filter((path) => path.endsWith('/tenant.yaml'))).toHaveLength(count)
    expect(new Set(paths).size).toBe(paths.length)
  })

  test.each([1, 2, 8, 13, 25])('resolves with %i workflows', (workflows) => {
    const small = resolved(new Map(generateFleet({ tenants: 60, workflows })))
    expect(small.problems.filter(({ severity }) => severity === 'error')).toEqual([])
    expect(small.fleet.workflows.size).toBe(workflows)
  })
})

describe('the single changes of a generated fleet', () => {
  const before = digests(files)
  const moved = (change: Files): number =>
    digests(new Map([...files, ...change])).filter((digest, at) => digest !== before[at]).length

  test('move one tenant, a customer, a region and everybody, and break nothing', () => {
    const counts = new Map([...changes(files)].map(([name, change]) => [name, moved(change)]))
    expect(counts.get('leafOverlay')).toBe(1)
    expect(counts.get('tag')).toBeGreaterThanOrEqual(1)
    expect(counts.get('tag')).toBeLessThanOrEqual(6)
    expect(counts.get('regionOverlay')).toBeGreaterThan(20)
    expect(counts.get('promotion')).toBeGreaterThan(130)
    for (const change of changes(files).values()) expect(resolved(new Map([...files, ...change])).problems).toEqual([])
  })
})
