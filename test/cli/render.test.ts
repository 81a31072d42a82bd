import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { channels, overlay, release, share, tenantsDownTo } from '../fakes/fleet-files.ts'
import { fleetAt, run, runJson } from '../reconcile/command-line.ts'

const phish = (version: string, hours: number) =>
  release('phish', version, `steps: [{ id: find, set: { hours: ${hours} } }, { id: tell, set: { text: "a: b # c" } }]`)
const files = {
  ...tenantsDownTo('acme/north'),
  ...phish('1.0.0', 24),
  ...channels('phish', '{ stable: 1.0.0 }'),
  ...share('all', 'phish'),
  ...overlay('acme', 'phish', '1.0.0', 'steps: [{ id: find, set: { hours: 72 } }]'),
}

test('render is YAML that reads back, headed by digest and layers', async () => {
  const root = fleetAt(files)
  const { code, out } = await run(root, ['render', 'acme/north', 'phish'])
  const { json } = await runJson(root, ['render', 'acme/north', 'phish'])
  expect(code).toBe(0)
  expect(out.split('\n').slice(0, 5)).toEqual([
    '---',
    '# acme/north phish 1.0.0',
    `# digest ${json.workflows[0].digest}`,
    '# template: workflows/phish/releases/1.0.0.yaml',
    '# overlay of acme: tenants/acme/overlays/phish.yaml',
  ])
  expect(parse(out)).toEqual({
    apiVersion: 'headwater.dev/v1',
    kind: 'Workflow',
    metadata: { name: 'phish' },
    spec: json.workflows[0].spec,
  })
  expect(json.workflows[0].spec.steps[0]).toEqual({ id: 'find', set: { hours: 72 } })
})

test('render of a revision is the same as long as the files are', async () => {
  const root = fleetAt(files)
  const now = await run(root, ['render', 'acme/north'])
  expect(await run(root, ['render', 'acme/north', '--ref', 'main'])).toEqual(now)
})

test('render says what holds a workflow back', async () => {
  const root = fleetAt(files, phish('2.0.0', 48), channels('phish', '{ stable: 2.0.0 }'))
  const { out } = await run(root, ['render', 'acme/north', 'phish'])
  expect(out).toContain('# acme/north phish 1.0.0\n')
  expect(out).toContain('# held back from 2.0.0: 1 conflict at acme\n')
  const { json } = await runJson(root, ['render', 'acme/north', 'phish'])
  expect(json.workflows[0].held).toEqual({ wanted: '2.0.0', level: 'acme', conflicts: 1 })
})

test('render says what the merge wants read', async () => {
  const root = fleetAt(files, overlay('acme', 'phish', '1.0.0', 'steps: [{ id: gone, $delete: true }]'))
  expect((await run(root, ['render', 'acme', 'phish'])).out).toContain(
    '# notice dangling-intent at /spec/steps/[id=gone]\n',
  )
})

test('what render writes as a comment stays one, whatever a key says', async () => {
  const patch = String.raw`steps: [{ id: find, set: { "gone\nspec: {}": null } }]`
  const { out } = await run(fleetAt(files, overlay('acme', 'phish', '1.0.0', patch)), ['render', 'acme', 'phish'])
  expect(out).toContain(String.raw`# notice dangling-intent at /spec/steps/[id=find]/set/gone\x0aspec: {}`)
})

test.each([
  [['render', 'acme/nort'], 'did you mean `acme/north`?'],
  [['render', 'acme/north', 'phsh'], 'did you mean `phish`?'],
  [['explain', 'acme/north', 'phsh'], 'did you mean `phish`?'],
  [['explain', 'acme/nort'], 'did you mean `acme/north`?'],
])('%j is answered with no, and with what may have been meant', async (words, hint) => {
  const { code, out, err } = await run(fleetAt(files), words)
  expect([code, out, err]).toEqual([1, '', expect.stringContaining(hint)])
})
