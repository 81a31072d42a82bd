import { describe, expect, test } from 'vitest'
import { channels, overlay, release, share, tenant, tenantsDownTo } from '../fakes/fleet-files.ts'
import { commitAll, git, writeFiles } from '../io/git/repositories.ts'
import { fleetAt, run, runJson } from '../reconcile/command-line.ts'

const phish = (version: string, hours: number) =>
  release('phish', version, `steps: [{ id: find, set: { hours: ${hours} } }, { id: tell, set: { text: found } }]`)
const files = {
  ...tenantsDownTo('acme/north/contoso'),
  ...tenant('acme/south'),
  ...phish('1.0.0', 24),
  ...channels('phish', '{ stable: 1.0.0 }'),
  ...share('all', 'phish'),
  ...overlay('acme/north', 'phish', '1.0.0', 'steps: [{ id: find, set: { hours: 72 } }]'),
}
const next = { ...phish('2.0.0', 48), ...channels('phish', '{ stable: 2.0.0 }') }

describe('plan', () => {
  const released = (): string => {
    const root = fleetAt(files)
    writeFiles(root, next)
    commitAll(root, 'release 2.0.0')
    return root
  }
  const between = ['plan', '--from', 'HEAD~1', '--to', 'HEAD']

  test('tells what changes, what is new to decide, and that it may be merged', async () => {
    const { code, out } = await run(released(), between)
    expect(code).toBe(0)
    expect(out).toBe(
      [
        '2 tenants of 4 change, 1 workflow',
        '',
        'phish updated 1.0.0 → 2.0.0 for acme, acme/south',
        '  ~ /spec/version  "1.0.0" → "2.0.0"',
        '  ~ /spec/steps/[id=find]/set/hours  24 → 48',
        '',
        '1 new conflict: `headwater conflicts` shows them',
        'held back: acme/north, acme/north/contoso',
        '',
      ].join('\n'),
    )
  })

  test('as JSON has these fields, and no others', async () => {
    const root = released()
    const { json } = await runJson(root, between)
    const shape = (value: unknown): unknown =>
      Array.isArray(value)
        ? value.slice(0, 1).map(shape)
        : value !== null && typeof value === 'object'
          ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shape(item)]))
          : typeof value
    expect(Object.keys(json)).toEqual([
      'changes',
      'unchanged',
      'frozen',
      'brake',
      'effects',
      'contextOnly',
      'newActions',
      'newConnections',
      'newApprovals',
      'droppedApprovals',
      'tagChanges',
      'newRights',
      'newConflicts',
      'heldTenants',
      'refusals',
    ])
    expect(
      shape({ changes: json.changes, effects: json.effects, newConflicts: json.newConflicts }),
    ).toMatchInlineSnapshot(`
      {
        "changes": [
          {
            "digest": "string",
            "kind": "string",
            "tenant": "string",
            "workflows": {
              "added": [],
              "removed": [],
              "updated": [
                "string",
              ],
            },
          },
        ],
        "effects": [
          {
            "fields": [
              {
                "from": "string",
                "kind": "string",
                "path": "string",
                "to": "string",
              },
            ],
            "kind": "string",
            "releases": {
              "from": "string",
              "to": "string",
            },
            "tenants": [
              "string",
            ],
            "workflow": "string",
          },
        ],
        "newConflicts": [
          {
            "base": "number",
            "from": "string",
            "id": "string",
            "level": "string",
            "ours": "number",
            "path": "string",
            "positions": {
              "base": {
                "file": "string",
                "path": "string",
              },
              "ours": {
                "file": "string",
                "path": "string",
              },
              "theirs": {
                "file": "string",
                "path": "string",
              },
            },
            "resolutions": [
              "string",
            ],
            "tenants": [
              "string",
            ],
            "theirs": "number",
            "to": "string",
            "triple": "string",
            "type": "string",
            "workflow": "string",
          },
        ],
      }
    `)
  })

  test('prints the digests that the tenants then have', async () => {
    const root = released()
    const { json } = await runJson(root, between)
    for (const { tenant: path, digest } of json.changes) {
      const { json: rendered } = await runJson(root, ['render', path, '--ref', 'HEAD'])
      expect(digest).toBe(rendered.digest)
    }
    expect(json.changes).toHaveLength(2)
  })

  test('of one revision with itself changes nothing', async () => {
    const { code, out } = await run(released(), ['plan', '--from', 'HEAD', '--to', 'HEAD'])
    expect([code, out]).toEqual([
      0,
      'no tenant changes (4 tenants unchanged)\nheld back: acme/north, acme/north/contoso\n',
    ])
  })

  test('compares HEAD with the working tree where nothing else is said', async () => {
    const other = fleetAt(files)
    writeFiles(other, next)
    expect((await run(other, ['plan'])).out).toContain('phish updated 1.0.0 → 2.0.0')
    writeFiles(other, { 'tenants/acme/south/tenant.yaml': 'kind: [' })
    const broken = await run(other, ['plan'])
    expect(broken.code).toBe(1)
    expect(broken.out).toMatch(/tenants\/acme\/south\/tenant\.yaml:\d+:\d+/)
    expect(broken.out).toContain('must not be merged: ')
  })

  test('tells removals before anything else, and refuses more than the brake allows', async () => {
    const other = fleetAt(files)
    git(other, ['rm', '-rq', 'tenants/acme/south'])
    expect((await run(other, ['plan'])).out.split('\n').slice(0, 2)).toEqual([
      '1 tenant of 4 change, 1 workflow',
      'removed  acme/south',
    ])
    git(other, ['rm', '-rq', 'tenants/acme/north'])
    const braked = await runJson(other, ['plan'])
    expect(braked.code).toBe(1)
    expect(braked.json.brake).toMatchObject({ code: 'too-many-removals' })
    expect(braked.json.refusals).toEqual([braked.json.brake])
  })

  test('as markdown is one comment', async () => {
    const { code, out } = await run(released(), [...between, '-o', 'markdown'])
    expect(code).toBe(0)
    expect(out).toMatch(/^## ✓ may be merged\n/)
    expect(out).toContain(
      '| `phish` | `/spec/steps/[id=find]/set/hours` | edit/edit | `24` | `72` | `48` | `acme/north` | 2 |',
    )
  })

  test('of a revision that is not there could not be done', async () => {
    const { code, err } = await run(released(), ['plan', '--from', 'nowhere'])
    expect([code, err]).toEqual([3, expect.stringContaining('error unknown-revision')])
  })
})
