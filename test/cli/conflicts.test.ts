import { describe, expect, test } from 'vitest'
import { channels, overlay, release, share, tenant, tenantsDownTo } from '../fakes/fleet-files.ts'
import { fleetAt, run, runJson } from '../reconcile/command-line.ts'

const phish = (version: string, hours: number, text = 'found') =>
  release('phish', version, `steps: [{ id: find, set: { hours: ${hours} } }, { id: tell, set: { text: ${text} } }]`)
const hours = (owner: string, more = '') =>
  overlay(owner, 'phish', '1.0.0', `steps: [{ id: find, set: { hours: 72 } }${more}]`)
const files = {
  ...tenantsDownTo('acme/north/contoso'),
  ...tenant('acme/south'),
  ...phish('1.0.0', 24),
  ...phish('2.0.0', 48, 'there'),
  ...channels('phish', '{ stable: 2.0.0 }'),
  ...share('all', 'phish'),
}

describe('conflicts', () => {
  test('of two levels with the same triple are one decision, with places and the command to paste', async () => {
    const { code, out } = await run(fleetAt(files, hours('acme/north'), hours('acme/south')), ['conflicts'])
    expect(code).toBe(1)
    expect(out.replace(/[0-9a-f]{12}/, 'ID')).toBe(
      [
        'phish 1.0.0 → 2.0.0  /spec/steps/[id=find]/set/hours  edit/edit  ID',
        '  base    24  workflows/phish/releases/1.0.0.yaml:7',
        '  ours    72  tenants/acme/north/overlays/phish.yaml:8',
        '  theirs  48  workflows/phish/releases/2.0.0.yaml:7',
        '  decided by acme/north, acme/south; holds back 3 tenants',
        "  headwater upgrade acme/north phish --to 2.0.0 --take ours '/spec/steps/[id=find]/set/hours' --everywhere",
        '',
        '1 decision to make, 3 tenants held back',
        '',
      ].join('\n'),
    )
  })

  test('the printed command decides all that its level has to decide, and the same elsewhere', async () => {
    const root = fleetAt(files, hours('acme/north', ', { id: tell, set: { text: da } }'), hours('acme/south'))
    const { out } = await run(root, ['conflicts'])
    const line = out.split('\n').find((each) => each.startsWith('  headwater ')) as string
    const words = [...line.trim().matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? (bare as string))
    expect((await run(root, words.slice(1))).code).toBe(0)
    expect((await run(root, ['conflicts'])).out).toBe('no conflicts\n')
  })

  test('of one subtree, and none', async () => {
    const root = fleetAt(files, hours('acme/north'))
    expect((await run(root, ['conflicts', 'acme/south'])).out).toBe('no conflicts\n')
    const { code, json } = await runJson(root, ['conflicts', 'acme/north/contoso'])
    expect([code, json.map(({ level }: { level: string }) => level)]).toEqual([1, ['acme/north']])
  })

  test('of a tenant that is not there are not "none"', async () => {
    const { code, err } = await run(fleetAt(files), ['conflicts', 'acme/nort'])
    expect([code, err]).toEqual([1, expect.stringContaining('did you mean `acme/north`?')])
  })
})
