import { digestOf } from '../core/desired/digest.ts'
import type { Digest } from '../core/model/effective.ts'
import type { Workflow } from '../core/model/generated/kinds.ts'
import type { Problem } from '../core/model/problems.ts'
import { fitsKind, schemaProblems } from '../core/model/schema-problems.ts'
import { type Json, newMap } from '../core/model/values.ts'
import { checkWorkflow } from '../core/run/check-workflow.ts'

/** Renderings are new objects after every load, and nearly all of them equal ones that were checked before. */
const verdicts = new Map<Digest, readonly Problem[]>()
const remembered = 50_000

/**
 * What is wrong with a workflow as it was rendered: an overlay can break the schema, or take away a step that an
 * expression reads.
 */
export function checkWorkflowSpec(spec: Workflow['spec']): readonly Problem[] {
  const digest = digestOf(spec)
  let verdict = verdicts.get(digest)
  if (!verdict) {
    verdict = check(spec)
    if (verdicts.size >= remembered) verdicts.clear()
    verdicts.set(digest, verdict)
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
