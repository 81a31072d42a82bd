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

describe('a test may begin with a delivery or a time', () => {
  const triggered = workflowOf(`
triggers:
  - { id: form, type: webhook, match: '\${{ trigger.payload.kind == "phish" }}', dedupe: '\${{ trigger.payload.ticket }}', inputs: { text: '\${{ trigger.payload.who.mail }}' } }
  - { id: nightly, type: schedule, cron: 30 2 * * *, timezone: Europe/Stockholm, inputs: { text: '\${{ trigger.scheduledAt }}' } }
inputs: { required: [text], properties: { text: { type: string } } }
steps: [{ id: note, set: { text: '\${{ inputs.text }}' } }]
outputs: { text: '\${{ inputs.text }}', by: '\${{ run.trigger.deliveryId }}' }`)
  const mismatches = (text: string) =>
    simulate({ workflow: triggered, test: toValue(parse(text)) as unknown as WorkflowTest['spec'] }).mismatches

  it.each([
    [
      'a delivery',
      'webhook: { trigger: form, payload: { kind: phish, ticket: T-1, who: { mail: a@b.example } } }',
      '{ text: a@b.example, by: "key:T-1" }',
    ],
    // The spring night has no 02:30; it starts when the clock has jumped.
    [
      'a time',
      'schedule: { trigger: nightly, at: 2026-03-29T01:00:00Z }',
      '{ text: "2026-03-29T01:00:00.000Z", by: "2026-03-29T01:00:00.000Z" }',
    ],
  ])('%s makes the inputs', (_, begins, outputs) => {
    expect(mismatches(`${begins}\nexpect: { outcome: succeeded, outputs: ${outputs} }`)).toEqual([])
  })

  it.each([
    ['webhook: { trigger: forms, payload: {} }', 'There is no trigger forms of type webhook; did you mean form.'],
    ['webhook: { trigger: form, payload: { kind: spam } }', 'The delivery starts no run: `match` of form is not true.'],
    [
      'webhook: { trigger: form, payload: { kind: phish } }',
      'The delivery is refused: dedupe: there is no field `ticket`',
    ],
    ['schedule: { trigger: form, at: 2026-03-29T01:00:00Z }', 'There is no trigger form of type schedule.'],
    ['schedule: { trigger: nightly, at: soon }', '`soon` is no time, such as 2026-03-29T01:00:00Z.'],
    [
      'schedule: { trigger: nightly, at: 2026-03-29T00:30:00Z }',
      '2026-03-29T00:30:00Z is no time of `30 2 * * *`: the next one is 2026-03-29T01:00:00.000Z.',
    ],
  ])('%s is told as what it is', (begins, message) => {
    expect(mismatches(`${begins}\nexpect: { outcome: succeeded }`)).toEqual([expect.stringContaining(message)])
  })
})
