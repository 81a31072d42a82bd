import type { Step, Workflow } from '../model/generated/kinds.ts'
import { everyStep } from './each-step.ts'
import type { RunState, StepState } from './run-state.ts'
import { stepIdOf } from './step-scope.ts'

export interface Covered {
  readonly total: number
  /** What no test went through: `step`, or `step: then`. */
  readonly missing: readonly string[]
}

export interface Coverage {
  readonly steps: Covered
  readonly branches: Covered
}

/** What the ways of several runs through one workflow leave out, together. */
export function coverageOf(spec: Workflow['spec'], runs: readonly RunState[]): Coverage {
  const seen = new Map<string, Set<string>>()
  for (const run of runs)
    for (const state of run.steps.values()) {
      const id = stepIdOf(state.id)
      const ways = seen.get(id) ?? new Set()
      for (const way of waysTaken(state)) ways.add(way)
      seen.set(id, ways)
    }
  const all = [...everyStep(spec)].map(({ step }) => step)
  const branches = all.flatMap((step) => waysOf(step).map((way) => ({ step, way })))
  return {
    steps: { total: all.length, missing: all.filter(({ id }) => !isPerformed(seen.get(id))).map(({ id }) => id) },
    branches: {
      total: branches.length,
      missing: branches
        .filter(({ step, way }) => !seen.get(step.id)?.has(way))
        .map(({ step, way }) => `${step.id}: ${way}`),
    },
  }
}

function isPerformed(ways: ReadonlySet<string> | undefined): boolean {
  return ways !== undefined && [...ways].some((way) => way !== 'skipped')
}

/** The ways that a step can go, where there are several. */
function waysOf(step: Step): readonly string[] {
  if (step.then !== undefined || step.else !== undefined) return ['then', 'else']
  if (step.switch !== undefined) return [...step.switch.cases.map(({ id }) => id), 'default']
  const guarded = step.if === undefined ? [] : ['skipped']
  if (step.approval !== undefined) return ['approved', 'rejected', ...guarded]
  return step.if === undefined ? [] : ['performed', ...guarded]
}

function waysTaken({ phase, branch, asked, answer }: StepState): readonly string[] {
  if (phase === 'skipped') return ['skipped']
  if (branch !== undefined) return [branch]
  if (asked === undefined || asked.action !== undefined) return ['performed']
  return answer === undefined ? ['asked'] : [answer.approved ? 'approved' : 'rejected']
}
