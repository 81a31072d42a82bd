import { describe, expect, it } from 'vitest'
import { checkWorkflow } from '../../../controller/core/run/check-workflow.ts'
import { workflowOf } from './scenario.ts'

const problemsOf = (text: string) =>
  checkWorkflow(workflowOf(text)).map(({ code, path, message }) => `${code} ${path} ${message}`)

describe('a workflow that can be performed', () => {
  it('has no problems', () => {
    expect(
      problemsOf(`
triggers:
  - { id: a, type: alert, match: '\${{ trigger.alert.severity == "high" && tenant.tags.tier == "gold" }}', inputs: { host: '\${{ trigger.alert.host }}' } }
  - { id: m, type: manual }
inputs: { required: [host], properties: { host: { type: string } } }
steps:
  - { id: find, action: find_user, with: { host: '\${{ inputs.host }}' } }
  - id: found
    if: '\${{ steps.find.outputs.id != "" }}'
    then: [{ id: disable, action: disable_user, with: { id: '\${{ steps.find.outputs.id }}' } }]
    else: [{ id: note, set: { text: 'nobody at \${{ tenant.values.domain }}' } }]
  - { id: ask, approval: { message: 'Run \${{ run.id }}' } }
outputs: { text: '\${{ has(steps.note.outputs.text) ? steps.note.outputs.text : "" }}', ok: '\${{ steps.ask.outcome }}' }`),
    ).toEqual([])
  })
})

describe('problems of a workflow', () => {
  const table: [name: string, text: string, problem: string][] = [
    ['nothing to do', 'steps: [{ id: a }]', 'step-kind /spec/steps/[id=a] Step a does nothing'],
    ['two things', 'steps: [{ id: a, action: x, set: {} }]', 'step-kind /spec/steps/[id=a] Step a has action and set'],
    [
      'a block without if',
      'steps: [{ id: a, then: [{ id: b, set: {} }] }]',
      'step-kind /spec/steps/[id=a] Step a has `then` without `if`',
    ],
    ['with without action', 'steps: [{ id: a, set: {}, with: {} }]', 'step-kind /spec/steps/[id=a]/with'],
    [
      'retry of what is no action',
      'steps: [{ id: a, set: {}, retry: { attempts: 2 } }]',
      'step-kind /spec/steps/[id=a]/retry Step a has `retry`',
    ],
    [
      'a code that no attempt ends with',
      'steps: [{ id: a, action: x, retry: { attempts: 2, codes: [http-429, timeoot] } }]',
      'wrong-value /spec/steps/[id=a]/retry/codes/1 No attempt ends with timeoot; did you mean timeout;',
    ],
    ['an id twice', 'steps: [{ id: a, set: {} }, { id: a, set: {} }]', 'duplicate-step /spec/steps/[id=a]'],
    [
      'an id twice across branches',
      `steps: [{ id: a, if: '\${{ true }}', then: [{ id: b, set: {} }], else: [{ id: b, set: {} }] }]`,
      'duplicate-step /spec/steps/[id=a]/else/[id=b]',
    ],
    [
      'an expression that cannot be read',
      `steps: [{ id: a, set: { x: '\${{ 1 + }}' } }]`,
      'bad-expression /spec/steps/[id=a]/set/x',
    ],
    [
      'a condition that is text',
      'steps: [{ id: a, if: inputs.x, set: {} }]',
      'bad-expression /spec/steps/[id=a]/if A condition is exactly one',
    ],
    [
      'trigger in a step',
      `steps: [{ id: a, set: { x: '\${{ trigger.alert.id }}' } }]`,
      'bad-expression /spec/steps/[id=a]/set/x there is no variable `trigger`',
    ],
    [
      'inputs in a trigger',
      `triggers: [{ id: t, type: alert, match: '\${{ inputs.x == 1 }}' }]\nsteps: [{ id: a, set: {} }]`,
      'bad-expression /spec/triggers/[id=t]/match there is no variable `inputs`',
    ],
    [
      'an alert trigger that matches nothing',
      'triggers: [{ id: t, type: alert }]\nsteps: [{ id: a, set: {} }]',
      'missing-field /spec/triggers/[id=t]',
    ],
    [
      'a schedule without times',
      'triggers: [{ id: t, type: schedule }]\nsteps: [{ id: a, set: {} }]',
      'missing-field /spec/triggers/[id=t] Trigger t never starts',
    ],
    [
      'a schedule at a time that no day has',
      'triggers: [{ id: t, type: schedule, cron: 61 * * * * }]\nsteps: [{ id: a, set: {} }]',
      'bad-schedule /spec/triggers/[id=t]/cron `61 * * * *` is no schedule: Invalid value for minute: 61.',
    ],
    [
      'a schedule in a zone that is none',
      'triggers: [{ id: t, type: schedule, cron: 0 6 * * *, timezone: Mars/Base }]\nsteps: [{ id: a, set: {} }]',
      'bad-schedule /spec/triggers/[id=t]/timezone There is no time zone Mars/Base',
    ],
    [
      'a field of another type of trigger',
      'triggers: [{ id: t, type: manual, cron: 0 6 * * * }]\nsteps: [{ id: a, set: {} }]',
      'unknown-field /spec/triggers/[id=t]/cron Trigger t is of type manual: `cron` belongs to schedule.',
    ],
    [
      'a dedupe key of what is no webhook',
      `triggers: [{ id: t, type: alert, match: '\${{ true }}', dedupe: x }]\nsteps: [{ id: a, set: {} }]`,
      'unknown-field /spec/triggers/[id=t]/dedupe Trigger t is of type alert: `dedupe` belongs to webhook.',
    ],
    [
      'a webhook that reads an alert',
      `triggers: [{ id: t, type: webhook, dedupe: '\${{ trigger.alert.id }}' }]\nsteps: [{ id: a, set: {} }]`,
      'bad-expression /spec/triggers/[id=t]/dedupe trigger has no field alert where it is of type webhook, as t is.',
    ],
    [
      'a trigger that reads what started another one',
      `inputs: { properties: { x: {} } }\ntriggers: [{ id: t, type: schedule, cron: 0 6 * * *, inputs: { x: '\${{ trigger.alert.id }}' } }]\nsteps: [{ id: a, set: {} }]`,
      'bad-expression /spec/triggers/[id=t]/inputs/x trigger has no field alert where it is of type schedule, as t is.',
    ],
    [
      'a trigger that fills an undeclared input',
      'triggers: [{ id: t, type: manual, inputs: { x: 1 } }]\nsteps: [{ id: a, set: {} }]',
      'unknown-input /spec/triggers/[id=t]/inputs/x',
    ],
    [
      'a required input that is not declared',
      'inputs: { required: [x], properties: {} }\nsteps: [{ id: a, set: {} }]',
      'unknown-input /spec/inputs/required',
    ],
    [
      'an undeclared input',
      `inputs: { properties: { host: {} } }\nsteps: [{ id: a, set: { x: '\${{ inputs.hots }}' } }]`,
      'unknown-input /spec/steps/[id=a]/set/x There is no input hots; did you mean host.',
    ],
    [
      'an undeclared step',
      `steps: [{ id: find_user, set: {} }, { id: b, set: { x: '\${{ steps.find_usr.outputs.x }}' } }]`,
      'unknown-step /spec/steps/[id=b]/set/x There is no step find_usr; did you mean find_user.',
    ],
    [
      'a later step',
      `steps: [{ id: a, set: { x: '\${{ steps.b.outputs.x }}' } }, { id: b, set: { x: 1 } }]`,
      'unknown-step /spec/steps/[id=a]/set/x Step b has not been performed',
    ],
    [
      'a step of the other branch',
      `steps: [{ id: a, if: '\${{ true }}', then: [{ id: b, set: {} }], else: [{ id: c, set: { x: '\${{ steps.b.outcome }}' } }] }]`,
      'unknown-step /spec/steps/[id=a]/else/[id=c]/set/x Step b has not been performed',
    ],
    ['itself', `steps: [{ id: a, set: { x: '\${{ steps.a.outputs.x }}' } }]`, 'unknown-step /spec/steps/[id=a]/set/x'],
    [
      'a field that no step has',
      `steps: [{ id: a, set: { x: 1 } }, { id: b, set: { x: '\${{ steps.a.output.x }}' } }]`,
      'bad-expression /spec/steps/[id=b]/set/x steps.a has no field output; did you mean outputs.',
    ],
    [
      'a value that a set does not set',
      `steps: [{ id: a, set: { total: 1 } }]\noutputs: { x: '\${{ steps.a.outputs.totl }}' }`,
      'bad-expression /spec/outputs/x steps.a.outputs has no field totl; did you mean total.',
    ],
    [
      'a field that no tenant has',
      `steps: [{ id: a, set: { x: '\${{ tenant.value.x }}' } }]`,
      'bad-expression /spec/steps/[id=a]/set/x tenant has no field value; did you mean values.',
    ],
  ]
  it.each(table)('%s', (_name, text, expected) => {
    expect(problemsOf(text)).toEqual([expect.stringContaining(expected)])
  })
})
