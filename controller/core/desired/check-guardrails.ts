import { isWithin } from '../model/names.ts'
import { type Problem, problem } from '../model/problems.ts'
import type { Fleet } from './fleet.ts'

/** A slip in a guardrail is never met by a run: it protects nobody, and nothing else would tell. */
export function checkGuardrails(fleet: Fleet): Problem[] {
  return fleet.guardrails.flatMap(({ file, owner, resource: { spec } }) => {
    const at = (path: string) => ({ place: { file, line: 1, column: 1 }, path })
    const found: Problem[] = []
    const { subtree } = spec.to
    if (subtree !== undefined && !isWithin(subtree, owner))
      found.push(problem('out-of-scope', `a guardrail of ${owner} cannot reach ${subtree}`, at('/spec/to/subtree')))
    else if (subtree !== undefined && !fleet.tenants.has(subtree))
      found.push(problem('unknown-tenant', `there is no tenant ${subtree}`, at('/spec/to/subtree')))
    for (const action of spec.actions ?? [])
      if (!fleet.actions.has(action))
        found.push(problem('unknown-action', `the action \`${action}\` is not declared`, at('/spec/actions')))
    return found
  })
}
