import { type Problem, type ProblemCode, problem } from '../model/problems.ts'

/** Text of a file of the fleet, as it lies there. */
export type TextOf = (file: string) => string

/** What an authoring function answers: files to write (null: to remove), or why it will not. */
export type Authored =
  | {
      readonly kind: 'edits'
      readonly edits: ReadonlyMap<string, string | null>
      /** What was done, the first line alone enough for a commit. */
      readonly summary: readonly string[]
    }
  | Refusal

export interface Refusal {
  readonly kind: 'refused'
  readonly problem: Problem
}

export function edited(edits: Iterable<readonly [string, string | null]>, summary: readonly string[]): Authored {
  return { kind: 'edits', edits: new Map(edits), summary }
}

/** `hint` says what to do instead. */
export function refused(code: ProblemCode, message: string, hint?: string): Refusal {
  return { kind: 'refused', problem: problem(code, message, hint === undefined ? {} : { hint }) }
}

export function refusedBy(cause: Problem): Refusal {
  return { kind: 'refused', problem: cause }
}

/** A problem of a file that is not written: its place would lead nowhere. */
export function refusedUnplaced({ place: _place, path: _path, ...cause }: Problem): Refusal {
  return { kind: 'refused', problem: cause }
}

export function isRefusal(answer: object): answer is Refusal {
  return 'kind' in answer && answer.kind === 'refused'
}

/** The first few of many, and how many more there are. */
export function firstOf(names: readonly string[], shown = 5): string {
  const rest = names.length - shown
  return rest > 0 ? `${names.slice(0, shown).join(', ')} and ${rest} more` : names.join(', ')
}

export function counted(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
