import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Step, Workflow } from '../../controller/core/model/generated/kinds.ts'
import { checkWorkflow } from '../../controller/core/run/check-workflow.ts'
import { workflowOf } from '../core/run/scenario.ts'

const soak = process.env['HEADWATER_LANE'] === 'soak'
const seed = Number(process.env['HEADWATER_SEED'] ?? Date.now() % 2_147_483_647)
console.log(`shared steps: seed ${seed} (HEADWATER_SEED=${seed} repeats them)`)

type Spec = Workflow['spec']

/** Steps that read one another, some of them under the same id: whether they are right depends on who stands before them. */
const pool = workflowOf(`
steps:
  - { id: find, set: { user: anna, host: pc-1 } }
  - { id: find, set: { user: anna } }
  - { id: find, action: find_user, with: { host: '\${{ inputs.host }}' } }
  - { id: each, forEach: { in: '\${{ [1, 2] }}', steps: [{ id: one, set: { a: '\${{ each.item }}', b: '\${{ steps.find.outputs.host }}' } }] } }
  - { id: each, set: { results: 1 } }
  - { id: note, set: { text: '\${{ steps.find.outputs.host }}' } }
  - { id: note, set: { text: '\${{ steps.each.outputs.results }} \${{ inputs.severity }}' } }
  - id: choice
    if: '\${{ steps.note.outputs.text != "" }}'
    then: [{ id: inner, set: { text: '\${{ steps.find.outputs.user }}' } }]
    else: [{ id: other, set: { text: '\${{ steps.inner.outputs.text }}' } }]
  - { id: last, approval: { message: '\${{ steps.inner.outputs.text }}' } }
  - { id: last, sleep: { seconds: 1 }, onErrorSteps: [{ id: undo, set: { why: '\${{ steps.last.error }} \${{ steps.each.outputs.results }}' } }] }
`).steps
const inputs = [
  workflowOf('{ inputs: { properties: { host: { type: string } } }, steps: [] }').inputs,
  workflowOf('{ inputs: { properties: { host: { type: string }, severity: { type: string } } }, steps: [] }').inputs,
  undefined,
]
const outputs = [workflowOf('{ outputs: { text: "${{ steps.note.outputs.text }}" }, steps: [] }').outputs, undefined]

const workflow: fc.Arbitrary<Spec> = fc
  .record({
    steps: fc.array(fc.constantFrom(...pool), { minLength: 1, maxLength: 6 }),
    undone: fc.array(fc.constantFrom(...pool), { maxLength: 2 }),
    inputs: fc.constantFrom(...inputs),
    outputs: fc.constantFrom(...outputs),
  })
  .map(({ steps, undone, inputs: given, outputs: results }) => ({
    version: '1.0.0',
    title: 'Any',
    steps: steps as [Step, ...Step[]],
    ...(undone.length > 0 && { onCancelSteps: undone as [Step, ...Step[]] }),
    ...(given && { inputs: given }),
    ...(results && { outputs: results }),
  }))

test('what was said of a step elsewhere changes nothing: workflows that share steps have the problems of their copies', () => {
  let sound = 0
  fc.assert(
    fc.property(fc.array(workflow, { minLength: 1, maxLength: 8 }), (specs) => {
      for (const spec of specs) {
        const problems = checkWorkflow(spec)
        if (problems.length === 0) sound++
        expect(problems).toEqual(checkWorkflow(structuredClone(spec)))
      }
    }),
    { numRuns: soak ? 20_000 : 500, seed },
  )
  expect(sound).toBeGreaterThan(10)
})
