import { isFinished, isSettled, type Lane, type RunState, type StepState } from './run-state.ts'

export type StateWord = 'queued' | 'running' | 'waiting' | 'succeeded' | 'failed' | 'cancelled' | 'quarantined'

/** One line of the list of runs; derived from the state alone, so that it can be written in the transaction of its events. */
export interface RunSummary {
  readonly id: string
  readonly tenant: string
  readonly tenantUid: string
  readonly workflow: string
  readonly release: string
  readonly digest: string
  readonly commit: string
  readonly trigger: string
  readonly state: StateWord
  /** Why it is in this state; empty where the word says it all. */
  readonly reason: string
  readonly requestedAt: number
  readonly startedAt: number | null
  readonly finishedAt: number | null
}

export function summarise(state: RunState): RunSummary {
  const { request } = state
  const { state: word, reason } = wordOf(state)
  return {
    id: request.runId,
    tenant: request.tenant.path,
    tenantUid: request.tenant.uid,
    workflow: request.workflow.name,
    release: request.workflow.release,
    digest: request.workflow.digest,
    commit: request.commit,
    trigger: triggerOf(request),
    state: word,
    reason,
    requestedAt: request.at,
    startedAt: state.startedAt ?? null,
    finishedAt: state.finishedAt ?? null,
  }
}

function triggerOf({ trigger: { id }, parent, sandbox }: RunState['request']): string {
  const origin = parent === undefined ? id : `${parent.runId}/${id}`
  return sandbox ? `${origin} (sandbox)` : origin
}

function wordOf(state: RunState): { state: StateWord; reason: string } {
  if (isFinished(state)) {
    const step = state.failure?.step === undefined ? '' : `${state.failure.step}: `
    const reason = state.failure === undefined ? '' : step + state.failure.message
    return { state: state.phase, reason }
  }
  if (state.phase === 'requested') return { state: 'queued', reason: '' }
  // A block waits where all that it holds does; what one branch waits for says nothing while another is at work.
  const open = [...state.steps.values()].filter((step) => isGoingOn(step))
  const waits = open.map(waitOf)
  const reason = waits.find((wait, index) => wait !== undefined && open[index]?.phase === 'asked') ?? waits[0]
  const cancelling = state.cancel === undefined ? '' : 'It is being cancelled. '
  if (reason === undefined || waits.includes(undefined)) return { state: 'running', reason: cancelling.trim() }
  return { state: 'waiting', reason: cancelling + reason }
}

/** Nobody waits for the answer of a person about a run that is being cancelled. */
function isGoingOn(step: StepState): boolean {
  if (isSettled(step)) return false
  if (step.phase !== 'open') return true
  const lanes = [...step.lanes.values()]
  return step.cancelled ? lanes.some(({ phase }) => phase === 'scheduled') : lanes.length > 0
}

/** What a step waits for, in words: a person comes before a timer, because only the person has to act. */
export function waitOf(step: StepState): string | undefined {
  if (step.phase === 'asked')
    return step.answer === undefined ? `Step ${step.id} waits for an approval: ${step.asked?.message}` : undefined
  if (step.phase === 'asleep') return `Step ${step.id} sleeps until ${new Date(step.wakeAt ?? 0).toISOString()}`
  if (step.phase === 'calling')
    return step.ended === undefined ? `Step ${step.id} waits for run ${step.child?.runId}` : undefined
  if (step.phase !== 'open') return undefined
  const lanes = [...step.lanes.values()]
  const on = ({ scheduled }: Lane) => (lanes.length > 1 ? ` on ${scheduled.connection}` : '')
  const unknown = lanes.find(({ phase }) => phase === 'unknown')
  if (unknown !== undefined)
    return `It is not known whether step ${step.id}${on(unknown)} took effect: ${unknown.failure?.message}`
  if (lanes.some(({ phase }) => phase === 'scheduled' || phase === 'due')) return undefined
  const retrying = lanes.find(({ phase }) => phase === 'retrying')
  if (retrying === undefined) return undefined
  return `Step ${step.id}${on(retrying)} is tried again: ${retrying.postponed ?? retrying.failure?.message}`
}
