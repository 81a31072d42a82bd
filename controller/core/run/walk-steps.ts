import type { Step } from '../model/generated/kinds.ts'
import { type Json, type JsonMap, newMap, toValue } from '../model/values.ts'
import { beginStep, onAnswer } from './begin-step.ts'
import { onChild } from './child-step.ts'
import { append, type Decision, type DecisionContext, stepFailed } from './decision.ts'
import { onLanes } from './on-lanes.ts'
import type { RunState, StepState } from './run-state.ts'
import { outputsOfItem, resultsSoFar } from './loop-results.ts'
import { instanceKey, type StepScope } from './step-scope.ts'

export interface Walk {
  readonly state: RunState
  readonly context: DecisionContext
}

export type Walked =
  | { readonly kind: 'settled' }
  | { readonly kind: 'failed'; readonly step: StepState }
  | { readonly kind: 'open'; readonly decisions: Decision[] }

const settled: Walked = { kind: 'settled' }

/** How far a list of steps is: steps go in document order, so the first that is not behind us is the one to look at. */
export function walkSteps(steps: readonly Step[], scope: StepScope, walk: Walk): Walked {
  for (const step of steps) {
    const walked = walkStep(step, scope, walk)
    if (walked.kind !== 'settled') return walked
  }
  return settled
}

function walkStep(step: Step, scope: StepScope, walk: Walk): Walked {
  const { state, context } = walk
  const key = instanceKey(step.id, scope)
  const progress = state.steps.get(key)
  if (progress === undefined) return open(beginStep(step, scope, state, context))
  switch (progress.phase) {
    case 'skipped':
      return settled
    case 'failed':
      return afterFailure(step, progress, scope, walk)
    case 'succeeded':
      return progress.branch === undefined ? settled : walkBranch(step, progress, progress.branch, scope, walk)
    case 'asked':
      return open(onAnswer(step, progress, state, context))
    case 'calling':
      return open(onChild(step, progress, context.now))
    case 'asleep':
      return open(onSleep(progress, context.now))
    case 'open':
      if (step.parallel !== undefined) return walkParallel(step, step.parallel, progress, scope, walk)
      if (step.forEach !== undefined) return walkItems(step, step.forEach, progress, scope, walk)
      return open(onLanes(progress, state, context))
  }
}

/** What the step says about its failure; a failure in the steps that were to deal with it counts instead of its own. */
function afterFailure(step: Step, failed: StepState, scope: StepScope, walk: Walk): Walked {
  const dealtWith = walkSteps(step.onErrorSteps ?? [], scope, walk)
  if (dealtWith.kind !== 'settled') return dealtWith
  return step.onError === 'continue' ? settled : { kind: 'failed', step: failed }
}

/** A block that has chosen its branch. Its failure is an event of its own only where the block has something to say about it. */
function walkBranch(step: Step, progress: StepState, branch: string, scope: StepScope, walk: Walk): Walked {
  const within = withDeadline(step, progress, walkSteps(branchOf(step, branch), scope, walk), walk.context.now)
  if (within.kind !== 'failed' || (step.onError !== 'continue' && step.onErrorSteps === undefined)) return within
  return open([failedBy(progress, within.step, walk.context.now)])
}

function branchOf(step: Step, branch: string): readonly Step[] {
  if (step.switch === undefined) return (branch === 'then' ? step.then : step.else) ?? []
  return step.switch.cases.find(({ id }) => id === branch)?.steps ?? step.switch.default ?? []
}

/** All branches are awaited: one that fails takes nothing from the others. */
function walkParallel(
  step: Step,
  branches: NonNullable<Step['parallel']>,
  progress: StepState,
  scope: StepScope,
  walk: Walk,
): Walked {
  const { now } = walk.context
  const walked = branches.map(({ steps }) => walkSteps(steps, scope, walk))
  const decisions = walked.flatMap((each) => (each.kind === 'open' ? each.decisions : []))
  if (decisions.length > 0) return withDeadline(step, progress, open(decisions), now)
  const failed = walked.find((each) => each.kind === 'failed')
  if (failed !== undefined) return open([failedBy(progress, failed.step, now)])
  return open([append({ type: 'AttemptSucceeded', at: now, step: progress.id, outputs: newMap() })])
}

/** Items begin in their order, as many at a time as `concurrency` says; one that fails takes nothing from the others. */
function walkItems(
  step: Step,
  loop: NonNullable<Step['forEach']>,
  progress: StepState,
  scope: StepScope,
  walk: Walk,
): Walked {
  const { now } = walk.context
  const decisions: Decision[] = []
  const results: Json[] = []
  let failed: StepState | undefined
  let running = 0
  for (const [index, item] of (progress.items ?? []).entries()) {
    const own = itemScope(step.id, loop, scope, index, item)
    const walked = walkSteps(loop.steps, own, walk)
    if (walked.kind === 'open') {
      decisions.push(...walked.decisions)
      running += 1
      if (running >= (loop.concurrency ?? 1)) break
      continue
    }
    if (walked.kind === 'failed') failed ??= walked.step
    results.push(resultOf(index, loop.steps, own, walked, walk.state))
  }
  if (decisions.length > 0)
    return withDeadline(step, progress, open(decisions), now, () =>
      resultsSoFar(step, loop, progress.items ?? [], scope, walk.state),
    )
  const outputs = newMap()
  outputs.results = results
  if (failed !== undefined) return open([failedBy(progress, failed, now, outputs)])
  return open([append({ type: 'AttemptSucceeded', at: now, step: progress.id, outputs })])
}

function itemScope(
  id: string,
  { as: name = 'item', index: place = 'index' }: NonNullable<Step['forEach']>,
  scope: StepScope,
  index: number,
  item: Json,
): StepScope {
  const each = Object.assign(newMap(), scope.each)
  each[name] = item
  each[place] = index
  return { loops: [...scope.loops, { id, index }], each }
}

function resultOf(index: number, steps: readonly Step[], scope: StepScope, walked: Walked, state: RunState): Json {
  const error = walked.kind === 'failed' ? walked.step.failure?.message : undefined
  const outcome = walked.kind === 'failed' ? 'failed' : 'succeeded'
  return toValue({ index, outcome, error, steps: outputsOfItem(steps, scope, state) })
}

/** Nothing that is being performed is given up: the time of a block is looked at between attempts. */
function withDeadline(step: Step, progress: StepState, walked: Walked, now: number, outputs?: () => JsonMap): Walked {
  if (walked.kind !== 'open' || step.timeoutSeconds === undefined) return walked
  const at = progress.startedAt + step.timeoutSeconds * 1_000
  if (now < at) return open([...walked.decisions, { kind: 'wait-until', at, step: progress.id }])
  if (walked.decisions.some(({ kind }) => kind === 'await-outcome')) return walked
  const message = `It was not done within ${step.timeoutSeconds} seconds.`
  // Children that nobody awaits any more are told apart by their step, which has failed.
  const given = walked.decisions.flatMap((decision) =>
    decision.kind === 'await-child' ? [stepFailed(decision.step, 'timeout', message, now)] : [],
  )
  return open([...given, stepFailed(progress.id, 'timeout', message, now, outputs?.())])
}

function onSleep({ id: step, wakeAt }: StepState, now: number): Decision[] {
  const at = wakeAt ?? now
  if (at > now) return [{ kind: 'wait-until', at, step }]
  const woken: Decision = append({ type: 'TimerFired', at: now, step })
  return [woken, append({ type: 'AttemptSucceeded', at: now, step, outputs: newMap() })]
}

function failedBy({ id }: StepState, { id: inner, failure }: StepState, now: number, outputs?: JsonMap): Decision {
  const message = `${inner}: ${failure?.message ?? 'The step failed.'}`
  return stepFailed(id, failure?.code ?? 'failed', message, now, outputs)
}

function open(decisions: Decision[]): Walked {
  return { kind: 'open', decisions }
}
