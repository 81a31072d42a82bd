import type { Problem } from '../model/problems.ts'
import type { Hierarchy, TenantNode } from './hierarchy.ts'
import type { Layers } from './layers.ts'
import { frozenBy } from './releases.ts'
import type { Subscriptions } from './subscriptions.ts'

/** Why tenants are frozen: by their own broken files, by those of their ancestors, and by nothing else. */
export interface Freezes {
  causeOf(path: string): Problem | undefined
  /** After files of tenants have changed; parents before children. */
  renew(nodes: Iterable<TenantNode>): void
}

export function createFreezes(
  hierarchy: Hierarchy,
  subscriptions: Pick<Subscriptions, 'frozen'>,
  layers: Pick<Layers, 'problems' | 'problemOf'>,
): Freezes {
  const handedDown = new Map(hierarchy.frozen)
  const renew = (nodes: Iterable<TenantNode>): void => {
    for (const node of nodes) {
      const cause = hierarchy.frozen.get(node.path) ?? layers.problemOf(node.path) ?? fromAbove(node)
      if (cause) handedDown.set(node.path, cause)
      else handedDown.delete(node.path)
    }
  }
  const fromAbove = ({ path, parent }: TenantNode): Problem | undefined => {
    const above = parent && handedDown.get(parent.path)
    if (!above) return undefined
    const file = above.place?.file ?? parent.declared.file
    return above.code === 'frozen-by' ? above : { ...frozenBy(file, above), tenant: path }
  }
  // A clone may stand in the folder of somebody who is no node.
  for (const item of layers.problems)
    if (item.tenant !== undefined && !handedDown.has(item.tenant)) handedDown.set(item.tenant, item)
  renew(hierarchy.nodes.values())
  return {
    // Last, because a share that two files dispute concerns the one tenant and is not handed down.
    causeOf: (path) => handedDown.get(path) ?? subscriptions.frozen.get(path),
    renew,
  }
}
