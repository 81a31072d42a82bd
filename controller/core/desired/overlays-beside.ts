import {
  type Conflict,
  type MergeResult,
  type Path,
  readPath,
  type Resolution,
  resolveConflicts,
} from '../merge/index.ts'
import { schemaOf } from '../model/schemas.ts'
import { equal } from '../model/values.ts'
import { isDefaultAt } from './defaults.ts'
import type { Declared } from './fleet.ts'
import type { Rendering, WorkflowDocument } from './render.ts'
import { stepReferences } from './step-references.ts'

export interface Beside {
  /** What all of them change. */
  readonly base: WorkflowDocument
  /** With the overlays before. */
  readonly ours: WorkflowDocument
  /** With the last one alone. */
  readonly theirs: WorkflowDocument
  /** Each of the overlays before, alone. */
  readonly others: readonly { readonly overlay: Declared<'Overlay'>; readonly rendering: Rendering }[]
  readonly own: Declared<'Overlay'>
}

/** Overlays of one tenant together. What one of them sets as a default gives way to what another says; else nobody wins. */
export function mergeBeside({ base, ours, theirs, others, own }: Beside): MergeResult {
  const schema = schemaOf('Workflow')
  const isDefaultBefore = ({ path }: Conflict): boolean =>
    others.every(
      ({ overlay, rendering }) => isDefaultAt(overlay.resource.spec, path) || !changesAt(rendering, base, path),
    )
  const decide = (conflict: Conflict): Resolution | undefined => {
    const [before, last] = [isDefaultBefore(conflict), isDefaultAt(own.resource.spec, conflict.path)]
    return before === last ? undefined : before ? 'theirs' : 'ours'
  }
  return resolveConflicts({ base, ours, theirs, schema }, decide, { references: stepReferences })
}

/** Whether an overlay alone makes something else of a place. */
export function changesAt(rendering: Rendering, base: WorkflowDocument, path: Path): boolean {
  const schema = schemaOf('Workflow')
  const document = rendering.kind === 'rendered' ? rendering.document : undefined
  return !equal(readPath(document, path, schema), readPath(base, path, schema))
}
