import type { BoundConnection } from '../../core/model/effective.ts'
import type { Connector } from '../../core/model/generated/kinds.ts'
import type { JsonMap } from '../../core/model/values.ts'
import type { Outcome } from '../../core/run/outcome.ts'
import { Secret } from './credential.ts'
import { EgressGate, type EgressOptions } from './egress-gate.ts'
import { performAction } from './perform-action.ts'

/** One attempt as it reaches a host. */
interface Request {
  readonly connection: BoundConnection
  readonly connector: Connector['spec']
  readonly action: string
  readonly input: JsonMap
  readonly idempotencyKey: string
  readonly timeoutMs: number
  readonly secret: string | null
  readonly sandbox: boolean
  readonly again: boolean
}

/** What a host performs attempts with: one egress gate for its lifetime, one secret handle for each attempt. */
export function openPerform(options: unknown): (request: Request) => Promise<Outcome> {
  const egress = new EgressGate(options as EgressOptions)
  return ({ secret, ...request }) =>
    performAction({ ...request, egress, secret: secret === null ? null : new Secret(secret) })
}
