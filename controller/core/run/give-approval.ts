import type { Workflow } from '../model/generated/kinds.ts'
import { everyStep } from './each-step.ts'
import type { ApprovalGiven } from './events.ts'
import type { SignalResult } from './resolve-unknown.ts'
import { depthOf, stepIdOf } from './step-scope.ts'
import { isFinished, type RunState } from './run-state.ts'

export interface Approval {
  readonly step: string
  readonly approved: boolean
  readonly by: string
  readonly comment?: string
}

/** An approval step may be answered before it asks; what a guardrail asks may not, because nobody has seen the input yet. */
export function giveApproval(state: RunState, answer: Approval, workflow: Workflow['spec'], now: number): SignalResult {
  const { step: id, approved, by, comment } = answer
  if (isFinished(state)) return { kind: 'refused', code: 'finished', message: `The run has ${state.phase}.` }
  const placed = everyStep(workflow).find(({ step, loops }) => step.id === stepIdOf(id) && loops.length === depthOf(id))
  if (placed === undefined) return { kind: 'refused', code: 'unknown-step', message: `There is no step ${id}.` }
  const step = state.steps.get(id)
  const decided = step === undefined ? state.early.has(id) : step.answer !== undefined
  if (decided) return { kind: 'refused', code: 'already-decided', message: `Step ${id} has been decided already.` }
  const waits = step?.phase === 'asked' || (step === undefined && placed.step.approval !== undefined)
  if (!waits) return { kind: 'refused', code: 'not-waiting', message: `Step ${id} does not ask for an approval.` }
  const given: ApprovalGiven = { type: 'ApprovalGiven', at: now, step: id, approved, by }
  return { kind: 'taken', events: [comment === undefined ? given : { ...given, comment }] }
}
