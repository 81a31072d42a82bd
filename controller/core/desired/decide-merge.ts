import { type Conflict, type MergeOptions, type Path, type Resolution, resolveConflicts } from '../merge/index.ts'
import { schemaOf } from '../model/schemas.ts'
import { type Contest, type RaisedConflict, raise } from './conflicts.ts'
import type { WorkflowDocument } from './render.ts'

export type Decide = (conflict: RaisedConflict) => Resolution | undefined

/** The merge with every decision; where nobody decided, the tenant's value, or else the only one that is allowed. */
export function decideMerge(
  input: { base: WorkflowDocument; ours: WorkflowDocument; theirs: WorkflowDocument },
  options: MergeOptions,
  contest: Contest,
  decide: Decide,
) {
  const open = new Map<string, RaisedConflict>()
  const given: Path[] = []
  const answer = (conflict: Conflict): Resolution | undefined => {
    const raised = raise(conflict, contest)
    const resolution = decide(raised)
    const isOffered =
      resolution !== undefined && conflict.resolutions.includes(typeof resolution === 'string' ? resolution : 'value')
    if (!isOffered) open.set(raised.id, raised)
    const fallBack = (['ours', 'theirs'] as const).find((side) => conflict.resolutions.includes(side))
    const taken = isOffered ? resolution : fallBack
    // What is given up of an order is the place of the members, not what is said about them.
    if (taken === 'theirs' && conflict.type !== 'order' && conflict.lock?.mode !== 'order') given.push(conflict.path)
    return taken
  }
  const merged = resolveConflicts({ ...input, schema: schemaOf('Workflow') }, answer, options)
  for (const conflict of merged.kind === 'conflicted' ? merged.conflicts : []) {
    const raised = raise(conflict, contest)
    open.set(raised.id, raised)
  }
  return { value: merged.value as WorkflowDocument, notices: merged.notices, open: [...open.values()], given }
}
