import type { Workflow } from '../model/generated/kinds.ts'
import { openChildren } from './child-run.ts'
import type { Attempt, Decision, DecisionContext } from './decision.ts'
import { append } from './decision.ts'
import type { RunCancelled, RunEvent } from './events.ts'
import type { RunState } from './run-state.ts'
import { outermost } from './step-scope.ts'
import { walkSteps } from './walk-steps.ts'

export interface Cancelling {
  readonly by: string
  readonly reason: string
  /** Intents that were never performed. */
  readonly unsent?: readonly Attempt[]
}

/** How a cancellation begins; or all of it, where there is nothing to await and nothing to undo. */
export function cancelRun(state: RunState, workflow: Workflow['spec'], cancelling: Cancelling, at: number): RunEvent[] {
  const { by, reason, unsent = [] } = cancelling
  const message = 'Not performed: the run was cancelled.'
  const dropped = unsent.map(
    ({ step, connection }): RunEvent => ({
      type: 'AttemptFailed',
      at,
      step,
      connection,
      code: 'cancelled',
      message,
      final: true,
    }),
  )
  const isBusy = performedIn(state).length > dropped.length || openChildren(state).length > 0
  const type = isBusy || workflow.onCancelSteps !== undefined ? 'CancelRequested' : 'RunCancelled'
  return [...dropped, { type, at, by, reason }]
}

/** Ends a run whatever it is doing. What was being performed may have taken effect, and the journal says so. */
export function killRun(state: RunState, { by, reason }: Cancelling, at: number): RunEvent[] {
  const message = 'The run was killed while this was being performed: whether it took effect is not known.'
  const unknown = performedIn(state).map(
    (place): RunEvent => ({ type: 'AttemptUnknown', at, ...place, code: 'killed', message }),
  )
  return [...unknown, { type: 'RunCancelled', at, by, reason, killed: true }]
}

/** The next move of a run that is being cancelled: its children end first, then it undoes what it did. */
export function unwind(state: RunState, context: DecisionContext): Decision[] {
  const awaited: Decision[] = [
    ...performedIn(state, true).map((place): Decision => ({ kind: 'await-outcome', ...place })),
    ...openChildren(state)
      .filter(({ cancelled }) => cancelled)
      .map(({ id }): Decision => ({ kind: 'await-child', step: id })),
  ]
  if (awaited.length > 0) return awaited
  const walked = walkSteps(context.workflow.onCancelSteps ?? [], outermost, { state, context })
  if (walked.kind === 'open') return walked.decisions
  const { by = '', reason = '' } = state.cancel ?? {}
  const end: RunCancelled = { type: 'RunCancelled', at: context.now, by, reason }
  if (walked.kind === 'settled') return [append(end)]
  const { id: step, failure } = walked.step
  return [append({ ...end, unfinished: { step, message: failure?.message ?? 'The step failed.' } })]
}

interface PerformedPlace {
  readonly step: string
  readonly connection: string
}

function performedIn(state: RunState, beforeCancel = false): PerformedPlace[] {
  return [...state.steps.values()]
    .filter(({ cancelled }) => !beforeCancel || cancelled)
    .flatMap(({ id: step, lanes }) =>
      [...lanes].flatMap(([connection, { phase }]) => (phase === 'scheduled' ? [{ step, connection }] : [])),
    )
}
