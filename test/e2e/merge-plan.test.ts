import { expect, test } from 'vitest'
import { planMarkdown } from '../../controller/core/authoring/plan-markdown.ts'
import { impactOf } from '../../controller/core/desired/index.ts'
import { channels, type Files, overlay, release, resolveFiles, share, tenant } from '../fakes/fleet-files.ts'

/** One release for 5,000 tenants of whom 300 groups differ, some of them in conflict: still one comment. */
const steps = (value: string, more = ''): string =>
  `steps:\n${Array.from({ length: 20 }, (_, at) => `  - { id: s${at}, set: { text: "${value} ${at}" } }`).join('\n')}${more}`
const groups = 300

test('a release for 5,000 tenants with 300 different effects is planned and fits into one comment', {
  timeout: 120_000,
}, () => {
  const files: Files[] = [
    tenant('acme'),
    release('phish', '1.0.0', steps('old')),
    release('phish', '2.0.0', steps('new', '\n  - { id: late, set: { a: 1 } }')),
    channels('phish', '{ stable: 1.0.0 }'),
    share('all', 'phish'),
  ]
  const changes: Files[] = [channels('phish', '{ stable: 2.0.0 }')]
  for (let group = 0; group < groups; group++) {
    const owner = `acme/g${group}`
    // Every fiftieth has a text of its own for a step that the release changes too; the others change with it.
    const held = `steps: [{ id: s0, set: { text: "group ${group}" } }]`
    const own = (text: string): string =>
      `steps: [{ id: s${group % 20}, set: { more: 1 } }]\noutputs: { group: "${text} ${group}" }`
    files.push(tenant(owner), overlay(owner, 'phish', '1.0.0', group % 50 === 0 ? held : own('old')))
    if (group % 50 !== 0) changes.push(overlay(owner, 'phish', '1.0.0', own('new')))
  }
  for (let number = 0; number < 5_000 - groups; number++) files.push(tenant(`acme/g${number % groups}/c${number}`))
  const fleet = Object.assign({}, ...files) as Files
  const before = resolveFiles(fleet)
  const after = resolveFiles(fleet, ...changes)
  const start = performance.now()
  const impact = impactOf(before, after)
  const planned = performance.now()
  const text = planMarkdown(impact)
  console.log(
    `impact ${(planned - start).toFixed(0)} ms, comment ${(performance.now() - planned).toFixed(0)} ms, ${text.length} characters, ${impact.effects.length} effects`,
  )
  expect(text.length).toBeLessThanOrEqual(65_536)
  expect(impact.newConflicts).toHaveLength(6)
  for (const { ours, level } of impact.newConflicts)
    expect(text).toContain(`\`${JSON.stringify(ours)}\` | \`"new 0"\` | \`${level}\``)
  expect(impact.effects.length).toBeGreaterThanOrEqual(294)
  expect(impact.refusals).toEqual([])
})
