import { expect } from 'vitest'
import type { Authored, TextOf } from '../../../controller/core/authoring/index.ts'
import type { DesiredState } from '../../../controller/core/desired/index.ts'
import { type Files, resolveFiles } from '../../fakes/fleet-files.ts'

export type Author = (state: DesiredState, textOf: TextOf) => Authored

/** A fleet and what an authoring function makes of it. */
export interface Outcome {
  readonly edits: Readonly<Record<string, string | null>>
  readonly summary: readonly string[]
  readonly before: DesiredState
  /** The state with the edits in place. */
  readonly after: DesiredState
}

export function author(files: Files, act: Author): Outcome {
  const before = resolveFiles(files)
  const answer = act(before, textsOf(files))
  if (answer.kind === 'refused') throw new Error(`refused: ${answer.problem.code} ${answer.problem.message}`)
  const edited = { ...files } as Record<string, string>
  for (const [file, text] of answer.edits) {
    if (text === null) delete edited[file]
    else edited[file] = text
  }
  return { edits: Object.fromEntries(answer.edits), summary: answer.summary, before, after: resolveFiles(edited) }
}

/** `code: message`, and that nothing is proposed. */
export function refusalOf(files: Files, act: Author): string {
  const answer = act(resolveFiles(files), textsOf(files))
  if (answer.kind === 'edits') throw new Error(`not refused: ${answer.summary.join('; ')}`)
  expect(answer.problem.severity).toBe('error')
  return `${answer.problem.code}: ${answer.problem.message}`
}

function textsOf(files: Files): TextOf {
  return (file) => {
    const text = files[file]
    if (text === undefined) throw new Error(`there is no ${file}`)
    return text
  }
}
