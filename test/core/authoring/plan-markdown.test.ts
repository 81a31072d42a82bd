import { describe, expect, test } from 'vitest'
import { planMarkdown } from '../../../controller/core/authoring/plan-markdown.ts'
import { type Impact, impactOf } from '../../../controller/core/desired/index.ts'
import { problem } from '../../../controller/core/model/problems.ts'
import { channels, type Files, overlay, release, resolveFiles, share, tenant } from '../../fakes/fleet-files.ts'

const limit = 65_536
const none = impactOf(resolveFiles(tenant('acme')), resolveFiles(tenant('acme')))
const numbers = (count: number): number[] => Array.from({ length: count }, (_, at) => at)
const error = (at: number) =>
  problem('wrong-value', `value ${at} is out of range ${'x'.repeat(60)}`, {
    place: { file: `tenants/acme/c${at}/tenant.yaml`, line: 3, column: 1 },
  })
const conflict = (at: number): Impact['newConflicts'][number] => ({
  id: `id${at}`,
  triple: `triple${at}`,
  workflow: ':phish',
  level: `acme/c${at}`,
  path: `/spec/steps/[id=step_${at}]/set/text`,
  type: 'edit/edit',
  base: `base ${'x'.repeat(300)}`,
  ours: `ours ${at}`,
  theirs: `theirs ${at}`,
  positions: { base: { file: '', path: '' }, ours: { file: '', path: '' }, theirs: { file: '', path: '' } },
  from: '1.0.0',
  to: '2.0.0',
  resolutions: ['ours', 'theirs'],
  tenants: [`acme/c${at}`],
})
const effect = (at: number, tenants: readonly string[]): Impact['effects'][number] => ({
  workflow: `flow-${at}`,
  kind: 'updated',
  releases: { from: '1.0.0', to: '2.0.0' },
  tenants,
  fields: numbers(60).map((field) => ({
    path: `/spec/steps/[id=step_${field}]/with/text`,
    kind: 'modified',
    from: `old ${'y'.repeat(200)}`,
    to: `new ${'z'.repeat(200)}`,
  })),
})

describe('5,000 tenants with 300 different effects', () => {
  const tenants = numbers(5_000).map((at) => `acme/north/c${at}`)
  const effects = numbers(300).map((at) =>
    effect(
      at,
      tenants.filter((_, index) => index % 300 === at),
    ),
  )
  const text = planMarkdown({
    ...none,
    effects,
    newConflicts: numbers(40).map(conflict),
    refusals: numbers(20).map(error),
  })

  test('fit into one comment', () => {
    expect(text.length).toBeLessThanOrEqual(limit)
  })

  test('with every error and every conflict', () => {
    for (const at of numbers(20)) expect(text).toContain(`tenants/acme/c${at}/tenant.yaml:3`)
    for (const at of numbers(40)) expect(text).toContain(`[id=step_${at}]/set/text\` | edit/edit`)
  })

  test('with how many are not shown', () => {
    expect(text).toMatch(/… and \d+ more kinds of change/)
    expect(text).not.toContain('cut here')
  })
})

describe('a comment that is full of errors and conflicts', () => {
  test('drops everything else first', () => {
    const impact = {
      ...none,
      refusals: numbers(150).map(error),
      newConflicts: numbers(150).map(conflict),
      effects: numbers(60).map((at) => effect(at, [`acme/${'n'.repeat(60)}${at}`])),
      contextOnly: numbers(50).map((at) => `acme/other${at}`),
    }
    const text = planMarkdown(impact)
    expect(text.length).toBeLessThanOrEqual(limit)
    for (const at of numbers(150)) expect(text).toContain(`tenants/acme/c${at}/tenant.yaml:3`)
    for (const at of numbers(150)) expect(text).toContain(`[id=step_${at}]/set/text\` | edit/edit`)
  })

  test('is cut between lines, and says where the rest is', () => {
    const text = planMarkdown({ ...none, refusals: numbers(5_000).map(error), newConflicts: numbers(10).map(conflict) })
    expect(text.length).toBeLessThanOrEqual(limit)
    expect(text).toContain('| errors | 5000 |')
    const lines = text.trimEnd().split('\n')
    expect(lines.at(-1)).toMatch(/^… cut here/)
    expect(lines.at(-3)).toMatch(/^\* `tenants\/acme\/c\d+\/tenant\.yaml:3` \*\*wrong-value\*\* .*x$/)
  })
})

describe('what a file says', () => {
  const steps = (set: string): string => `steps: [{ id: find, set: ${set} }]`
  const before: Files = {
    ...tenant('acme'),
    ...release('phish', '1.0.0', steps('{ a: 1 }')),
    ...channels('phish', '{ stable: 1.0.0 }'),
    ...share('all', 'phish'),
  }
  const planned = (set: string): string =>
    planMarkdown(impactOf(resolveFiles(before), resolveFiles(before, overlay('acme', 'phish', '1.0.0', steps(set)))))

  test.each([
    ['a pipe', '{ a: "x | y" }', String.raw`x \| y`],
    ['a backtick', '{ a: "`<b>`" }', '`` "`<b>`" ``'],
    ['two backticks', '{ a: "``<b>``" }', '``` "``<b>``" ```'],
    ['a line end in a key', String.raw`{ "k\nnext | row": 1 }`, String.raw`/k next \| row`],
    ['an escape sequence in a key', String.raw`{ "k\e[31m": 1 }`, String.raw`/k\x1b[31m`],
  ])('%s stays inside its cell', (_, set, shown) => {
    const text = planned(set)
    expect(text).toContain(shown)
    const rows = text.split('\n').filter((line) => line.startsWith('| `/spec') || line.startsWith('| ``'))
    expect(rows.length).toBeGreaterThan(0)
    for (const row of rows) expect(row.replaceAll('\\|', '').split('|')).toHaveLength(6)
  })

  test('neither markup nor a mention comes out of a message or a subject', () => {
    const text = planMarkdown({
      ...none,
      refusals: [problem('wrong-value', '<img src=x> ![a](http://b) `c`\n# head @all')],
      newRights: [{ what: { binding: 'b', role: 'r', subjects: ['Group @acme/owners <script>'] }, tenants: ['acme'] }],
    })
    expect(text).toContain(String.raw`\<img src=x\> !\[a\](http://b) ${'\\`c\\`'} # head @&#8203;all`)
    expect(text).toContain(String.raw`Group @&#8203;acme/owners \<script\>`)
  })
})

test('a change that does nothing says so in two lines', () => {
  expect(planMarkdown(none)).toBe(
    '## ✓ no tenant changes\n\n|  |  |\n| --- | --- |\n| tenants that change | 0 of 1 |\n',
  )
})
