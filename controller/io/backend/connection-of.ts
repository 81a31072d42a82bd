import type { BoundConnection, TenantContext } from '../../core/model/effective.ts'
import type { Attempt } from '../../core/run/decision.ts'

/** The connection that an attempt goes through, as the run pinned it. */
export function connectionOf(
  { bindings }: TenantContext,
  { action, connection }: Pick<Attempt, 'action' | 'connection'>,
): BoundConnection | undefined {
  return bindings[action]?.connections.find(({ name }) => name === connection)
}
