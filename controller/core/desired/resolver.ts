import { buildHierarchy, type Hierarchy } from './hierarchy.ts'
import { type Fleet, type FleetFile, readFleet } from './fleet.ts'
import { type FleetChanges, FilesByOwner } from './fleet-changes.ts'
import { type Outcome, outcomeOf } from './known-tenant.ts'
import { isCrowded, newMemory } from './memory.ts'
import { renewNodes } from './renew-nodes.ts'
import {
  type CheckWorkflow,
  type DesiredState,
  type DesiredTenant,
  nameTenants,
  type Parts,
  problemsOf,
  type Recall,
  resolveReached,
  resolveWhole,
} from './resolve.ts'

/**
 * The desired state of a fleet: a pure function of its files. A problem freezes the tenants it concerns and nobody
 * else; every tenant that a file speaks of is in the result, valid or frozen.
 */
export function resolve(files: Iterable<FleetFile>, check: CheckWorkflow): DesiredState {
  return createResolver(check).resolve(files).state
}

/** What a resolver has come to. */
export interface Resolution {
  readonly state: DesiredState
  /** Paths of the tenants whose entry is another one than before; those that are gone are among them. */
  readonly changed: ReadonlySet<string>
}

export interface Resolver {
  /** From all files. What did not change since the last call is not computed again. */
  resolve(files: Iterable<FleetFile>): Resolution
  /**
   * From the files that differ since the last call, at the cost of what they reach. Undefined where only a look at all
   * files tells what they mean: tenants that come, go or break. A state that was handed out before is patched with it.
   */
  update(changes: FleetChanges): Resolution | undefined
  /** What the next process may recall. */
  readonly outcomes: FoundOutcomes
}

/** Outcomes by signature. */
export interface FoundOutcomes {
  /** At most so many. */
  readonly size: number
  /** Those that were not asked for yet. */
  fresh(): Map<string, Outcome>
  all(): Map<string, Outcome>
}

/** Resolves again and again; the state is the same as without memory. */
export function createResolver(check: CheckWorkflow, recall: Recall = () => undefined): Resolver {
  const files = new FilesByOwner()
  let memory = newMemory()
  let parts: Parts | undefined
  /** Tenants that are others than when their outcomes were asked for. */
  const unasked = new Set<string>()

  const whole = (fleet: Fleet, hierarchy: Hierarchy): Resolution => {
    const next = newMemory(memory, fleet.tenants.size)
    const made = resolveWhole({ fleet, hierarchy, check, recall }, memory, next)
    const changed = parts ? differing(parts.state.tenants, made.state.tenants) : new Set(made.state.tenants.keys())
    memory = next
    parts = made
    for (const path of changed) unasked.add(path)
    return { state: made.state, changed }
  }
  const outcomesOf = (paths: readonly string[] | ReadonlySet<string>): Map<string, Outcome> => {
    const found = new Map<string, Outcome>()
    if (parts) nameTenants(parts, paths, memory)
    for (const path of paths) {
      const remembered = memory.tenants.get(path)
      const outcome = remembered && outcomeOf(remembered)
      if (outcome) found.set(remembered.signature, outcome)
    }
    return found
  }
  return {
    resolve: (all) => {
      const list = [...all]
      files.reset(list)
      const fleet = readFleet(list)
      return whole(fleet, buildHierarchy(fleet))
    },
    update: (changes) => {
      if (!parts || isCrowded(memory, parts.state.tenants.size)) return undefined
      const { fleet, hierarchy } = parts.state
      const patched = files.patch(fleet, hierarchy, changes)
      if (!patched) return undefined
      const renewed = renewNodes(patched, hierarchy)
      if (patched.isShared && !patched.hasOnlyMoved) return whole(patched.fleet, hierarchy)
      const { subscriptions, freezes, state } = parts
      state.layers.renew(renewed.relayered)
      freezes.renew(renewed.reached)
      const reached = new Set(renewed.reached)
      // A look at where channels point to selects anew for everybody, those with other tags among them.
      if (patched.hasOnlyMoved) for (const node of subscriptions.retarget()) reached.add(node)
      else subscriptions.renew(renewed.retagged)
      const changed = resolveReached(parts, { reached, rebound: renewed.rebound }, memory, check)
      for (const path of changed) unasked.add(path)
      parts = { ...parts, state: { ...parts.state, problems: problemsOf(parts) } }
      return { state: parts.state, changed }
    },
    outcomes: {
      get size() {
        return parts?.state.tenants.size ?? 0
      },
      fresh: () => {
        const found = outcomesOf(unasked)
        unasked.clear()
        return found
      },
      all: () => outcomesOf([...(parts?.state.tenants.keys() ?? [])]),
    },
  }
}

function differing(before: ReadonlyMap<string, DesiredTenant>, after: ReadonlyMap<string, DesiredTenant>): Set<string> {
  const changed = new Set<string>()
  for (const [path, tenant] of after) if (before.get(path) !== tenant) changed.add(path)
  for (const path of before.keys()) if (!after.has(path)) changed.add(path)
  return changed
}
