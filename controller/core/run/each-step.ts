import type { Path } from '../merge/path.ts'
import type { Step, Workflow } from '../model/generated/kinds.ts'
import { stepListsIn, stepListsOf } from '../model/step-lists.ts'

export interface PlacedStep {
  readonly step: Step
  /** `/spec/steps/[id=a]/then/[id=b]`. */
  readonly path: Path
  /** Ids of the `forEach` steps around it, the outermost first: it has an instance for each of their items. */
  readonly loops: readonly string[]
}

const outside: readonly string[] = []

/** Every step of a workflow, those that undo it last. */
export function* everyStep(spec: Workflow['spec']): Generator<PlacedStep> {
  for (const { steps, path } of stepListsIn(spec)) yield* eachStep(steps, ['spec', ...path])
}

const ofRunning = new WeakMap<Workflow['spec'], readonly PlacedStep[]>()

/** The same of a workflow that runs: each expression of each of its runs needs them. */
export function stepsOfRun(spec: Workflow['spec']): readonly PlacedStep[] {
  const known = ofRunning.get(spec)
  if (known !== undefined) return known
  const steps = [...everyStep(spec)]
  ofRunning.set(spec, steps)
  return steps
}

/** A step with all that it holds, in the order in which they stand. */
export function stepsWithin(step: Step, found: Step[] = []): Step[] {
  found.push(step)
  for (const { steps } of stepListsOf(step)) for (const each of steps) stepsWithin(each, found)
  return found
}

/** Every step, those within blocks included, in the order in which they stand. */
export function* eachStep(
  steps: readonly Step[],
  path: Path = [],
  loops: readonly string[] = outside,
): Generator<PlacedStep> {
  for (const step of steps) {
    const own = [...path, { id: step.id }]
    yield { step, path: own, loops }
    for (const list of stepListsOf(step))
      yield* eachStep(list.steps, [...own, ...list.path], list.role === 'item' ? [...loops, step.id] : loops)
  }
}
