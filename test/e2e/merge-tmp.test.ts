import { expect, test } from 'vitest'
import { channels, overlay, release, share, tenantsDownTo, tenant } from '../fakes/fleet-files.ts'
import { fleetAt, run } from '../reconcile/command-line.ts'
const phish = (v: string, t: string) => release('phish', v, `steps: [{ id: find, set: { hours: 1 } }, { id: tell, if: "\${{ steps.find.outputs.hours > 0 }}", set: { text: ${t} } }]`)
test('probe', async () => {
  const base = { ...tenantsDownTo('acme/contoso'), ...tenant('acme/fab'), ...phish('1.0.0', 'a'), ...release('phish', '2.0.0', 'steps: [{ id: seek, set: { hours: 1 } }, { id: tell, set: { text: b } }]'), ...channels('phish', '{ stable: 2.0.0 }'), ...share('all', 'phish') }
  // dangling reference: ours mentions find, theirs deletes it undeclared
  let root = fleetAt(base, overlay('acme/contoso', 'phish', '1.0.0', 'steps: [{ id: tell, set: { n: "${{ steps.find.outputs.hours }}" } }]'))
  console.log((await run(root, ['conflicts'])).out)
  console.log(await run(root, ['upgrade', 'acme/contoso', 'phish', '--take', 'ours']))
  console.log(await run(root, ['upgrade', 'acme/contoso', 'phish', '--value', '/spec/steps/[id=tell]/set/n=hello', '--dry-run']))
  console.log(await run(root, ['upgrade', 'acme/contoso', 'phish', '--to', '1.0.0']))
  root = fleetAt(base, overlay('acme/contoso', 'phish', '2.0.0', 'steps: [{ id: tell, set: { text: c } }]'))
  console.log(await run(root, ['upgrade', 'acme/contoso', 'phish', '--to', '1.0.0']))
  // every tenant frozen by another file
  root = fleetAt(base, overlay('acme/contoso', 'phish', '1.0.0', 'steps: [{ id: tell, set: { text: c } }]'), { 'tenants/acme/contoso/connections/x.yaml': 'kind: [' })
  console.log(await run(root, ['upgrade', 'acme/contoso', 'phish', '--take', 'ours']))
  console.log(await run(root, ['conflicts']))
  expect(1).toBe(1)
})
