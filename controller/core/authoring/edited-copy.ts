import type { DesiredWorkflow } from '../desired/index.ts'
import type { WorkflowDocument } from '../desired/render.ts'
import type { Workflow } from '../model/generated/kinds.ts'
import { parseDocument } from '../model/parse-document.ts'
import type { Problem } from '../model/problems.ts'
import { type Json, type JsonMap, newMap } from '../model/values.ts'
import { type Refusal, refused, refusedBy } from './authored.ts'

/** A full copy of the workflow that somebody edited; `file` is how problems call it. */
export interface EditedCopy {
  readonly file: string
  readonly text: string
}

/** The copy as a document of the merge, iff it is one of this workflow at the release in force. */
export function readCopy({ file, text }: EditedCopy, { name, spec }: DesiredWorkflow): WorkflowDocument | Refusal {
  const verdict = parseDocument({ file, bytes: new TextEncoder().encode(text), kinds: ['Workflow'] })
  if (verdict.kind === 'problems') return refusedBy(verdict.problems[0] as Problem)
  const copy = verdict.resource as Workflow
  if (copy.metadata.name !== name)
    return refused('name-mismatch', `${file} is a copy of ${copy.metadata.name}, not of ${name}`, 'give the right copy')
  if (copy.spec.version !== spec.version)
    return refused(
      'wrong-value',
      `${file} says version ${copy.spec.version}, and ${spec.version} is in force`,
      `\`headwater render\` prints the copy to edit; \`headwater upgrade\` moves to another release`,
    )
  return inDocument(copy.spec as unknown as Json) as WorkflowDocument
}

/** A spec, or a patch of one, in the shape in which documents are merged. */
export function inDocument(spec: Json): JsonMap {
  const map = newMap()
  map['spec'] = spec
  return map
}
