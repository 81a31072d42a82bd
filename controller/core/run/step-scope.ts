import { type JsonMap, newMap } from '../model/values.ts'

/** Where in a run a step is performed: which item of which loops around it. */
export interface StepScope {
  readonly loops: readonly { readonly id: string; readonly index: number }[]
  /** What its expressions read as `each`. */
  readonly each: JsonMap
}

export const outermost: StepScope = { loops: [], each: newMap() }

/**
 * What the journal calls an instance of a step: `block`, or `block[2]` within an item. The items are pinned when the loop
 * begins, so the name stays true whatever happens to the list that they came from.
 */
export function instanceKey(id: string, { loops }: Pick<StepScope, 'loops'>): string {
  return loops.reduce((key, { index }) => `${key}[${index}]`, id)
}

export function stepIdOf(key: string): string {
  const bracket = key.indexOf('[')
  return bracket < 0 ? key : key.slice(0, bracket)
}

/** How many loops the name of an instance speaks of. */
export function depthOf(key: string): number {
  return key.split('[').length - 1
}
