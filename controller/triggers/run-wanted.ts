import type { EffectiveWorkflow, TenantContext } from '../core/model/effective.ts'
import type { JsonMap } from '../core/model/values.ts'
import type { TriggerOfRun } from '../core/run/events.ts'

/** A request for a run; `deliveryId` of its trigger decides which requests are the same. */
export interface RunWanted {
  readonly tenant: TenantContext
  readonly contextDigest: string
  readonly workflow: EffectiveWorkflow
  readonly trigger: TriggerOfRun
  readonly inputs: JsonMap
  /** Performed by the sandbox, although the controller reaches vendors. */
  readonly sandbox?: boolean
}

export type Started =
  | { readonly kind: 'accepted' | 'already-accepted'; readonly runId: string }
  | { readonly kind: 'refused'; readonly messages: readonly string[] }

/** Resolves after the run is durable. */
export type StartRun = (wanted: RunWanted) => Promise<Started>
