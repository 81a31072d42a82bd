import { expect, it } from 'vitest'
import { checkWorkflow } from '../../../controller/core/run/check-workflow.ts'
import { simulate } from '../../../controller/core/run/simulate.ts'
import { workflowOf } from './scenario.ts'

const text = `steps: [{ id: tell, notify: { channel: soc, title: 'Host \${{ inputs.host }}', text: Isolated }, retry: { attempts: 2 } }]
inputs: { properties: { host: {} } }`

it('notify is the action notify_team under a shorter name', () => {
  const workflow = workflowOf(text)
  expect(checkWorkflow(workflow)).toEqual([])
  const answers = [{ step: 'tell', outputs: { delivered: true } }]
  const simulation = simulate({ workflow, test: { inputs: { host: 'h1' }, answers, expect: { outcome: 'succeeded' } } })
  expect(simulation.mismatches).toEqual([])
  expect(simulation.calls).toEqual([
    { step: 'tell', action: 'notify_team', with: { channel: 'soc', title: 'Host h1', text: 'Isolated' } },
  ])
})

it('it is checked as every step is', () => {
  const messagesOf = (steps: string) =>
    checkWorkflow(workflowOf(steps)).map(({ path, message }) => `${path} ${message}`)
  expect(messagesOf('steps: [{ id: a, notify: { channel: x, title: y, text: z }, action: act }]')).toEqual([
    '/spec/steps/[id=a] Step a has action and notify: keep one of them.',
  ])
  expect(messagesOf(`steps: [{ id: a, notify: { channel: x, title: '\${{ inputs.no }}', text: z } }]`)).toEqual([
    '/spec/steps/[id=a]/notify/title There is no input no.',
  ])
})
