import type { Step, Workflow } from '../model/generated/kinds.ts'
import { stepListsIn } from '../model/step-lists.ts'
import { equal } from '../model/values.ts'
import { stepsWithin } from './each-step.ts'
import { remarksOnOutputs, remarksOnStep } from './step-remarks.ts'
import type { Derived } from './steps-apart.ts'

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
  readonly outputs: readonly { readonly id: string; readonly names: readonly string[] }[]
  readonly reads: Reads
}

/** Outputs of steps that are read. */
type Reads = readonly { readonly id: string; readonly name: string }[]

const seen = new WeakMap<Step, Seen>()

/**
 * True where nothing is wrong, which it nearly always is. Renderings share most of their steps, so each of them is looked at
 * once, with all that it holds, and a rendering costs a look at what is known of its steps.
 */
export function allFit<Declared>(spec: Workflow['spec'], taken: Taken<Declared>): boolean {
  const outputs = new Map<string, readonly string[]>()
  const reads: Reads[] = []
  for (const { steps } of stepListsIn(spec)) {
    for (const step of steps) {
      const known = seenOf(step, taken)
      if (!known.fits) return false
      for (const { id, names } of known.outputs) outputs.set(id, names)
      if (known.reads.length > 0) reads.push(known.reads)
    }
  }
  if (spec.outputs !== undefined) reads.push(outputsReadIn(remarksOnOutputs(spec.outputs)))
  for (const each of reads) for (const { id, name } of each) if (outputs.get(id)?.includes(name) === false) return false
  return true
}

/** The same of a workflow that is derived from one of which it is true. That no step reads a later one is known by then. */
export function areFit<Declared>({ apart }: Derived, { steps }: Workflow['spec'], taken: Taken<Declared>): boolean {
  const namesOf = (id: string): readonly string[] | undefined => {
    for (const step of steps) for (const given of seenOf(step, taken).outputs) if (given.id === id) return given.names
    return undefined
  }
  return apart.every(({ step, instead }) => {
    const { fits, outputs, reads } = seenOf(step, taken)
    if (!fits || reads.some(({ id, name }) => namesOf(id)?.includes(name) === false)) return false
    return instead === undefined || equal(outputs, seenOf(instead, taken).outputs)
  })
}

function seenOf<Declared>(step: Step, taken: Taken<Declared>): Seen {
  const known = seen.get(step)
  if (known?.of === taken.of) return known
  const all = stepsWithin(step)
  const made: Seen = {
    of: taken.of,
    fits: all.every((each) => taken.fits(each, taken.of)),
    outputs: all.flatMap((each) => {
      const names = taken.outputsOf(each, taken.of)
      return names === undefined ? [] : [{ id: each.id, names }]
    }),
    reads: all.flatMap((each) => outputsReadIn(remarksOnStep(each).remarks)),
  }
  seen.set(step, made)
  return made
}

function outputsReadIn(remarks: ReturnType<typeof remarksOnOutputs>): Reads {
  return remarks.flatMap((remark) => {
    if (remark.kind !== 'reference') return []
    const [root, id, field, name] = remark.reference
    return root === 'steps' && id !== undefined && field === 'outputs' && name !== undefined ? [{ id, name }] : []
  })
}
