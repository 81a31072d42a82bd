import { newMap } from '../model/values.ts'
import { type ChildFinished, type ChildRequested, epoch, type RunRequested } from './events.ts'
import type { RunOrigin } from './run-id.ts'
import { type FinishedRun, isFinished, type RunState, type StepState } from './run-state.ts'

/** Of a child: the same step of the same run is the same child. */
export function originOfChild(
  { runId, tenant }: RunRequested,
  step: string,
  { owner, name }: ChildRequested['workflow'],
): RunOrigin {
  return { tenantUid: tenant.uid, workflow: `${owner}:${name}`, trigger: 'workflow', deliveryId: `${runId}/${step}` }
}

/** The first event of a child. It pins what its parent has pinned, so that a change of the fleet in between does not part them. */
export function requestOfChild(
  { runId, tenant, contextDigest, commit, sandbox, parent }: RunRequested,
  child: ChildRequested,
  now: number,
): RunRequested {
  const { step, workflow, inputs, detached } = child
  return {
    type: 'RunRequested',
    at: now,
    runId: child.runId,
    epoch,
    tenant,
    workflow,
    contextDigest,
    commit,
    trigger: { kind: 'workflow', id: step, deliveryId: `${runId}/${step}` },
    inputs,
    parent: { runId, step, depth: (parent?.depth ?? 0) + 1, ...(detached && { detached }) },
    ...(sandbox && { sandbox }),
  }
}

/** What the parent is told. */
export function endOfChild(
  { request, phase, outputs, failure }: FinishedRun,
  step: string,
  now: number,
): ChildFinished {
  const { runId } = request
  const end = { type: 'ChildFinished', at: now, step, runId, outcome: phase, outputs: outputs ?? newMap() } as const
  if (failure === undefined) return end
  const at = failure.step === undefined ? '' : `${failure.step}: `
  return { ...end, message: at + failure.message }
}

/** Steps whose child was asked for and of which nothing is known yet. */
export function openChildren(state: RunState): (StepState & { readonly child: ChildRequested })[] {
  return [...state.steps.values()].filter(isOpen)
}

function isOpen(step: StepState): step is StepState & { readonly child: ChildRequested } {
  return step.phase === 'calling' && step.child !== undefined && step.ended === undefined
}

/** False where the parent has ended or its step has given up: such a child is not to go on. */
export function awaits(parent: RunState, child: RunRequested): boolean {
  const step = child.parent === undefined ? undefined : parent.steps.get(child.parent.step)
  return !isFinished(parent) && step?.phase === 'calling' && step.child?.runId === child.runId
}
