import { describe, expect, it } from 'vitest'
import { type JsonMap, toValue } from '../../../controller/core/model/values.ts'
import { checkInputs } from '../../../controller/core/run/check-inputs.ts'
import { requestRun } from '../../../controller/core/run/request-run.ts'
import { matchAlert } from '../../../controller/core/run/triggers.ts'
import { tenant, workflowOf } from './scenario.ts'

const map = (value: object) => toValue(value) as JsonMap
const spec = workflowOf(`
triggers:
  - { id: high, type: alert, match: '\${{ trigger.alert.severity == "high" }}', inputs: { host: '\${{ trigger.alert.host }}' } }
  - { id: any, type: alert, match: '\${{ tenant.tags.tier == "gold" && trigger.alert.kind == "edr" }}', inputs: { host: none } }
inputs:
  required: [host]
  properties: { host: { type: string }, mode: { type: string, enum: [soft, hard], default: soft }, n: { type: integer } }
steps: [{ id: a, set: {} }]`)
const workflow = { name: 'w', owner: 'acme', release: '1.0.0', digest: 'd', spec }

describe('inputs', () => {
  it.each([
    ['what is declared, with defaults', { host: 'h' }, { host: 'h', mode: 'soft' }],
    ['a missing required one', {}, ['Input host is required.']],
    ['a wrong type', { host: 7 }, ['Input host must be of type string, and is integer.']],
    ['a fraction for an integer', { host: 'h', n: 1.5 }, ['Input n must be of type integer, and is number.']],
    ['another choice', { host: 'h', mode: 'x' }, ['Input mode must be one of "soft", "hard".']],
    ['a misspelt name', { host: 'h', mod: 'soft' }, ['There is no input mod; did you mean mode.']],
    ['a name of every object', { host: 'h', constructor: 1 }, ['There is no input constructor.']],
  ])('%s', (_name, given, expected) => {
    const checked = checkInputs(spec.inputs, map(given))
    const seen = checked.kind === 'accepted' ? { ...checked.inputs } : checked.messages
    expect(seen).toEqual(expected)
  })
})

describe('a request', () => {
  const request = {
    workflow,
    tenant,
    contextDigest: 'c',
    commit: 'abc',
    trigger: { kind: 'alert' as const, id: 'high', deliveryId: 'd-1' },
    inputs: map({ host: 'h' }),
    now: 5,
  }
  const idOf = (other: Partial<typeof request>) => {
    const requested = requestRun({ ...request, ...other })
    if (requested.kind === 'refused') throw new Error(requested.messages.join(' '))
    return requested.event.runId
  }

  it('has the same id for the same delivery, at any time', () => {
    expect(idOf({ now: 99 })).toBe(idOf({}))
  })

  it('has another id for another delivery, tenant or workflow', () => {
    const others = [
      idOf({ trigger: { ...request.trigger, deliveryId: 'd-2' } }),
      idOf({ tenant: { ...tenant, uid: 't-2' } }),
      idOf({ workflow: { ...workflow, owner: '' } }),
    ]
    expect(new Set([idOf({}), ...others]).size).toBe(4)
  })

  it('is refused for a suspended tenant', () => {
    expect(requestRun({ ...request, tenant: { ...tenant, suspended: true } }).kind).toBe('refused')
  })
})

describe('an alert', () => {
  const match = (alert: object) => matchAlert({ alert: map(alert), workflows: [workflow], tenant })

  it('starts the workflow by its first matching trigger, once', () => {
    expect(match({ severity: 'high', host: 'h1', kind: 'edr' }).matches).toMatchObject([
      { triggerId: 'high', inputs: { host: 'h1' } },
    ])
  })

  it('that lacks a field is no match and a warning', () => {
    const { matches, problems } = match({ severity: 'low' })
    expect(matches).toEqual([])
    expect(problems).toMatchObject([
      { code: 'bad-expression', severity: 'warning', path: '/spec/triggers/[id=any]/match', tenant: tenant.path },
    ])
  })

  it('starts nothing for a suspended tenant', () => {
    const suspended = { ...tenant, suspended: true }
    expect(
      matchAlert({ alert: map({ severity: 'high', host: 'h' }), workflows: [workflow], tenant: suspended }).matches,
    ).toEqual([])
  })
})
