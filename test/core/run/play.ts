import { isMap, type JsonMap, toValue } from '../../../controller/core/model/values.ts'
import { advance, attemptsIn } from '../../../controller/core/run/advance.ts'
import type { Attempt, Decision } from '../../../controller/core/run/decision.ts'
import type { ChildFinished, RunEvent } from '../../../controller/core/run/events.ts'
import { fold } from '../../../controller/core/run/fold.ts'
import { giveApproval } from '../../../controller/core/run/give-approval.ts'
import type { Outcome } from '../../../controller/core/run/outcome.ts'
import { isFinished, type RunState } from '../../../controller/core/run/run-state.ts'
import { settle } from '../../../controller/core/run/settle.ts'
import { context, requested, workflowOf } from './scenario.ts'

export interface Played {
  readonly state: RunState
  readonly events: readonly RunEvent[]
  /** `step on connection`, in the order in which they were performed, one line for each advance. */
  readonly calls: readonly string[]
  readonly waits: readonly Decision[]
}

export interface Script {
  readonly inputs?: Record<string, unknown>
  /** Answers of vendors and ends of children by step instance: outputs, or a message that says why it failed. */
  readonly answers?: Record<string, unknown>
  /** Who says what, by step instance. */
  readonly approvals?: Record<string, boolean>
  /** Stops the clock at this time. */
  readonly until?: number
}

/** Plays a run to its end, or to where it waits beyond the script; sleeps pass at once. */
export function play(text: string, script: Script = {}): Played {
  const workflow = workflowOf(text)
  const { inputs = {}, answers = {}, approvals = {}, until = Number.POSITIVE_INFINITY } = script
  const events: RunEvent[] = [requested(inputs)]
  let state = fold(null, requested(inputs))
  const calls: string[] = []
  const take = (more: readonly RunEvent[]) => {
    events.push(...more)
    state = more.reduce<RunState>(fold, state)
  }
  for (let now = 0; ; ) {
    const advanced = advance(state, context(workflow, now))
    take(advanced.events)
    const attempts = attemptsIn(advanced)
    if (attempts.length > 0) calls.push(attempts.map(({ step, connection }) => `${step} on ${connection}`).join(', '))
    for (const attempt of attempts) take(settle(attempt, outcomeOf(attempt, answers), { runId: 'r1', workflow, now }))
    if (isFinished(state)) return { state, events, calls, waits: [] }
    if (attempts.length > 0) continue
    const ends = advanced.next.flatMap((decision) =>
      decision.kind === 'await-child' && decision.step in answers ? [childEnd(state, decision.step, answers, now)] : [],
    )
    if (ends.length > 0) {
      take(ends)
      continue
    }
    const asked = advanced.next.find(
      ({ kind, ...rest }) => kind === 'wait-approval' && 'step' in rest && rest.step in approvals,
    )
    if (asked?.kind === 'wait-approval') {
      const answer = { step: asked.step, approved: approvals[asked.step] === true, by: 'ann' }
      const given = giveApproval(state, answer, workflow, now)
      if (given.kind === 'taken') take(given.events)
      continue
    }
    const times = advanced.next.flatMap((decision) => (decision.kind === 'wait-until' ? [decision.at] : []))
    if (times.length === 0 || Math.min(...times) > until) return { state, events, calls, waits: advanced.next }
    now = Math.min(...times)
  }
}

function childEnd(state: RunState, step: string, answers: Record<string, unknown>, at: number): ChildFinished {
  const child = state.steps.get(step)?.child
  const answer = answers[step]
  const end = { type: 'ChildFinished', at, step, runId: child?.runId ?? '' } as const
  if (typeof answer === 'string') return { ...end, outcome: 'failed', outputs: {}, message: answer }
  const outputs = toValue(child?.detached ? { run: child.runId } : answer) as JsonMap
  return { ...end, outcome: child?.detached ? 'detached' : 'succeeded', outputs }
}

function outcomeOf({ step }: Attempt, answers: Record<string, unknown>): Outcome {
  const answer = answers[step] ?? {}
  if (typeof answer === 'string') return { kind: 'failed', code: 'refused', message: answer, requests: [] }
  const value = toValue(answer)
  return { kind: 'succeeded', outputs: isMap(value) ? value : {}, requests: [] }
}

export function endOf({ state }: Played): string {
  const { phase, failure } = state
  return failure === undefined ? phase : `${phase} ${failure.code} at ${failure.step ?? 'run'}: ${failure.message}`
}
