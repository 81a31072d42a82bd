import { describe, expect, test } from 'vitest'
import { overlayFrom } from '../../../controller/core/authoring/index.ts'
import { errorsOf, workflowOf } from '../../fakes/fleet-answers.ts'
import {
  channels,
  type Files,
  oneStep,
  overlay,
  release,
  share,
  tenantsDownTo,
  workflow,
} from '../../fakes/fleet-files.ts'
import { type Author, author, refusalOf } from './authored-files.ts'

const spec = `minutesSaved: 10
steps:
  - { id: first, set: { text: one } }
  - { id: second, set: { text: two } }
  - { id: third, set: { text: three } }`
const fleet: Files = {
  ...tenantsDownTo('acme/north'),
  ...release('phish', '1.0.0', spec),
  ...release('phish', '1.1.0', spec.replace('two', 'deux')),
  ...channels('phish', '{ stable: 1.1.0 }'),
  ...share('all', 'phish'),
  ...overlay('acme', 'phish', '1.0.0', 'minutesSaved: 20'),
}
const copyOf = (spec: string, version = '1.1.0', name = 'phish'): string =>
  `---\n# edited\n${Object.values(release(name, version, spec))[0]}`
const from =
  (copy: string | undefined, tenant = 'acme/north', name = 'phish'): Author =>
  (state, textOf) =>
    overlayFrom(state, textOf, tenant, name, copy === undefined ? undefined : { file: 'copy.yaml', text: copy })
const file = 'tenants/acme/north/overlays/phish.yaml'
const effective = `minutesSaved: 20
steps:
  - { id: first, set: { text: one } }
  - { id: second, set: { text: deux } }
  - { id: third, set: { text: three } }`

describe('from an edited copy', () => {
  test('the smallest overlay at the release in force: edits, inserts, deletions', () => {
    const copy = copyOf(`minutesSaved: 25
steps:
  - { id: first, set: { text: one, more: true } }
  - { id: own, set: { text: mine } }
  - { id: third, set: { text: three } }`)
    const { edits, summary, after } = author(fleet, from(copy))
    expect(edits).toEqual({
      [file]: `apiVersion: headwater.dev/v1
kind: Overlay
metadata: { name: phish }
spec:
  workflow: phish
  base: 1.1.0
  patch:
    minutesSaved: 25
    steps:
      - id: second
        $delete: true
      - id: first
        set:
          more: true
      - id: own
        set:
          text: mine
        $after: first
`,
    })
    expect(summary).toEqual([
      'Write the overlay of phish for acme/north',
      'base 1.1.0',
      '/spec/steps/[id=first]',
      '/spec/steps/[id=own]',
      '/spec/steps/[id=second]',
      '/spec/minutesSaved',
    ])
    expect(workflowOf(after, 'acme/north', 'phish').spec).toMatchObject({
      minutesSaved: 25,
      steps: [{ id: 'first', set: { text: 'one', more: true } }, { id: 'own' }, { id: 'third' }],
    })
    expect(errorsOf(after)).toEqual([])
  })

  const present = `# Northern words.
apiVersion: headwater.dev/v1
kind: Overlay
metadata: { name: phish }
spec:
  workflow: phish
  base: 1.0.0
  # Agreed in March.
  patch:
    steps:
      # A word of our own.
      - id: own
        $after: first   # not at the end
        set: { text: 'mine' }
      - { id: retired, $delete: true } # must not come back
      - id: third
        set: { text: drei } # German
    minutesSaved: 30
`
  const files = { ...fleet, [file]: present }
  const north = (third: string, minutes: number) => `minutesSaved: ${minutes}
steps:
  - { id: first, set: { text: one } }
  - { id: own, set: { text: mine } }
  - { id: second, set: { text: deux } }
  - { id: third, set: { text: ${third} } }`

  test('a present overlay changes only where the copy does, on its new base', () => {
    const { edits, after } = author(files, from(copyOf(north('drie', 30))))
    expect(edits).toEqual({ [file]: present.replace('base: 1.0.0', 'base: 1.1.0').replace('drei', 'drie') })
    expect(workflowOf(after, 'acme/north', 'phish').spec.steps[3]?.set).toEqual({ text: 'drie' })
  })

  test('what was undone goes from it, and deletions of what is not there stay', () => {
    const { edits } = author(files, from(copyOf(north('three', 20))))
    expect(edits[file]).toBe(
      present
        .replace('base: 1.0.0', 'base: 1.1.0')
        .replace('      - id: third\n        set: { text: drei } # German\n', '')
        .replace('    minutesSaved: 30\n', ''),
    )
  })

  test('that undoes everything leaves an empty patch', () => {
    const { edits, summary, after } = author(
      { ...fleet, ...overlay('acme/north', 'phish', '1.1.0', 'minutesSaved: 30') },
      from(copyOf(effective)),
    )
    expect(edits[file]).toContain('patch: {}')
    expect(summary).toContain('it changes nothing any more and may be removed')
    expect(workflowOf(after, 'acme/north', 'phish').spec.minutesSaved).toBe(20)
  })

  test.each<[string, Files, string, string]>([
    [
      'that changes nothing',
      fleet,
      copyOf(effective),
      'wrong-value: copy.yaml says what acme/north has from above already',
    ],
    [
      'that says what the overlay says',
      { ...fleet, ...overlay('acme/north', 'phish', '1.1.0', 'minutesSaved: 30') },
      copyOf(effective.replace('20', '30')),
      `wrong-value: ${file} says what copy.yaml says already`,
    ],
    [
      'of another workflow',
      fleet,
      copyOf(effective, '1.1.0', 'fish'),
      'name-mismatch: copy.yaml is a copy of fish, not of phish',
    ],
    [
      'of another release',
      fleet,
      copyOf(effective, '1.0.0'),
      'wrong-value: copy.yaml says version 1.0.0, and 1.1.0 is in force',
    ],
    [
      'with an unknown field',
      fleet,
      copyOf(`${effective}\nminuteSaved: 3`),
      'unknown-field: unknown field `minuteSaved`',
    ],
    [
      'that does not work',
      fleet,
      copyOf(effective.replace('three }', 'three, more: "${{ steps.nobody.outputs.x }}" }')),
      'invalid-result: with this overlay There is no step nobody.',
    ],
    [
      'that breaks a lock',
      {
        ...fleet,
        ...overlay(
          'acme',
          'phish',
          '1.1.0',
          'minutesSaved: 20',
          'locks: [{ path: /spec/minutesSaved, mode: value, message: agreed }]',
        ),
      },
      copyOf(effective.replace('20', '30')),
      'locked: /spec/minutesSaved is locked by acme: agreed',
    ],
  ])('%s is refused', (_, files, copy, expected) => {
    expect(refusalOf(files, from(copy))).toBe(expected)
  })
})

describe('of a tenant that hands a workflow down and does not receive it', () => {
  const { 'policies/shares/all.yaml': _, ...unshared } = fleet
  const files = (access: string): Files => ({
    ...unshared,
    ...tenantsDownTo('acme/north/contoso'),
    ...share('all', 'phish', `to: { subtree: acme/north/contoso }\naccess: ${access}`, 'acme/north'),
  })

  test.each(['customisable', 'read-only'])('changes it for those below (%s)', (access) => {
    const copy = copyOf(effective.replace('three }', 'drei }'))
    const { edits, after } = author(files(access), from(copy))
    expect(edits[file]).toContain('base: 1.1.0')
    expect(errorsOf(after)).toEqual([])
    expect(workflowOf(after, 'acme/north/contoso', 'phish').spec).toMatchObject({
      minutesSaved: 20,
      steps: [{ id: 'first' }, { id: 'second' }, { id: 'third', set: { text: 'drei' } }],
    })
  })

  test('edits the overlay that is there', () => {
    const present = { ...files('customisable'), ...overlay('acme/north', 'phish', '1.0.0', 'minutesSaved: 30') }
    const { edits } = author(present, from(copyOf(effective.replace('20', '40'))))
    expect(edits[file]).toMatch(/base: 1\.1\.0[\s\S]*minutesSaved: 40/)
  })

  test('is refused what somebody above shares read-only with those below', () => {
    const above = {
      ...fleet,
      ...tenantsDownTo('acme/north/contoso'),
      ...share('all', 'phish', 'to: { subtree: acme/north/contoso }\naccess: read-only'),
    }
    expect(refusalOf(above, from(undefined))).toBe('not-customisable: phish is shared read-only with acme/north')
  })
})

describe('without a copy', () => {
  test('an empty overlay with the forms a change can take', () => {
    const { edits, before, after } = author(fleet, from(undefined))
    expect(edits).toEqual({
      [file]: `apiVersion: headwater.dev/v1
kind: Overlay
metadata: { name: phish }
spec:
  workflow: phish
  base: 1.1.0
  # What this tenant changes, in the shape of the spec of the workflow: only what differs, everything else follows the template.
  # Replace \`{}\` by lines such as these:
  #   minutesSaved: 20
  #   steps:
  #     - id: first
  #       timeoutSeconds: 60
  #     - id: my_step
  #       $after: first
  #       set: { seen: true }
  #     - { id: third, $delete: true }
  # A map takes only the keys given here and \`null\` deletes one; \`headwater render\` shows what comes out.
  patch: {}
`,
    })
    expect(errorsOf(after)).toEqual([])
    expect(workflowOf(after, 'acme/north', 'phish').digest).toBe(workflowOf(before, 'acme/north', 'phish').digest)
  })

  test('the lines it proposes work once they are uncommented', () => {
    const { edits } = author(fleet, from(undefined))
    const lines = (edits[file] as string).split('\n')
    const used = lines
      .filter((line) => !line.startsWith('  # ') || line.startsWith('  #   '))
      .map((line) => line.replace('  #   ', '    '))
    const patchAt = used.indexOf('  patch: {}')
    const moved = [...used.slice(0, 6), '  patch:', ...used.slice(6, patchAt)].join('\n')
    const { after } = author({ ...fleet, [file]: `${moved}\n` }, (state, textOf) =>
      overlayFrom(state, textOf, 'acme', 'phish', { file: 'copy.yaml', text: copyOf(effective.replace('20', '21')) }),
    )
    expect(errorsOf(after)).toEqual([])
    expect(workflowOf(after, 'acme/north', 'phish').spec.steps.map(({ id }) => id)).toEqual([
      'first',
      'my_step',
      'second',
    ])
  })

  test.each<[string, Files, string, string]>([
    [
      'where one is there',
      { ...fleet, ...overlay('acme/north', 'phish', '1.1.0', 'minutesSaved: 30') },
      'phish',
      `duplicate-name: ${file} changes phish already`,
    ],
    [
      'of what the tenant does not receive',
      fleet,
      'fish',
      'unknown-workflow: acme/north does not receive a workflow `fish`',
    ],
    [
      'of what is read-only',
      { ...tenantsDownTo('acme/north'), ...workflow('phish'), ...share('all', 'phish', 'to: {}\naccess: read-only') },
      'phish',
      'not-customisable: phish is shared read-only with acme/north',
    ],
    [
      'of a workflow of its own',
      {
        ...tenantsDownTo('acme/north'),
        ...workflow('own', oneStep, 'acme/north'),
        ...share('own', 'own', 'to: {}', 'acme/north'),
      },
      'own',
      'wrong-value: acme/north owns this own itself',
    ],
  ])('is refused %s', (_, files, name, expected) => {
    expect(refusalOf(files, from(undefined, 'acme/north', name))).toBe(expected)
  })
})
