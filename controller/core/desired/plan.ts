import type { Digest } from '../model/effective.ts'
import { isWithin, parentPath, selfAndAncestors } from '../model/names.ts'
import { type Problem, problem } from '../model/problems.ts'
import type { Declared } from './fleet.ts'
import { brakeRemovals } from './removal-brake.ts'
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
  const emptied = emptiedShares(desired)
  // By uid and not by path: another tenant at a known path is another tenant.
  const gone = new Map([...observed.values()].map((tenant) => [tenant.uid, tenant]))

  for (const tenant of desired.tenants.values()) {
    if (tenant.kind === 'frozen') {
      frozen.push({ path: tenant.path, cause: tenant.cause })
      const kept = observed.get(tenant.path)?.uid ?? desired.hierarchy.nodes.get(tenant.path)?.uid
      if (kept !== undefined) gone.delete(kept)
      continue
    }
    const before = gone.get(tenant.uid)
    gone.delete(tenant.uid)
    const isAt = before?.path === tenant.path
    if (isAt && before?.digest === tenant.digest) {
      unchanged++
      continue
    }
    const workflows = workflowChanges(before, tenant)
    const lost = emptied.find((share) => isWithin(tenant.path, share.owner) && takesAway(share, workflows.removed))
    if (lost) {
      frozen.push({ path: tenant.path, cause: emptiedBy(lost, tenant.path) })
      continue
    }
    const kind = !before ? 'create' : isAt ? 'update' : 'move'
    changes.push({ kind, path: tenant.path, ...(before && !isAt && { from: before.path }), tenant, workflows })
  }
  for (const [uid, tenant] of gone) {
    const cause = unreadableAbove(desired, tenant.path)
    if (!cause) continue
    gone.delete(uid)
    frozen.push({ path: tenant.path, cause })
  }
  const removals = [...gone.values()].sort((a, b) => (a.path < b.path ? 1 : -1))
  const braked = brakeRemovals(removals, observed, desired.hierarchy, options.allowRemovals)
  for (const tenant of braked.removals) changes.push({ kind: 'remove', path: tenant.path, observed: tenant })
  return { changes, frozen, unchanged, ...(braked.brake && { brake: braked.brake }) }
}

/**
 * The same after a few tenants have changed since a plan that was carried out, without a look at the others. Undefined
 * where more than these may be meant: somebody is frozen, comes, goes or moves, or removals wait for a person's word.
 */
export function planReached(
  desired: DesiredState,
  observed: ReadonlyMap<string, ObservedTenant>,
  reached: ReadonlySet<string>,
  before: Plan,
): Plan | undefined {
  if (before.brake || before.frozen.some(({ path }) => reached.has(path)) || emptiedShares(desired).length > 0)
    return undefined
  const changes: Change[] = []
  for (const path of reached) {
    const tenant = desired.tenants.get(path)
    const known = observed.get(path)
    if (tenant?.kind !== 'valid' || known?.uid !== tenant.uid) return undefined
    if (known.digest !== tenant.digest)
      changes.push({ kind: 'update', path, tenant, workflows: workflowChanges(known, tenant) })
  }
  const valid = before.unchanged + before.changes.filter(({ kind }) => kind !== 'remove').length
  return { changes, frozen: before.frozen, unchanged: valid - changes.length }
}

/** What lies below something that cannot be read is not known to be gone. */
function unreadableAbove(desired: DesiredState, path: string): Problem | undefined {
  for (const above of selfAndAncestors(parentPath(path))) {
    const tenant = desired.tenants.get(above)
    if (tenant?.kind === 'frozen') return tenant.cause
  }
  return desired.fleet.frozen.get('')
}

/** Shares that select nobody, be it on purpose or by a slip: they take nothing from anybody. */
function emptiedShares(desired: DesiredState): readonly Declared<'Share'>[] {
  const files = new Set(desired.problems.flatMap(({ code, place }) => (code === 'empty-selector' ? [place?.file] : [])))
  return desired.fleet.shares.filter((share) => files.has(share.file))
}

function takesAway(share: Declared<'Share'>, removed: readonly string[]): boolean {
  return share.resource.spec.workflows.some(({ name }) => removed.includes(name.slice(name.indexOf(':') + 1)))
}

function emptiedBy(share: Declared<'Share'>, tenant: string): Problem {
  return problem('empty-selector', `${share.file} selects no tenant, and ${tenant} would lose what it had from it`, {
    place: { file: share.file, line: 1, column: 1 },
    path: '/spec/to',
    tenant,
    hint: 'correct the selector, or delete the share if this is meant',
  })
}

export function workflowChanges(
  before: Pick<ObservedTenant, 'workflows'> | undefined,
  tenant: Pick<ValidTenant, 'workflows'>,
): WorkflowChanges {
  const old = before?.workflows ?? {}
  const added: string[] = []
  const updated: string[] = []
  for (const [name, workflow] of tenant.workflows) {
    const known = Object.hasOwn(old, name) ? old[name] : undefined
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
