import type { Digest } from '../model/effective.ts'
import type { Connector } from '../model/generated/kinds.ts'
import type { JsonMap } from '../model/values.ts'
import { digestOf } from './digest.ts'
import { type Fleet, isUnreadable } from './fleet.ts'
import type { DesiredState } from './resolve.ts'

/** What contexts refer to by digest. */
export function referredObjects(fleet: Fleet): Pick<DesiredState, 'connectors' | 'inputSchemas'> {
  const connectors = new Map<Digest, Connector['spec']>()
  for (const connector of fleet.connectors.values()) {
    if (!isUnreadable(connector)) connectors.set(digestOf(connector.resource.spec), connector.resource.spec)
  }
  const inputSchemas = new Map<Digest, JsonMap>()
  for (const action of fleet.actions.values()) {
    if (!isUnreadable(action)) inputSchemas.set(digestOf(action.resource.spec.input), action.resource.spec.input)
  }
  return { connectors, inputSchemas }
}
