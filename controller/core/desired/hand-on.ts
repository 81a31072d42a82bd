import { isWithin } from '../model/names.ts'
import type { TenantNode } from './hierarchy.ts'
import { selects } from './select.ts'
import type { Offer, Subscription } from './subscriptions.ts'

export type HandOn = (offer: Offer, key: string, subscription: Subscription) => Subscription | undefined

/**
 * What a share gives to a tenant inside the repository of `mount`. One that stands in there hands out what belongs to that
 * repository, and of what comes from above no more than its owner receives, read-only where he has it so: nobody who could
 * object has seen such a share. Undefined where it gives nothing.
 */
export function createHandOn(mount: TenantNode, reaching: (tenant: TenantNode) => readonly Offer[]): HandOn {
  let received: ReadonlyMap<string, Subscription> | undefined
  return ({ share }, key, subscription) => {
    const isFromAbove = !isWithin(share.owner, mount.path)
    if (isFromAbove || isWithin(subscription.workflow.owner, mount.path)) return subscription
    received ??= receivedFromAbove(mount, reaching(mount))
    const own = received.get(key)
    return own && { ...subscription, access: own.access === 'read-only' ? own.access : subscription.access }
  }
}

function receivedFromAbove(mount: TenantNode, offers: readonly Offer[]): Map<string, Subscription> {
  const received = new Map<string, Subscription>()
  for (const { share, beyond, given } of offers) {
    if (beyond || isWithin(share.owner, mount.path) || !selects(share.resource.spec.to, mount, share.owner)) continue
    for (const each of given)
      if (!('unknown' in each) && !received.has(each.key)) received.set(each.key, each.subscription)
  }
  return received
}
