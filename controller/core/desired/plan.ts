import type { Digest } from '../model/effective.ts'
import { type Problem, problem } from '../model/problems.ts'
import type { DesiredState, DesiredTenant } from './resolve.ts'

/** What was applied for a tenant, as the store remembers it. */
export interface ObservedTenant {
  readonly path: string
  readonly uid: string
  readonly digest: Digest
  readonly contextDigest: Digest
  readonly workflows: Readonly<
    Record<string, { readonly digest: Digest; readonly release: string; readonly owner: string }>
  >
}

type ValidTenant = Extract<DesiredTenant, { kind: 'valid' }>

export interface WorkflowChanges {
  readonly added: readonly string[]
  readonly updated: readonly string[]
  readonly removed: readonly string[]
}

/** One step from observed to desired state. */
export type Change =
  | {
      readonly kind: 'create' | 'update' | 'move'
      readonly path: string
      readonly from?: string
      readonly tenant: ValidTenant
      readonly workflows: WorkflowChanges
    }
  | { readonly kind: 'remove'; readonly path: string; readonly observed: ObservedTenant }

export interface Plan {
  /** Ordered: parents before children, removals last and children first. */
  readonly changes: readonly Change[]
  /** Tenants that stay as they are because they cannot be computed. */
  readonly frozen: readonly { readonly path: string; readonly cause: Problem }[]
  readonly unchanged: number
  /** Present where the plan removes so much that a person must say so; its removals are then left out of `changes`. */
  readonly brake?: Problem
}

export interface PlanOptions {
  /** Removals that a person has allowed, as a number that must be met exactly. */
  readonly allowRemovals?: number
}

/** At most so many tenants, and so large a share of them, go without a person's word. */
const brake = { tenants: 5, share: 0.1 }

/**
 * What has to be done so that the observed state becomes the desired one. A tenant that is frozen is neither changed
 * nor removed; a tenant that turns up at another path with the same uid is moved.
 */
export function planChanges(
  desired: DesiredState,
  observed: ReadonlyMap<string, ObservedTenant>,
  options: PlanOptions = {},
): Plan {
  const changes: Change[] = []
  const frozen: { path: string; cause: Problem }[] = []
  let unchanged = 0
  const gone = new Map<string, ObservedTenant>()
  for (const tenant of observed.values()) if (!desired.tenants.has(tenant.path)) gone.set(tenant.uid, tenant)

  for (const tenant of desired.tenants.values()) {
    if (tenant.kind === 'frozen') {
      frozen.push({ path: tenant.path, cause: tenant.cause })
      continue
    }
    const before = observed.get(tenant.path)
    const moved = before ? undefined : gone.get(tenant.uid)
    if (moved) gone.delete(tenant.uid)
    if (before?.digest === tenant.digest) unchanged++
    else {
      const kind = before ? 'update' : moved ? 'move' : 'create'
      const workflows = workflowChanges(before ?? moved, tenant)
      changes.push({ kind, path: tenant.path, ...(moved && { from: moved.path }), tenant, workflows })
    }
  }
  const removals = [...gone.values()].sort((a, b) => (a.path < b.path ? 1 : -1))
  const stop = removalBrake(removals, observed.size, options.allowRemovals)
  if (!stop) for (const tenant of removals) changes.push({ kind: 'remove', path: tenant.path, observed: tenant })
  return { changes, frozen, unchanged, ...(stop && { brake: stop }) }
}

function removalBrake(
  removals: readonly ObservedTenant[],
  total: number,
  allowed: number | undefined,
): Problem | undefined {
  if (removals.length === 0 || allowed === removals.length) return undefined
  if (removals.length <= brake.tenants && removals.length <= Math.max(1, total * brake.share)) return undefined
  const paths = removals.slice(0, 5).map((tenant) => tenant.path)
  const more = removals.length > paths.length ? ', …' : ''
  return problem(
    'too-many-removals',
    `${removals.length} of ${total} tenants would be removed: ${paths.join(', ')}${more}`,
    {
      hint: `nothing is removed; start with --allow-removals ${removals.length} if it is meant`,
    },
  )
}

export function workflowChanges(
  before: Pick<ObservedTenant, 'workflows'> | undefined,
  tenant: Pick<ValidTenant, 'workflows'>,
): WorkflowChanges {
  const old = before?.workflows ?? {}
  const added: string[] = []
  const updated: string[] = []
  for (const [name, workflow] of tenant.workflows) {
    const known = old[name]
    if (!known) added.push(name)
    else if (known.digest !== workflow.digest) updated.push(name)
  }
  return { added, updated, removed: Object.keys(old).filter((name) => !tenant.workflows.has(name)) }
}

/** A valid tenant as it is remembered once it is applied. */
export function toObserved(tenant: ValidTenant): ObservedTenant {
  const workflows = Object.fromEntries(
    [...tenant.workflows].map(([name, { digest, release, owner }]) => [name, { digest, release, owner }]),
  )
  return { path: tenant.path, uid: tenant.uid, digest: tenant.digest, contextDigest: tenant.contextDigest, workflows }
}
