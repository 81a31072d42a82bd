import { actionsOf } from './bind.ts'
import type { Chain } from './chain.ts'
import type { DesiredWorkflow } from './resolve.ts'
import type { Subscription } from './subscriptions.ts'

type Workflows = ReadonlyMap<string, DesiredWorkflow>

/** Who follows by itself, and is not held back, has the same from the same share with the same overlays. */
export function isAsBefore(known: DesiredWorkflow, { share, target }: Subscription, chain: Chain): boolean {
  const isMeant = target.kind === 'release' && known.wanted === target.version
  return isMeant && known.chain === chain && known.share === share && known.updates === 'auto' && !known.held
}

/** Then nobody has to be found anew who performs them. */
export function haveSameActions(before: Workflows, now: Workflows): boolean {
  if (before.size !== now.size) return false
  for (const [name, { spec }] of now) {
    const old = before.get(name)?.spec
    if (old === undefined) return false
    if (old !== spec && actionsOf(old) !== actionsOf(spec)) return false
  }
  return true
}
