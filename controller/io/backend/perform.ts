import type { BoundConnection } from '../../core/model/effective.ts'
import type { Connector } from '../../core/model/generated/kinds.ts'
import type { JsonMap } from '../../core/model/values.ts'
import type { Outcome } from '../../core/run/outcome.ts'

/** What one attempt is performed with. The secret travels with the attempt: a host keeps none. */
export interface PerformRequest {
  readonly tenant: { readonly path: string; readonly uid: string }
  readonly connection: BoundConnection
  readonly connector: Connector['spec']
  readonly action: string
  readonly input: JsonMap
  readonly idempotencyKey: string
  readonly timeoutMs: number
  readonly secret: string | null
  /** Performed by the sandbox, although others of this process reach vendors. */
  readonly sandbox: boolean
  /** True where an earlier attempt may have taken effect. */
  readonly again: boolean
}

export type Perform = (request: PerformRequest) => Promise<Outcome>

/** What the module at `performModule` exports. Called once in each host, with the `performOptions` of the composition. */
export interface PerformModule {
  readonly openPerform: (options: unknown) => Perform | Promise<Perform>
}
