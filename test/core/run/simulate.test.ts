import { parse } from 'yaml'
import { describe, expect, it } from 'vitest'
import type { WorkflowTest } from '../../../controller/core/model/generated/kinds.ts'
import { toValue } from '../../../controller/core/model/values.ts'
import { simulate } from '../../../controller/core/run/simulate.ts'
import { workflowOf } from './scenario.ts'

const workflow = workflowOf(`
triggers:
  - { id: high, type: alert, match: '\${{ trigger.alert.severity == "high" }}', inputs: { host: '\${{ trigger.alert.host }}' } }
inputs: { required: [host], properties: { host: { type: string } } }
steps:
  - { id: isolate, action: isolate_endpoint, with: { host: '\${{ inputs.host }}.\${{ tenant.values.domain }}' } }
  - id: sure
    if: '\${{ steps.isolate.outputs.ok }}'
    then: [{ id: ask, approval: { message: Release? } }, { id: release, action: release_endpoint }]
outputs: { id: '\${{ steps.isolate.outputs.id }}' }`)

const play = (text: string) => simulate({ workflow, test: toValue(parse(text)) as unknown as WorkflowTest['spec'] })

const base = `
alert: { severity: high, host: h1 }
values: { domain: example }
answers:
  - { step: isolate, outputs: { ok: true, id: 7 } }
`

describe('a sandbox test', () => {
  it('holds where everything follows as expected', () => {
    const simulation = play(`${base}
  - { step: ask, approved: true }
  - { step: release, outputs: {} }
expect:
  outcome: succeeded
  path: [isolate, ask, release]
  calls: [{ step: isolate, with: { host: h1.example } }, { step: release }]
  outputs: { id: 7 }`)
    expect(simulation.mismatches).toEqual([])
  })

  it('waits where no answer of a person is recorded', () => {
    const { outcome, path, mismatches } = play(`${base}\nexpect: { outcome: waiting }`)
    expect({ outcome, path, mismatches }).toEqual({ outcome: 'waiting', path: ['isolate', 'ask'], mismatches: [] })
  })

  it.each([
    [
      'a person says no',
      `${base}  - { step: ask, approved: false }\nexpect: { outcome: failed, path: [isolate, ask] }`,
    ],
    [
      'an action fails',
      'inputs: { host: h }\nvalues: { domain: d }\nanswers: [{ step: isolate, error: Busy }]\nexpect: { outcome: failed }',
    ],
  ])('fails as expected where %s', (_name, text) => {
    expect(play(text).mismatches).toEqual([])
  })

  it.each([
    ['the outcome', `${base}\nexpect: { outcome: succeeded }`, 'outcome: expected succeeded, got waiting'],
    [
      'a missing answer',
      'inputs: { host: h }\nvalues: { domain: d }\nexpect: { outcome: succeeded }',
      'outcome: expected succeeded, got failed (isolate: no answer recorded)',
    ],
    [
      'the path',
      `${base}\nexpect: { outcome: waiting, path: [isolate] }`,
      'path: expected ["isolate"], got ["isolate","ask"]',
    ],
    [
      'a call',
      `${base}\nexpect: { outcome: waiting, calls: [{ step: isolate, with: { host: x } }] }`,
      'calls: step isolate: expected {"host":"x"}, got {"host":"h1.example"}',
    ],
    [
      'a call that is missing',
      `${base}\nexpect: { outcome: waiting, calls: [{ step: release }] }`,
      'calls: step release was expected to call its action and did not',
    ],
    [
      'an alert that starts nothing',
      'alert: { severity: low }\nexpect: { outcome: succeeded }',
      'The alert starts no run: no trigger matches it.',
    ],
    ['an input that is missing', 'expect: { outcome: succeeded }', 'Input host is required.'],
  ])('names %s', (_name, text, mismatch) => {
    expect(play(text).mismatches).toEqual([mismatch])
  })
})

describe('a test may cancel the run', () => {
  const undone = workflowOf(`
steps:
  - { id: isolate, action: isolate_endpoint }
  - { id: ask, approval: { message: Keep? } }
  - { id: nap, sleep: { seconds: 60 } }
  - { id: contain, workflow: { name: contain } }
onCancelSteps:
  - { id: release, if: '\${{ steps.isolate.outcome == "succeeded" }}', action: release_endpoint }`)
  const release = '{ step: release, outputs: {} }'
  const isolated = '{ step: isolate, outputs: {} }'
  it.each([
    ['isolate', `[{ step: isolate, outputs: {}, cancelled: true }, ${release}]`, ['isolate', 'release']],
    ['isolate, which fails', `[{ step: isolate, error: no, cancelled: true }, ${release}]`, ['isolate']],
    ['ask', `[${isolated}, { step: ask, cancelled: true }, ${release}]`, ['isolate', 'ask', 'release']],
    [
      'nap',
      `[${isolated}, { step: ask, approved: true }, { step: nap, cancelled: true }, ${release}]`,
      ['isolate', 'ask', 'nap', 'release'],
    ],
    [
      'contain',
      `[${isolated}, { step: ask, approved: true }, { step: contain, cancelled: true }, ${release}]`,
      ['isolate', 'ask', 'nap', 'contain', 'release'],
    ],
  ])('at %s', (_, answers, path) => {
    const text = `{ answers: ${answers}, expect: { outcome: cancelled, path: [${path.join(', ')}] } }`
    const test = toValue(parse(text)) as unknown as WorkflowTest['spec']
    expect(simulate({ workflow: undone, test }).mismatches).toEqual([])
  })
})
