import { isWithin } from '../model/names.ts'
import { type Problem, problem } from '../model/problems.ts'
import type { Hierarchy } from './hierarchy.ts'
import type { ObservedTenant } from './plan.ts'

/** At most so many tenants, and so large a share of them, go without a person's word. */
const most = { tenants: 5, share: 0.1 }

export interface Braked {
  readonly removals: readonly ObservedTenant[]
  readonly brake?: Problem
}

/**
 * The removals that may be carried out. Those in a tenant's own repository are counted by themselves: what somebody
 * deletes there must not hold up what others delete elsewhere.
 */
export function brakeRemovals(
  removals: readonly ObservedTenant[],
  observed: ReadonlyMap<string, ObservedTenant>,
  { nodes }: Hierarchy,
  allowed: number | undefined,
): Braked {
  if (removals.length === 0) return { removals }
  const mounts = [...nodes.values()].filter(({ mount, declared }) => !mount && declared.resource.spec.source)
  const isInside = (path: string, mount: string): boolean => path !== mount && isWithin(path, mount)
  const mountOf = ({ path }: ObservedTenant): string => mounts.find((mount) => isInside(path, mount.path))?.path ?? ''
  const stopped = new Set<ObservedTenant>()
  for (const [mount, group] of Map.groupBy(removals, mountOf)) {
    const total = mount === '' ? observed.size : [...observed.keys()].filter((path) => isInside(path, mount)).length
    if (group.length > most.tenants || group.length > Math.max(1, total * most.share))
      for (const tenant of group) stopped.add(tenant)
  }
  if (stopped.size === 0 || allowed === stopped.size) return { removals }
  return { removals: removals.filter((tenant) => !stopped.has(tenant)), brake: tooMany([...stopped], observed.size) }
}

function tooMany(stopped: readonly ObservedTenant[], total: number): Problem {
  const paths = stopped.slice(0, 5).map((tenant) => tenant.path)
  const more = stopped.length > paths.length ? ', …' : ''
  return problem(
    'too-many-removals',
    `${stopped.length} of ${total} tenants would be removed: ${paths.join(', ')}${more}`,
    { hint: `none of them is removed; start with --allow-removals ${stopped.length} if it is meant` },
  )
}
