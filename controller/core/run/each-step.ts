import type { Path } from '../merge/path.ts'
import type { Step } from '../model/generated/kinds.ts'

export interface PlacedStep {
  readonly step: Step
  /** `/spec/steps/[id=a]/then/[id=b]`. */
  readonly path: Path
}

/** Every step, those within `then` and `else` included, in the order in which they stand. */
export function* eachStep(steps: readonly Step[], path: Path = ['spec', 'steps']): Generator<PlacedStep> {
  for (const step of steps) {
    const own = [...path, { id: step.id }]
    yield { step, path: own }
    yield* eachStep(step.then ?? [], [...own, 'then'])
    yield* eachStep(step.else ?? [], [...own, 'else'])
  }
}
