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

/** Decides and folds until nothing is left but to perform, to wait, or to be done. */
export function advance(state: RunState, context: DecisionContext, first = decide(state, context)): Advance {
  const events: RunEvent[] = []
  let current = state
  for (let decisions = first; ; decisions = decide(current, context)) {
    const rest: Exclude<Decision, { kind: 'append' }>[] = []
    let appended = false
    for (const decision of decisions) {
      if (decision.kind !== 'append') {
        rest.push(decision)
        continue
      }
      events.push(decision.event)
      current = fold(current, decision.event)
      appended = true
    }
    if (!appended || rest.some(({ kind }) => kind === 'perform')) return { state: current, events, next: rest }
  }
}

export function attemptsIn({ next }: Advance): Attempt[] {
  return next.flatMap((decision) => (decision.kind === 'perform' ? [decision.attempt] : []))
}
