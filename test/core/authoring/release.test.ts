import { describe, expect, test } from 'vitest'
import { release } from '../../../controller/core/authoring/index.ts'
import type { Workflow } from '../../../controller/core/model/generated/kinds.ts'
import { releaseChanges } from '../../../controller/core/authoring/release-changes.ts'
import { parseDocument } from '../../../controller/core/model/parse-document.ts'
import { errorsOf } from '../../fakes/fleet-answers.ts'
import { broken, type Files } from '../../fakes/fleet-files.ts'
import { author, refusalOf } from './authored-files.ts'

const head = (
  version: string,
  steps: string,
  more = '',
): string => `# yaml-language-server: $schema=../../crds/generated/workflow.schema.json
apiVersion: headwater.dev/v1
kind: Workflow
metadata: { name: phish }
spec:
  # Bumped by hand.
  version: ${version}   # next
  title: Phishing
${more}  steps:
${steps}`
const note = '    - { id: note,   set: { text: hello } }  # kept\n'
const tell = "\n    # Said aloud.\n    - id: tell\n      set: { text: 'bye' }\n"
const first: Files = {
  'workflows/phish/workflow.yaml': head('1.0.0', note),
  'workflows/phish/releases/1.0.0.yaml': head('1.0.0', note).replace('../../crds', '../../../crds'),
}
const edited = (version: string, steps = note + tell, more = ''): Files => ({
  ...first,
  'workflows/phish/workflow.yaml': head(version, steps, more),
})

describe('a release', () => {
  test('is the head byte for byte; only the path of the schema is as its place wants it', () => {
    const { edits, summary, after } = author(edited('1.1.0'), (state, textOf) => release(state, textOf, 'phish'))
    expect(edits).toEqual({
      'workflows/phish/releases/1.1.0.yaml': `# yaml-language-server: $schema=../../../crds/generated/workflow.schema.json
apiVersion: headwater.dev/v1
kind: Workflow
metadata: { name: phish }
spec:
  # Bumped by hand.
  version: 1.1.0   # next
  title: Phishing
  steps:
    - { id: note,   set: { text: hello } }  # kept

    # Said aloud.
    - id: tell
      set: { text: 'bye' }
`,
    })
    expect(summary).toEqual(['Release phish 1.1.0', 'minor change after 1.0.0', 'step tell is new'])
    expect(errorsOf(after)).toEqual([])
  })

  test('with --version changes the version in head and release, and nothing else', () => {
    const { edits } = author(edited('1.0.0'), (state, textOf) => release(state, textOf, 'phish', { version: '1.2.0' }))
    const text = head('1.2.0', note + tell)
    expect(edits).toEqual({
      'workflows/phish/releases/1.2.0.yaml': text.replace('../../crds', '../../../crds'),
      'workflows/phish/workflow.yaml': text,
    })
  })

  test('may be the first one', () => {
    const files = { 'workflows/phish/workflow.yaml': head('0.1.0', note) }
    const { edits, summary } = author(files, (state, textOf) => release(state, textOf, 'phish'))
    expect(Object.keys(edits)).toEqual(['workflows/phish/releases/0.1.0.yaml'])
    expect(summary).toEqual(['Release phish 0.1.0', 'first release'])
  })

  test('of a workflow of a tenant stands in the tenant’s folder', () => {
    const files = { 'tenants/acme/workflows/phish/workflow.yaml': head('1.0.0', note) }
    const { edits } = author(files, (state, textOf) => release(state, textOf, 'acme:phish'))
    expect(Object.keys(edits)).toEqual(['tenants/acme/workflows/phish/releases/1.0.0.yaml'])
  })
})

const input = (name: string, rest = '', required = ''): string =>
  `  inputs: { ${required}properties: { ${name}: { type: string${rest} } } }\n`

describe('is refused', () => {
  test.each<[string, Files, { version?: string }, string]>([
    ['where nothing changed', first, {}, 'wrong-value: nothing that runs has changed in phish since release 1.0.0'],
    [
      'where only a comment changed',
      edited('1.0.1', `    # new words\n${note}`),
      {},
      'wrong-value: nothing that runs has changed in phish since release 1.0.0',
    ],
    [
      'where the release exists',
      edited('1.0.0'),
      {},
      'wrong-value: phish has a release 1.0.0 already, and a release never changes: a minor change after 1.0.0 (step tell is new) is 1.1.0 or higher',
    ],
    [
      'where the version is smaller',
      edited('0.9.0'),
      {},
      'wrong-value: 0.9.0 is not greater than the newest release 1.0.0 of phish: a minor change after 1.0.0 (step tell is new) is 1.1.0 or higher',
    ],
    [
      'where the step is too small for what is new',
      edited('1.0.1'),
      {},
      'wrong-value: 1.0.1 is too small a step from 1.0.0 for phish: a minor change after 1.0.0 (step tell is new) is 1.1.0 or higher',
    ],
    [
      'where the step is too small for what is gone',
      edited('1.0.0', tell),
      { version: '1.1.0' },
      'wrong-value: 1.1.0 is too small a step from 1.0.0 for phish: a major change after 1.0.0 (step note is gone) is 2.0.0 or higher',
    ],
    [
      'where an input becomes required',
      edited('1.0.0', note, input('host', '', 'required: [host], ')),
      { version: '1.9.0' },
      'wrong-value: 1.9.0 is too small a step from 1.0.0 for phish: a major change after 1.0.0 (input host is required now) is 2.0.0 or higher',
    ],
    ['for what is no version', edited('1.1.0'), { version: 'v2' }, 'wrong-value: `v2` is no version'],
    [
      'where the head has a static problem',
      edited('1.1.0', `${note}    - { id: tell, set: { text: "\${{ steps.nobody.outputs.x }}" } }\n`),
      {},
      'unknown-step: There is no step nobody.',
    ],
    [
      'where the head cannot be read',
      { ...first, ...broken('workflows/phish/workflow.yaml') },
      {},
      'yaml-syntax: `[` is not closed before the end of the file',
    ],
    [
      'where there is no head',
      { 'workflows/phish/releases/1.0.0.yaml': head('1.0.0', note) },
      {},
      'unknown-workflow: phish has no head',
    ],
    [
      'where there is no such workflow',
      { 'workflows/fish/workflow.yaml': head('1.0.0', note) },
      {},
      'unknown-workflow: there is no workflow `phish`',
    ],
    [
      'where several have the name',
      { ...first, 'tenants/acme/workflows/phish/workflow.yaml': head('1.0.0', note) },
      {},
      'ambiguous-workflow: `phish` may be `acme:phish` or `:phish`',
    ],
  ])('%s', (_, files, options, expected) => {
    expect(refusalOf(files, (state, textOf) => release(state, textOf, 'phish', options))).toBe(expected)
  })

  test('for a clone', () => {
    const path = 'tenants/acme/workflows/phish/workflow.yaml'
    const clone = head('1.0.0', note).replace(
      'name: phish',
      'name: phish, annotations: { headwater.dev/base: phish@1.0.0 }',
    )
    const files = { ...first, [path]: clone }
    expect(refusalOf(files, (state, textOf) => release(state, textOf, 'acme:phish'))).toBe(
      'wrong-value: acme:phish is a clone of phish@1.0.0',
    )
  })
})

describe('what a change demands', () => {
  const steps = 'steps: [{ id: a, set: { x: 1 } }, { id: b, if: "${{ true }}", then: [{ id: c, set: { x: 1 } }] }]'
  const inputs = 'inputs: { required: [host], properties: { host: { type: string }, port: { type: integer } } }'
  const spec = (text: string): Workflow['spec'] => {
    const yaml = `apiVersion: headwater.dev/v1\nkind: Workflow\nmetadata: { name: x }\nspec:\n  version: 1.0.0\n  title: x\n  ${text.replaceAll('\n', '\n  ')}\n`
    const verdict = parseDocument({ file: 'x', bytes: Buffer.from(yaml), kinds: ['Workflow'] })
    if (verdict.kind === 'problems') throw new Error(verdict.problems[0]?.message)
    return verdict.resource.spec
  }
  const rest = 'triggers: [{ id: hand, type: manual }]\noutputs: { x: 1 }'
  const before = spec(`${inputs}\n${steps}\n${rest}`)

  test.each<[string, string, string[]]>([
    ['an input is gone', `${inputs.replace(', port: { type: integer }', '')}\n${steps}`, ['major input port is gone']],
    [
      'an input has another type',
      `${inputs.replace('integer', 'string')}\n${steps}`,
      ['major input port is string and was integer'],
    ],
    [
      'an input is required now',
      `${inputs.replace('[host]', '[host, port]')}\n${steps}`,
      ['major input port is required now'],
    ],
    [
      'a required input is new',
      `${inputs.replace('[host]', '[host, user]').replace('host: {', 'user: {}, host: {')}\n${steps}`,
      ['major input user is required now'],
    ],
    [
      'an optional input is new',
      `${inputs.replace('host: {', 'user: {}, host: {')}\n${steps}`,
      ['minor input user is new'],
    ],
    [
      'a step of a block is gone',
      `${inputs}\n${steps.replace('id: c', 'id: d')}`,
      ['major step c is gone', 'minor step d is new'],
    ],
    [
      'a step stands in another block',
      `${inputs}\n${steps.replace('{ id: a, set: { x: 1 } }, ', '').replace('[{ id: c', '[{ id: a, set: { x: 1 } }, { id: c')}`,
      ['major step a stands in another block'],
    ],
    [
      'a step was renamed, and it says so',
      `${inputs}\n${steps.replace('id: c', 'id: d')}\nmoved: [{ from: c, to: d }]`,
      ['minor step d is new'],
    ],
    [
      'steps changed places',
      `${inputs}\nsteps: [{ id: b, if: "\${{ true }}", then: [{ id: c, set: { x: 1 } }] }, { id: a, set: { x: 1 } }]`,
      ['patch changed: steps'],
    ],
    ['a step does something else', `${inputs}\n${steps.replace('x: 1', 'x: 2')}`, ['patch changed: steps a']],
    [
      'an input is described otherwise',
      `${inputs.replace('{ type: string }', '{ type: string, description: Where. }')}\n${steps}`,
      ['patch changed: inputs'],
    ],
  ])('%s', (_, text, expected) => {
    const changes = releaseChanges(before, spec(`${text}\n${rest}`))
    expect(changes.map((change) => `${change.level} ${change.text}`)).toEqual(expected)
  })

  test('an output is gone: what reads it breaks', () => {
    expect(releaseChanges(before, spec(`${inputs}\n${steps}\ntriggers: [{ id: hand, type: manual }]`))).toEqual([
      { level: 'major', text: 'output x is gone' },
    ])
  })

  test('a trigger is gone', () => {
    expect(releaseChanges(before, spec(`${inputs}\n${steps}\noutputs: { x: 1 }`))).toEqual([
      { level: 'patch', text: 'changed: triggers' },
    ])
  })

  test('a trigger and an output are new', () => {
    const after = spec(
      `${inputs}\n${steps}\ntriggers: [{ id: hand, type: manual }, { id: again, type: manual }]\noutputs: { x: 1, y: 2 }`,
    )
    expect(releaseChanges(before, after)).toEqual([
      { level: 'minor', text: 'trigger again is new' },
      { level: 'minor', text: 'output y is new' },
    ])
  })

  test('nothing but the version: no change', () => {
    expect(releaseChanges(before, { ...before, version: '2.0.0' })).toEqual([])
  })
})
