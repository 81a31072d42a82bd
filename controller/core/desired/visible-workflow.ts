import { isWithin, parentPath } from '../model/names.ts'
import { type Problem, problem } from '../model/problems.ts'
import { type Fleet, fullName, isUnreadable, type WorkflowFiles } from './fleet.ts'

/** The workflow of a short or full name as seen from a tenant (empty: the root), or what is wrong with the name. */
export function visibleWorkflow(fleet: Fleet, from: string, name: string): WorkflowFiles | Problem {
  if (name.includes(':')) {
    const workflow = fleet.workflows.get(name)
    if (workflow && isWithin(from, workflow.owner)) return workflow
    return problem('unknown-workflow', `no workflow \`${name}\` is visible here`)
  }
  const declared: WorkflowFiles[] = []
  for (let owner = from; ; owner = parentPath(owner)) {
    const workflow = fleet.workflows.get(fullName(owner, name))
    if (workflow) declared.unshift(workflow)
    if (owner === '') break
  }
  const [first, second] = declared.filter(
    (workflow, index) => !isClone(workflow) && !(index > 0 && mayBeClone(workflow)),
  )
  if (first && second) {
    return problem(
      'ambiguous-workflow',
      `\`${name}\` may be ${fullName(first.owner, name)} or ${fullName(second.owner, name)}`,
    )
  }
  return first ?? problem('unknown-workflow', `no workflow \`${name}\` is visible here`)
}

export const baseAnnotation = 'headwater.dev/base'

/** A clone is a full copy that stands in for the workflow it was made from; it names it in an annotation. */
export function isClone(workflow: WorkflowFiles): boolean {
  return cloneBase(workflow) !== undefined
}

/** A head that cannot be read may be that of a clone: then nobody may be handed the original in its place. */
export function mayBeClone(workflow: WorkflowFiles): boolean {
  return workflow.head !== undefined && (isUnreadable(workflow.head) || isClone(workflow))
}

/** `phishing-response@2.0.0` of a clone. */
export function cloneBase(workflow: WorkflowFiles): string | undefined {
  if (!workflow.head || isUnreadable(workflow.head)) return undefined
  return workflow.head.resource.metadata.annotations?.[baseAnnotation]
}
