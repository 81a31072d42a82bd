import type { Workflow } from '../core/model/generated/kinds.ts'
import type { Problem } from '../core/model/problems.ts'
import { fitsKind, schemaProblems } from '../core/model/schema-problems.ts'
import { type Json, newMap } from '../core/model/values.ts'
import { checkWorkflow } from '../core/run/check-workflow.ts'

const verdicts = new WeakMap<object, readonly Problem[]>()

/**
 * What is wrong with a workflow as it was rendered: an overlay can break the schema, or take away a step that an
 * expression reads.
 */
export function checkWorkflowSpec(spec: Workflow['spec']): readonly Problem[] {
  let verdict = verdicts.get(spec)
  if (!verdict) {
    verdict = check(spec)
    verdicts.set(spec, verdict)
  }
  return verdict
}

function check(spec: Workflow['spec']): readonly Problem[] {
  const metadata = newMap()
  metadata['name'] = 'rendered'
  const document = Object.assign(newMap(), {
    apiVersion: 'headwater.dev/v1',
    kind: 'Workflow',
    metadata,
    spec: spec as unknown as Json,
  })
  return fitsKind('Workflow', document) ? checkWorkflow(spec) : schemaProblems('Workflow', document)
}
