import type { Digest, TenantContext } from '../model/effective.ts'
import type { Connector, Workflow } from '../model/generated/kinds.ts'
import type { JsonMap } from '../model/values.ts'
import type { AttemptFailed, RunEvent } from './events.ts'

/** What a run is decided with: all of it pinned, except the time. */
export interface DecisionContext {
  readonly workflow: Workflow['spec']
  readonly tenant: TenantContext
  /** The connectors of the tenant's bindings: only they know what may be repeated. */
  readonly connectors: Readonly<Record<Digest, Connector['spec']>>
  readonly now: number
}

/** One attempt on one connection, ready to be performed once its AttemptScheduled is durable. */
export interface Attempt {
  readonly step: string
  readonly connection: string
  readonly attempt: number
  readonly action: string
  readonly input: JsonMap
  readonly idempotencyKey: string
  readonly timeoutMs: number
  readonly idempotent: boolean
  readonly isLookedUp?: true
}

/** What follows from a state: events that must be durable first, and what the run then does or waits for. */
export type Decision =
  | { readonly kind: 'append'; readonly event: RunEvent }
  | { readonly kind: 'perform'; readonly attempt: Attempt }
  | { readonly kind: 'await-outcome'; readonly step: string; readonly connection: string }
  | { readonly kind: 'wait-until'; readonly at: number; readonly step: string; readonly connection?: string }
  | { readonly kind: 'wait-approval'; readonly step: string }
  | { readonly kind: 'await-child'; readonly step: string }
  | { readonly kind: 'wait-resolution'; readonly step: string; readonly connection: string }
  | { readonly kind: 'done' }

export function append(event: RunEvent): Decision {
  return { kind: 'append', event }
}

export function stepFailed(step: string, code: string, message: string, now: number, outputs?: JsonMap): Decision {
  const event: AttemptFailed = { type: 'AttemptFailed', at: now, step, code, message, final: true }
  return append(outputs === undefined ? event : { ...event, outputs })
}
