import { type Problem, problem } from '../model/problems.ts'
import { actionUses } from './bind.ts'
import { actionsIn, headsOf } from './calls.ts'
import { type Fleet, isUnreadable } from './fleet.ts'
import type { CheckWorkflow } from './resolve.ts'

/**
 * Static problems of every head and release, once a file. What a head asks of actions and other workflows is looked at too;
 * a release cannot be corrected, and the tenants that have it are told.
 */
export function checkTemplates(fleet: Fleet, check: CheckWorkflow): Problem[] {
  const found: Problem[] = []
  const around = { calleeOf: headsOf(fleet), actionOf: actionsIn(fleet) }
  for (const workflow of fleet.workflows.values()) {
    for (const entry of [...workflow.releases.values(), ...(workflow.head ? [workflow.head] : [])]) {
      if (isUnreadable(entry)) continue
      const place = { file: entry.file, line: 1, column: 1 }
      const { spec } = entry.resource
      for (const item of entry === workflow.head ? check(spec, around) : check(spec)) found.push({ ...item, place })
      for (const { action, path } of actionUses(spec))
        if (!fleet.actions.has(action))
          found.push(problem('unknown-action', `the action \`${action}\` is not declared`, { place, path }))
    }
  }
  return found
}
