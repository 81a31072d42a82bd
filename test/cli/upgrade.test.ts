import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { channels, overlay, release, share, tenantsDownTo } from '../fakes/fleet-files.ts'
import { git } from '../io/git/repositories.ts'
import { fleetAt, run, runJson } from '../reconcile/command-line.ts'

const phish = (version: string, hours: number, text = 'found') =>
  release('phish', version, `steps: [{ id: find, set: { hours: ${hours} } }, { id: tell, set: { text: ${text} } }]`)
const files = {
  ...tenantsDownTo('acme/contoso'),
  ...phish('1.0.0', 24),
  ...phish('2.0.0', 48, 'there'),
  ...channels('phish', '{ stable: 2.0.0 }'),
  ...share('all', 'phish'),
  ...overlay('acme', 'phish', '1.0.0', 'steps: [{ id: find, set: { hours: 72 } }, { id: tell, set: { text: da } }]'),
}
const file = 'tenants/acme/overlays/phish.yaml'
const hoursAt = '/spec/steps/[id=find]/set/hours'
const textAt = '/spec/steps/[id=tell]/set/text'
const upgrade = (root: string, ...words: string[]) => run(root, ['upgrade', 'acme', 'phish', ...words])

describe('upgrade', () => {
  test('with something undecided writes nothing, shows the three sides, and says no', async () => {
    const root = fleetAt(files)
    const { code, out } = await upgrade(root, '--take', 'ours', hoursAt)
    expect(code).toBe(1)
    expect(out).toContain(`edit/edit ${textAt} at acme\n  base    "found"\n  ours    "da"\n  theirs  "there"\n`)
    expect(out).toContain('1 conflict between 1.0.0 and 2.0.0: nothing was written')
    expect(git(root, ['status', '--porcelain'])).toBe('')
    const { json } = await runJson(root, ['upgrade', 'acme', 'phish'])
    expect(json).toMatchObject({ tenant: 'acme', workflow: 'phish', from: '1.0.0', to: '2.0.0' })
    expect(json.conflicts.map(({ path }: { path: string }) => path)).toEqual([hoursAt, textAt])
  })

  test('names only the ways out that some conflict allows', async () => {
    const text = '"${{ steps.find.outputs.hours }}"'
    const root = fleetAt({
      ...files,
      ...release('phish', '2.0.0', 'steps: [{ id: tell, set: { text: found } }]'),
      ...overlay('acme', 'phish', '1.0.0', `steps: [{ id: own, $after: find, set: { text: ${text} } }]`),
    })
    const { out } = await upgrade(root)
    expect(out).toContain('dangling-reference')
    expect(out).toMatch(/nothing was written; decide with --value PATH=JSON\n/)
  })

  test('takes a side for each path, another for the rest, and values', async () => {
    const root = fleetAt(files)
    expect((await upgrade(root, '--take', 'theirs', hoursAt, '--take', 'ours')).code).toBe(0)
    expect(readFileSync(join(root, file), 'utf8')).toContain('[{ id: tell, set: { text: da } }]')
    const other = fleetAt(files)
    expect((await upgrade(other, '--value', `${hoursAt}=60`, '--take', 'ours')).code).toBe(0)
    expect(readFileSync(join(other, file), 'utf8')).toContain('set: { hours: 60 }')
  })

  test('--dry-run shows the lines and leaves the file', async () => {
    const root = fleetAt(files)
    const { code, out } = await upgrade(root, '--take', 'ours', '--dry-run')
    expect(code).toBe(0)
    expect(out).toMatch(/- {4}base: 1\.0\.0|-  base: 1\.0\.0/)
    expect(out).toContain('nothing was written')
    expect(git(root, ['status', '--porcelain'])).toBe('')
  })

  test('--commit commits the one file', async () => {
    const root = fleetAt(files)
    expect((await upgrade(root, '--take', 'ours', '--commit')).code).toBe(0)
    expect(git(root, ['show', '--name-only', '--format=%s %an'])).toBe(`Upgrade phish to 2.0.0 for acme Ada\n\n${file}`)
  })

  test('--pull-request may leave it open; the branch says so and nothing changes on main', async () => {
    const root = fleetAt(files)
    const { code, out } = await upgrade(root, '--pull-request')
    expect(code).toBe(0)
    const branch = /headwater\/upgrade\S+/.exec(out)?.[0] as string
    expect(git(root, ['show', `${branch}:${file}`])).toContain('headwater.dev/unresolved')
    const refused = await run(root, ['plan', '--from', 'main', '--to', branch])
    expect([refused.code, refused.out]).toEqual([1, expect.stringContaining('nobody has decided')])
  })

  test('with something left to decide it is not merged; merged elsewhere all the same, it can still be decided', async () => {
    const root = fleetAt(files)
    await upgrade(root, '--pull-request')
    const refused = await run(root, ['pr', 'merge', '1'])
    expect([refused.code, refused.out]).toEqual([1, expect.stringContaining('#1 must not be merged')])
    const { json } = await runJson(root, ['pr', 'list'])
    git(root, ['merge', '-q', json.pullRequests[0].branch])
    expect((await run(root, ['validate'])).code).toBe(1)
    expect((await upgrade(root, '--take', 'ours')).code).toBe(0)
    expect((await run(root, ['validate'])).code).toBe(0)
    expect(readFileSync(join(root, file), 'utf8')).toBe((files[file] as string).replace('base: 1.0.0', 'base: 2.0.0'))
  })

  test.each([
    [['--take', 'mine'], 2, 'neither a side nor a path'],
    [['--take', 'ours', '/spec/steps/['], 2, 'is no path'],
    [['--value', 'x'], 2, 'is not PATH=JSON'],
    [['--to', '9.9.9'], 1, 'no release 9.9.9'],
    [['--commit', '--pull-request'], 2, 'exclude each other'],
  ])('%j is refused', async (words, code, message) => {
    const ran = await upgrade(fleetAt(files), ...words)
    expect([ran.code, ran.err]).toEqual([code, expect.stringContaining(message)])
  })

  test('of a tenant or a workflow that is not there suggests one that is', async () => {
    const root = fleetAt(files)
    expect((await run(root, ['upgrade', 'acme/contso', 'phish'])).err).toContain('did you mean `acme/contoso`?')
    const { code, err } = await run(root, ['upgrade', 'acme', 'fish'])
    expect([code, err]).toEqual([1, expect.stringContaining('acme neither receives nor changes a workflow `fish`')])
  })
})
