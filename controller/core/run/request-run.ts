import type { Digest, EffectiveWorkflow, TenantContext } from '../model/effective.ts'
import type { JsonMap } from '../model/values.ts'
import { checkInputs } from './check-inputs.ts'
import { epoch, type RunRequested, type TriggerOfRun } from './events.ts'
import { runIdOf } from './run-id.ts'

export interface Request {
  readonly workflow: EffectiveWorkflow
  readonly tenant: TenantContext
  readonly contextDigest: Digest
  readonly commit: string
  readonly trigger: TriggerOfRun
  readonly inputs: JsonMap
  readonly sandbox?: boolean
  readonly now: number
}

export type Requested =
  | { readonly kind: 'requested'; readonly event: RunRequested }
  | { readonly kind: 'refused'; readonly messages: readonly string[] }

/** The first event of a run, or why there may be none. */
export function requestRun(request: Request): Requested {
  const { workflow, tenant, contextDigest, commit, trigger, inputs, now, sandbox = false } = request
  const { name, owner, release, digest, spec } = workflow
  const { path, uid } = tenant
  if (tenant.suspended) return { kind: 'refused', messages: [`Tenant ${path} is suspended: it starts no runs.`] }
  const checked = checkInputs(spec.inputs, inputs)
  if (checked.kind === 'refused') return checked
  // A trial must not stand in for the run that is meant: the same delivery may come to both.
  const deliveryId = sandbox ? `sandbox:${trigger.deliveryId}` : trigger.deliveryId
  const origin = { tenantUid: uid, workflow: `${owner}:${name}`, trigger: trigger.id, deliveryId }
  const event: RunRequested = {
    type: 'RunRequested',
    at: now,
    runId: runIdOf(origin),
    epoch,
    tenant: { path, uid },
    workflow: { name, owner, release, digest },
    contextDigest,
    commit,
    trigger,
    inputs: checked.inputs,
    ...(sandbox && { sandbox }),
  }
  return { kind: 'requested', event }
}
