import { decide } from './decide.ts'
import type { Attempt, Decision, DecisionContext } from './decision.ts'
import type { RunEvent } from './events.ts'
import { fold } from './fold.ts'
import type { RunState } from './run-state.ts'

export interface Advance {
  readonly state: RunState
  /** To be made durable together, before anything of `next` happens. */
  readonly events: readonly RunEvent[]
  readonly next: readonly Exclude<Decision, { kind: 'append' }>[]
}

/** Decides and folds until nothing is left but to perform, to wait, or to be done: one branch's intent does not hold up the others. */
export function advance(state: RunState, context: DecisionContext, first = decide(state, context)): Advance {
  const events: RunEvent[] = []
  const performs: Extract<Decision, { kind: 'perform' }>[] = []
  let current = state
  for (let decisions = first; ; decisions = decide(current, context)) {
    const rest: Exclude<Decision, { kind: 'append' }>[] = []
    let appended = false
    for (const decision of decisions) {
      if (decision.kind === 'append') {
        events.push(decision.event)
        current = fold(current, decision.event)
        appended = true
      } else if (decision.kind === 'perform') performs.push(decision)
      else rest.push(decision)
    }
    if (appended) continue
    if (performs.length === 0) return { state: current, events, next: rest }
    // What is announced here is performed next; nobody else has to await it.
    return { state: current, events, next: [...performs, ...rest.filter(({ kind }) => kind !== 'await-outcome')] }
  }
}

export function attemptsIn({ next }: Advance): Attempt[] {
  return next.flatMap((decision) => (decision.kind === 'perform' ? [decision.attempt] : []))
}
