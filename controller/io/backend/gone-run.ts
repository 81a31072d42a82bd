import { isFinished, type RunState } from '../../core/run/run-state.ts'
import { BackendError } from './backend-error.ts'
import type { SignalAnswer } from './backend.ts'

/** Why nothing can be said to a run that is not in memory, from what the journal holds of it. */
export function goneRun(runId: string, state: RunState | undefined): Extract<SignalAnswer, { kind: 'refused' }> {
  if (state === undefined) return { kind: 'refused', code: 'unknown-run', message: `There is no run ${runId}.` }
  if (!isFinished(state))
    throw new BackendError('not-here', `Run ${runId} cannot go on in this process; it is resumed by the next.`)
  return { kind: 'refused', code: 'finished', message: 'The run has ended.' }
}
