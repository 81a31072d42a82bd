import * as fc from 'fast-check'
import type { Step, Workflow } from '../../../controller/core/model/generated/kinds.ts'
import { tenant } from './scenario.ts'

const leaf = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      action: fc.constantFrom(...Object.keys(tenant.bindings)),
      retries: fc.integer({ min: 1, max: 3 }),
    }),
  },
  fc.record({ set: fc.constant({ x: '${{ inputs.n }}' }) }),
  fc.record({ approval: fc.constant({ message: 'Sure?' }) }),
  fc.record({ set: fc.constant({ x: '${{ inputs.missing }}' }) }),
)
const guard = fc.option(fc.constantFrom('${{ inputs.n > 5 }}', '${{ inputs.n <= 5 }}', '${{ inputs.none }}'), {
  nil: undefined,
})

type Shape = { guard?: string; onError: 'fail' | 'continue' } & (
  | { leaf: Record<string, unknown> }
  | { yes: Shape[]; no: Shape[] }
)
const { shape } = fc.letrec<{ shape: Shape }>((tie) => ({
  shape: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({ guard, onError: fc.constantFrom('fail', 'continue'), leaf }),
    fc.record({
      guard: fc.constantFrom('${{ inputs.n > 5 }}', '${{ inputs.n <= 5 }}'),
      onError: fc.constantFrom('fail', 'continue'),
      yes: fc.array(tie('shape'), { maxLength: 3 }),
      no: fc.array(tie('shape'), { maxLength: 3 }),
    }),
  ),
}))

function stepsOf(shapes: readonly Shape[], count = { next: 0 }): Step[] {
  return shapes.map((from) => {
    const step = { id: `s${count.next++}`, if: from.guard, onError: from.onError }
    if ('yes' in from) return { ...step, then: stepsOf(from.yes, count), else: stepsOf(from.no, count) }
    const { retries, ...fields } = from.leaf
    const retry = retries === undefined ? undefined : { attempts: retries as number, delaySeconds: 1 }
    return JSON.parse(JSON.stringify({ ...step, ...fields, retry })) as Step
  })
}

const shapes = fc.array(shape, { minLength: 1, maxLength: 5 })

/** Workflows of actions, approvals and branches, some of whose expressions cannot be evaluated. */
export const workflows = shapes.map((made): Workflow['spec'] => ({
  version: '1.0.0',
  title: 'Random',
  steps: stepsOf(made),
}))

/** The same with steps that undo them, called `s100` and on. */
export const undoableWorkflows = fc
  .tuple(workflows, shapes)
  .map(([workflow, undo]): Workflow['spec'] => ({ ...workflow, onCancelSteps: stepsOf(undo, { next: 100 }) }))
