import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Workflow } from '../../controller/core/model/generated/kinds.ts'
import { toValue } from '../../controller/core/model/values.ts'
import { checkWorkflowSpec } from '../../controller/reconcile/check-workflow-spec.ts'

type Step = Workflow['spec']['steps'][number]

/** Sound by themselves, sound only behind another one of some kind, and not sound at all. */
const steps = [
  { id: 'a', action: 'isolate_endpoint', with: { host: '${{ inputs.host }}' } },
  { id: 'a', set: { other: 1 } },
  { id: 'b', if: '${{ steps.a.outputs.other == 1 }}', set: { x: '${{ steps.a.outcome }}' } },
  { id: 'c', if: '${{ inputs.nobody }}', then: [{ id: 'd', set: { x: '${{ steps.b.outputs.x }}' } }] },
  { id: 'd', set: { y: '${{ steps.d.outputs.x }}' } },
  { id: 'e', set: { broken: '${{ (' } },
  { id: 'f', action: 'x', retry: { attempts: 'many' } },
  { id: 'g' },
  { id: 'a', set: { another: 1 } },
  { id: 'a', forEach: { in: '${{ [1] }}', steps: [{ id: 'h', set: { x: 1 } }] } },
  { id: 'b', set: { x: '${{ steps.a.outputs.results }}' } },
  { name: 'without an id' },
].map((step) => toValue(step) as unknown as Step)

const lists = fc.array(fc.constantFrom(...steps), { maxLength: 6 })

test('a step that stood in other workflows before is judged as one that was never seen', () => {
  fc.assert(
    fc.property(lists, fc.boolean(), (list, hasInput) => {
      const head = { version: '1.0.0', title: 'Any' }
      const inputs = hasInput ? { inputs: { properties: { host: { type: 'string' } } } } : {}
      const spec = { ...head, ...inputs, steps: list } as Workflow['spec']
      const unseen = toValue(spec) as unknown as Workflow['spec']
      expect(checkWorkflowSpec(spec)).toEqual(checkWorkflowSpec(unseen))
    }),
    { numRuns: 500 },
  )
})

test('what is left out is not what is wrong: the same step twice, and no step at all', () => {
  const [, known] = steps as [Step, Step]
  const specOf = (list: Step[]): Workflow['spec'] => ({ version: '1.0.0', title: 'Any', steps: list })
  const codes = (list: Step[]): string[] => checkWorkflowSpec(specOf(list)).map(({ code }) => code)
  expect(codes([known])).toEqual([])
  expect(codes([known, known])).toEqual(['duplicate-item'])
  expect(codes([])).toEqual(['wrong-value'])
})
