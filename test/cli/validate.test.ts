import { describe, expect, test } from 'vitest'
import { channels, overlay, release, share, tenant, tenantsDownTo } from '../fakes/fleet-files.ts'
import { fleetAt, run, runJson } from '../reconcile/command-line.ts'

const files = {
  ...tenantsDownTo('acme/north/contoso'),
  ...tenant('acme/south'),
  ...release('phish', '1.0.0', 'steps: [{ id: find, set: { hours: 24 } }]'),
  ...channels('phish', '{ stable: 1.0.0 }'),
  ...share('all', 'phish'),
}
const wrong = {
  'tenants/acme/north/overlays/phish.yaml': `apiVersion: headwater.dev/v1
kind: Overlay
metadata: { name: phish }
spec:
  workflow: phish
  base: one
  patch: { minutesSaved: 5 }
`,
}

describe('validate', () => {
  test('of a good fleet counts what is there', async () => {
    expect(await run(fleetAt(files), ['validate'])).toEqual({
      code: 0,
      out: '4 tenants, 1 workflow, 7 files: no problems\n',
      err: '',
    })
  })

  test('shows code, place and caret of what is wrong, and who is frozen by it', async () => {
    const { code, out } = await run(fleetAt(files, wrong), ['validate'])
    expect(code).toBe(1)
    expect(out).toContain('tenants/acme/north/overlays/phish.yaml:6:9')
    expect(out).toMatch(/6 ?[│|] ? {2}base: one\n.*\^/)
    expect(out).toContain('2 tenants frozen at the last good state: acme/north, acme/north/contoso\n')
  })

  test('shows the very words of a reference that leads nowhere, and what was probably meant', async () => {
    const script = `steps:
  - id: find
    set: { hours: 24 }
  - id: tell
    set:
      text: |
        fnd is not steps.fnd here:
        \${{ steps.find.outputs.hours }} and \${{ steps.fnd.outputs.hours }}`
    const { out } = await run(fleetAt(files, release('phish', '1.0.0', script)), ['validate'])
    expect(out).toContain('There is no step fnd; did you mean find.')
    expect(out).toContain(
      [
        '  14 |           ${{ steps.find.outputs.hours }} and ${{ steps.fnd.outputs.hours }}',
        '     |                                                   ^^^^^^^^^^^^^^^^^^^^^^^',
      ].join('\n'),
    )
  })

  test('a misspelt field of an overlay is shown where it stands, with the one that was probably meant', async () => {
    const misspelt = overlay('acme/north', 'phish', '1.0.0', 'minuteSaved: 5')
    const { out } = await run(fleetAt(files, misspelt), ['validate'])
    expect(out).toContain('invalid-result')
    expect(out).toContain('did you mean `minutesSaved`?')
  })

  test('one broken file leaves everybody else as they are', async () => {
    const root = fleetAt(files, wrong)
    expect((await run(root, ['render', 'acme/south', 'phish'])).code).toBe(0)
    const { code, err } = await run(root, ['render', 'acme/north', 'phish'])
    expect([code, err]).toEqual([1, expect.stringContaining('tenants/acme/north/overlays/phish.yaml:6:9: ')])
  })

  test('as JSON has every problem with its place', async () => {
    const { code, json } = await runJson(fleetAt(files, wrong), ['validate'])
    expect(code).toBe(1)
    expect(Object.keys(json)).toEqual(['revision', 'files', 'tenants', 'frozen', 'workflows', 'problems', 'timings'])
    expect(json).toMatchObject({
      tenants: 4,
      frozen: ['acme/north', 'acme/north/contoso'],
      problems: [{ severity: 'error', place: { file: 'tenants/acme/north/overlays/phish.yaml', line: 6, column: 9 } }],
    })
  })

  test('of a syntax error points at it', async () => {
    const { code, out } = await run(fleetAt(files, { 'tenants/acme/south/tenant.yaml': 'kind: [a,\nb: }\n' }), [
      'validate',
    ])
    expect(code).toBe(1)
    expect(out).toMatch(/^tenants\/acme\/south\/tenant\.yaml:1:7 error yaml-syntax: .*\n[^]* {6}\^\n/)
  })

  test('a warning alone is fine', async () => {
    const { code, out } = await run(fleetAt(files, share('none', 'phish', 'to: { tags: { tier: [gold] } }')), [
      'validate',
    ])
    expect([code, out]).toEqual([0, expect.stringContaining('1 warning')])
  })

  test('of a revision reads that and not the working tree', async () => {
    const root = fleetAt(files)
    const { code, out } = await run(root, ['validate', '--ref', 'main'])
    expect([code, out]).toEqual([0, '4 tenants, 1 workflow, 7 files: no problems\n'])
  })

  test('says that a held overlay conflicts, without an error', async () => {
    const held = fleetAt(
      files,
      release('phish', '2.0.0', 'steps: [{ id: find, set: { hours: 48 } }]'),
      channels('phish', '{ stable: 2.0.0 }'),
      overlay('acme/north', 'phish', '1.0.0', 'steps: [{ id: find, set: { hours: 72 } }]'),
    )
    const { code, out } = await run(held, ['validate'])
    expect([code, out]).toEqual([0, expect.stringContaining('phish stays behind 2.0.0 at acme/north: 1 conflict')])
  })
})
