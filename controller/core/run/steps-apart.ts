import type { Step, Workflow } from '../model/generated/kinds.ts'
import { equal } from '../model/values.ts'
import { remarksOnStep } from './step-remarks.ts'

type Spec = Workflow['spec']

/** A workflow in which a check found nothing wrong, for which whoever asks vouches, and the steps of another one that it does not have. */
export interface Derived {
  readonly from: Spec
  readonly apart: readonly Apart[]
}

export interface Apart {
  readonly step: Step
  /** What stands in its place there; undefined for a step that was put in. */
  readonly instead: Step | undefined
}

/** All else that the checks read. */
const others = ['triggers', 'inputs', 'outputs', 'outputSchema', 'onCancelSteps'] as const

/**
 * The steps in which a workflow differs from another one, where all others are read and read as they were: none is gone or
 * moved, none has the id of another one, and a step in the place of another one gives what that one gave, by its names.
 * Undefined where it takes a look at the whole.
 */
export function stepsApart(spec: Spec, from: Spec): readonly Apart[] | undefined {
  if (others.some((field) => spec[field] !== from[field])) return undefined
  const apart: Apart[] = []
  let at = 0
  for (const step of spec.steps) {
    const there = from.steps[at]
    if (step === there) at++
    else if (there !== undefined && step.id === there.id) {
      if (!isReadAlike(step, there)) return undefined
      apart.push({ step, instead: there })
      at++
    } else apart.push({ step, instead: undefined })
  }
  return at === from.steps.length && areNew(apart, spec) ? apart : undefined
}

/** Whether it has the ids that the other one has, and what is read of each is the same by its names. */
function isReadAlike(step: Step, instead: Step): boolean {
  const [of, before] = [remarksOnStep(step), remarksOnStep(instead)]
  return equal(of.ids, before.ids) && equal(of.gives, before.gives)
}

/** Whether no step that was put in has an id that another one has. */
function areNew(apart: readonly Apart[], spec: Spec): boolean {
  if (apart.every(({ instead }) => instead !== undefined)) return true
  const ids = new Set<string>()
  let count = 0
  for (const list of [spec.steps, spec.onCancelSteps ?? []])
    for (const step of list)
      for (const id of remarksOnStep(step).ids) {
        ids.add(id)
        count++
      }
  return ids.size === count
}
