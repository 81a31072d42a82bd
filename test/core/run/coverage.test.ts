import { parse } from 'yaml'
import { expect, test } from 'vitest'
import type { WorkflowTest } from '../../../controller/core/model/generated/kinds.ts'
import { toValue } from '../../../controller/core/model/values.ts'
import { coverageOf } from '../../../controller/core/run/coverage.ts'
import { simulate } from '../../../controller/core/run/simulate.ts'
import { workflowOf } from './scenario.ts'

const workflow = workflowOf(`
inputs: { properties: { urgent: { type: boolean } } }
steps:
  - { id: look, action: get_endpoint, onError: continue }
  - id: sure
    if: '\${{ inputs.urgent }}'
    then: [{ id: ask, approval: { message: Isolate? } }, { id: isolate, action: isolate_endpoint }]
    else: [{ id: note, set: { text: later } }]
  - { id: page, if: '\${{ inputs.urgent }}', action: notify_team }`)

const everyBranch = ['sure: then', 'sure: else', 'ask: approved', 'ask: rejected', 'page: performed', 'page: skipped']
const answers =
  '[{ step: look, error: x }, { step: isolate, outputs: {} }, { step: page, outputs: {} }, { step: ask, approved: '

const cases: [string, readonly string[], { steps: string[]; branches: string[] }][] = [
  ['no test', [], { steps: ['look', 'sure', 'ask', 'isolate', 'note', 'page'], branches: everyBranch }],
  [
    'one that is not urgent',
    ['{ inputs: { urgent: false }, answers: [], expect: { outcome: succeeded } }'],
    {
      steps: ['ask', 'isolate', 'page'],
      branches: ['sure: then', 'ask: approved', 'ask: rejected', 'page: performed'],
    },
  ],
  [
    'a refusal ends the run before what follows',
    [`{ inputs: { urgent: true }, answers: ${answers}false }], expect: { outcome: failed } }`],
    {
      steps: ['isolate', 'note', 'page'],
      branches: ['sure: else', 'ask: approved', 'page: performed', 'page: skipped'],
    },
  ],
  [
    'three together',
    [
      '{ inputs: { urgent: false }, expect: { outcome: succeeded } }',
      `{ inputs: { urgent: true }, answers: ${answers}false }], expect: { outcome: failed } }`,
      `{ inputs: { urgent: true }, answers: ${answers}true }], expect: { outcome: succeeded } }`,
    ],
    { steps: [], branches: [] },
  ],
]

test.each(cases)('what is left out by %s', (_, texts, expected) => {
  const runs = texts.map((text) =>
    simulate({ workflow, test: toValue(parse(text)) as unknown as WorkflowTest['spec'] }),
  )
  expect(runs.flatMap(({ mismatches }) => mismatches)).toEqual([])
  const { steps, branches } = coverageOf(
    workflow,
    runs.flatMap(({ state }) => state ?? []),
  )
  expect({ steps: steps.missing, branches: branches.missing }).toEqual(expected)
  expect([steps.total, branches.total]).toEqual([6, 6])
})
