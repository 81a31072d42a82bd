import type { Step, Workflow } from '../model/generated/kinds.ts'
import { stepListsIn } from '../model/step-lists.ts'
import { eachStep } from './each-step.ts'
import { remarksOnOutputs, remarksOnStep } from './step-remarks.ts'

/** What is declared of an action as far as a step can be held against it. */
export interface Taken<Declared> {
  readonly of: Declared
  readonly fits: (step: Step, declared: Declared) => boolean
  /** Names of its outputs; undefined where it may give others too. */
  readonly outputsOf: (step: Step, declared: Declared) => readonly string[] | undefined
}

interface Seen {
  readonly of: unknown
  readonly fits: boolean
  readonly outputs: readonly (readonly [id: string, names: readonly string[]])[]
  /** Outputs of steps that it reads. */
  readonly reads: readonly (readonly [id: string, name: string])[]
}

const seen = new WeakMap<Step, Seen>()

/**
 * True where nothing is wrong, which it nearly always is. Renderings share most of their steps, so each of them is looked at
 * once, with all that it holds, and a rendering costs a look at what is known of its steps.
 */
export function allFit<Declared>(spec: Workflow['spec'], taken: Taken<Declared>): boolean {
  const steps = stepListsIn(spec).flatMap((list) => list.steps.map((step) => seenOf(step, taken)))
  const outputs = new Map<string, readonly string[]>()
  for (const step of steps) {
    if (!step.fits) return false
    for (const [id, names] of step.outputs) outputs.set(id, names)
  }
  const isGiven = ([id, name]: readonly [string, string]) => outputs.get(id)?.includes(name) ?? true
  const last = spec.outputs === undefined ? [] : readsIn(remarksOnOutputs(spec.outputs))
  return steps.every(({ reads }) => reads.every(isGiven)) && last.every(isGiven)
}

function seenOf<Declared>(step: Step, taken: Taken<Declared>): Seen {
  const known = seen.get(step)
  if (known?.of === taken.of) return known
  const all = [...eachStep([step])].map((placed) => placed.step)
  const made: Seen = {
    of: taken.of,
    fits: all.every((each) => taken.fits(each, taken.of)),
    outputs: all.flatMap((each) => {
      const names = taken.outputsOf(each, taken.of)
      return names === undefined ? [] : [[each.id, names] as const]
    }),
    reads: all.flatMap((each) => readsIn(remarksOnStep(each).remarks)),
  }
  seen.set(step, made)
  return made
}

function readsIn(remarks: ReturnType<typeof remarksOnOutputs>): (readonly [string, string])[] {
  return remarks.flatMap((remark) => {
    if (remark.kind !== 'reference') return []
    const [root, id, field, name] = remark.reference
    return root === 'steps' && id !== undefined && field === 'outputs' && name !== undefined
      ? [[id, name] as const]
      : []
  })
}
