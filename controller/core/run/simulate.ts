import type { Workflow, WorkflowTest } from '../model/generated/kinds.ts'
import { canonicalText, equal, isMap, type Json, type JsonMap, newMap, toValue } from '../model/values.ts'
import { advance } from './advance.ts'
import type { CaseChange } from './cases.ts'
import { cancelRun } from './cancel-run.ts'
import type { Around } from './check-uses.ts'
import type { Attempt, DecisionContext } from './decision.ts'
import type { ChildFinished, ChildRequested, RunEvent } from './events.ts'
import { fold } from './fold.ts'
import { giveApproval } from './give-approval.ts'
import type { Outcome } from './outcome.ts'
import { isFinished, type RunState } from './run-state.ts'
import { stepIdOf } from './step-scope.ts'
import { settle } from './settle.ts'
import { sandboxOf } from './simulate-sandbox.ts'

export interface SimulatedCall {
  readonly step: string
  /** Or the workflow that the step performs; `case` where it writes into one. */
  readonly action: string
  readonly with: JsonMap
}

export interface Simulation {
  readonly outcome: 'succeeded' | 'failed' | 'waiting' | 'cancelled'
  /** Why it failed or what it waits for. */
  readonly reason: string
  /** Ids of the steps that were performed, in order; blocks and skipped ones are left out. */
  readonly path: readonly string[]
  readonly calls: readonly SimulatedCall[]
  readonly outputs: JsonMap
  /** The run as it ended; absent where the test could not start one. */
  readonly state?: RunState
  /** Where it differs from what the test expects, in words; none where the test holds. */
  readonly mismatches: readonly string[]
}

export interface SimulationInput {
  readonly workflow: Workflow['spec']
  readonly test: WorkflowTest['spec']
  /** The workflows that it performs: what they take is checked, what they hand back is recorded. */
  readonly calleeOf?: Around['calleeOf']
}

/** Plays a workflow against recorded answers: the interpreter that runs it in earnest, with sleeps that take no time. */
export function simulate({ workflow, test, calleeOf = () => undefined }: SimulationInput): Simulation {
  const sandbox = sandboxOf(workflow, test, calleeOf)
  if (sandbox.kind === 'refused') {
    const mismatches = [...sandbox.messages]
    return { outcome: 'failed', reason: mismatches.join(' '), path: [], calls: [], outputs: newMap(), mismatches }
  }
  const calls: SimulatedCall[] = []
  const context = { workflow, tenant: sandbox.tenant, connectors: sandbox.connectors, now: 0 }
  const state = play(fold(null, sandbox.event), context, test, calls)
  const simulation = {
    outcome: outcomeOf(state),
    reason: state.failure === undefined ? '' : `${state.failure.step ?? 'run'}: ${state.failure.message}`,
    path: performedIn(state),
    calls,
    outputs: state.outputs ?? newMap(),
    state,
  } as const
  return { ...simulation, mismatches: mismatchesOf(simulation, test.expect) }
}

function play(first: RunState, pinned: DecisionContext, test: WorkflowTest['spec'], calls: SimulatedCall[]): RunState {
  let state = first
  let context = pinned
  for (;;) {
    const { state: reached, events: decided, next } = advance(state, context)
    state = reached
    for (const event of decided)
      if (event.type === 'CaseChanged') calls.push({ step: event.step, action: 'case', with: toMap(event.change) })
    let events: readonly RunEvent[] = []
    let cancelled = false
    for (const decision of next) {
      if (decision.kind === 'perform') {
        const { step, action, input } = decision.attempt
        calls.push({ step, action, with: input })
        const settling = { runId: state.request.runId, workflow: context.workflow, now: context.now }
        events = [...events, ...settle(decision.attempt, answerOf(decision.attempt, test), settling)]
        cancelled ||= answerFor(step, test.answers ?? [])?.cancelled === true
      } else if (decision.kind === 'wait-until') {
        cancelled ||= isCancelledAt(decision.step, state, test)
      } else if (decision.kind === 'await-child') {
        const child = state.steps.get(decision.step)?.child
        if (child === undefined) continue
        if (!state.cancel) calls.push({ step: decision.step, action: child.workflow.name, with: child.inputs })
        if (isCancelledAt(decision.step, state, test)) {
          cancelled = true
          continue
        }
        events = [...events, endOfChild(child, test, context.now, state.cancel !== undefined)]
      } else if (decision.kind === 'wait-approval') {
        events = [...events, ...decide(state, decision.step, context, test)]
        cancelled ||= isCancelledAt(decision.step, state, test)
      }
    }
    for (const event of events) state = fold(state, event)
    if (cancelled && !isFinished(state) && !state.cancel) {
      const by = { by: 'test', reason: 'The test says so.' }
      for (const event of cancelRun(state, context.workflow, by, context.now)) state = fold(state, event)
      continue
    }
    if (events.length === 0) {
      const times = next.flatMap((decision) => (decision.kind === 'wait-until' ? [decision.at] : []))
      // Time passes for those who sleep, never while a person has yet to answer.
      if (times.length === 0 || next.some(({ kind }) => kind === 'wait-approval')) return state
      context = { ...context, now: Math.min(...times) }
    }
  }
}

function toMap(change: CaseChange): JsonMap {
  const value = toValue(change)
  return isMap(value) ? value : newMap()
}

function outcomeOf(state: RunState): Simulation['outcome'] {
  if (!isFinished(state)) return 'waiting'
  return state.phase === 'succeeded' || state.phase === 'cancelled' ? state.phase : 'failed'
}

/** Once: what a cancelled step then ends with is told apart from what it waits for. */
function isCancelledAt(step: string, state: RunState, { answers = [] }: WorkflowTest['spec']): boolean {
  return state.cancel === undefined && answerFor(step, answers)?.cancelled === true
}

function answerOf({ step }: Attempt, { answers = [] }: WorkflowTest['spec']): Outcome {
  const answer = answerFor(step, answers)
  if (answer?.error === undefined && answer?.outputs !== undefined)
    return { kind: 'succeeded', outputs: answer.outputs, requests: [] }
  return { kind: 'failed', code: 'simulated', message: answer?.error ?? 'no answer recorded', requests: [] }
}

function endOfChild(
  child: ChildRequested,
  { answers = [] }: WorkflowTest['spec'],
  at: number,
  isCancelling: boolean,
): ChildFinished {
  const { step, runId, detached } = child
  const end = { type: 'ChildFinished', at, step, runId } as const
  if (detached) return { ...end, outcome: 'detached', outputs: { run: runId } }
  const answer = answerFor(step, answers)
  if (isCancelling && answer?.cancelled) return { ...end, outcome: 'cancelled', outputs: newMap() }
  if (answer?.error === undefined && answer?.outputs !== undefined)
    return { ...end, outcome: 'succeeded', outputs: answer.outputs }
  return { ...end, outcome: 'failed', outputs: newMap(), message: answer?.error ?? 'no answer recorded' }
}

type Answer = NonNullable<WorkflowTest['spec']['answers']>[number]

/** Of this very instance, or else of the step, whichever item it is. */
function answerFor(key: string, answers: readonly Answer[]): Answer | undefined {
  return answers.find(({ step }) => step === key) ?? answers.find(({ step }) => step === stepIdOf(key))
}

function decide(
  state: RunState,
  step: string,
  context: DecisionContext,
  test: WorkflowTest['spec'],
): readonly RunEvent[] {
  const approved = answerFor(step, test.answers ?? [])?.approved
  if (approved === undefined) return []
  const given = giveApproval(state, { step, approved, by: 'test' }, context.workflow, context.now)
  return given.kind === 'taken' ? given.events : []
}

function performedIn(state: RunState): string[] {
  return [...state.steps.values()]
    .filter(({ phase, branch, opened }) => phase !== 'skipped' && branch === undefined && opened === undefined)
    .map(({ id }) => id)
}

function mismatchesOf(found: Omit<Simulation, 'mismatches'>, expect: WorkflowTest['spec']['expect']): string[] {
  const mismatches: string[] = []
  const differs = (what: string, wanted: Json, got: Json) => {
    if (equal(wanted, got)) return
    mismatches.push(`${what}: expected ${canonicalText(wanted)}, got ${canonicalText(got)}`)
  }
  if (found.outcome !== expect.outcome) {
    const because = found.reason === '' ? '' : ` (${found.reason})`
    mismatches.push(`outcome: expected ${expect.outcome}, got ${found.outcome}${because}`)
  }
  if (expect.path !== undefined) differs('path', expect.path, found.path)
  for (const { step, with: input } of expect.calls ?? []) {
    const call = found.calls.find((candidate) => candidate.step === step)
    if (call === undefined) mismatches.push(`calls: step ${step} was expected to call its action and did not`)
    else if (input !== undefined) differs(`calls: step ${step}`, input, call.with)
  }
  if (expect.outputs !== undefined) differs('outputs', expect.outputs, found.outputs)
  return mismatches
}
