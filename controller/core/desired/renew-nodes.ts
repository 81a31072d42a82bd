import type { Patched } from './fleet-changes.ts'
import { type Hierarchy, renewFiles, renewSubtree, type TenantNode } from './hierarchy.ts'
import { subtree } from './select.ts'

export interface Renewed {
  readonly reached: ReadonlySet<TenantNode>
  readonly retagged: ReadonlySet<TenantNode>
  /** Those among the reached for whom more than overlays may be another: what they are themselves, or who acts for them. */
  readonly rebound: ReadonlySet<TenantNode>
  readonly relayered: readonly TenantNode[]
}

/** Brings the nodes of tenants up to date with their files, and says whom that reaches. */
export function renewNodes({ fleet, owners }: Patched, { nodes }: Hierarchy): Renewed {
  const reached = new Set<TenantNode>()
  const retagged = new Set<TenantNode>()
  const rebound = new Set<TenantNode>()
  const relayered: TenantNode[] = []
  for (const [owner, roles] of owners) {
    const node = nodes.get(owner)
    if (!node) continue
    renewFiles(fleet, node)
    if (roles.has('tenant')) for (const below of renewSubtree(fleet, node)) retagged.add(below)
    // Whatever changed, all files of the owner were read anew, and a chain must hold the overlays that its tenant has.
    relayered.push(node)
    const isRebound = roles.has('tenant') || roles.has('connection')
    if (!isRebound && !roles.has('overlay')) continue
    for (const below of subtree(nodes, owner)) {
      reached.add(below)
      if (isRebound) rebound.add(below)
    }
  }
  return { reached, retagged, rebound, relayered }
}
