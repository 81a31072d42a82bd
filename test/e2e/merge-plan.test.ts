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
  for (let group = 0; group < groups; group++) {
    files.push(tenant(`acme/g${group}`))
    // A group with an own text of a step conflicts, one that takes steps away has an effect of its own.
    const [first, second] = [group % 20, Math.floor(group / 20)]
    const isHeld = group % 50 === 0
    const patch = isHeld
      ? `steps: [{ id: s0, set: { text: "group ${group}" } }]`
      : `steps: [{ id: s${first}, set: { more: ${second} } }]\noutputs: { group: "${group}" }\nminutesSaved: ${second}`
    files.push(overlay(`acme/g${group}`, 'phish', '1.0.0', patch))
  }
  for (let number = 0; number < 5_000 - groups; number++) files.push(tenant(`acme/g${number % groups}/c${number}`))
  const fleet = Object.assign({}, ...files) as Files
  const before = resolveFiles(fleet)
  const after = resolveFiles(fleet, channels('phish', '{ stable: 2.0.0 }'))
  const start = performance.now()
  const impact = impactOf(before, after)
  const planned = performance.now()
  const text = planMarkdown(impact)
  console.log(
    `impact ${(planned - start).toFixed(0)} ms, comment ${(performance.now() - planned).toFixed(0)} ms, ${text.length} characters, ${impact.effects.length} effects`,
  )
  expect(text.length).toBeLessThanOrEqual(65_536)
  expect(impact.newConflicts).toHaveLength(6)
  for (const { path, level } of impact.newConflicts)
    expect(text).toContain(`\`${path}\` | edit/edit`), expect(text).toContain(`\`${level}\``)
  expect(impact.refusals).toEqual([])
})
