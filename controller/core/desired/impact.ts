import type { ActionBinding, TenantContext } from '../model/effective.ts'
import { isWithin } from '../model/names.ts'
import { type Problem, problem } from '../model/problems.ts'
import { type Comparison, compareStates } from './compare.ts'
import { type HeldConflict, heldConflicts } from './conflicts.ts'
import { type Declared, fullName, isUnreadable } from './fleet.ts'
import type { TenantNode } from './hierarchy.ts'
import type { DesiredState } from './resolve.ts'
import { selects, subtree } from './select.ts'

/** Something that comes or goes, with the tenants it concerns. */
export interface Reach<T> {
  readonly what: T
  readonly tenants: readonly string[]
}

/** Everything a reviewer has to know of a change before it is merged. */
export interface Impact extends Comparison {
  /** Actions that a tenant's workflows did not use before. */
  readonly newActions: readonly Reach<{ readonly action: string; readonly effect: ActionBinding['effect'] }>[]
  /** Connections that come into use, and the secret each one sends. */
  readonly newConnections: readonly Reach<{
    readonly connection: string
    readonly owner: string
    readonly connector: string
    readonly secret?: string
  }>[]
  /** Actions that will wait for a person where they did not before. */
  readonly newApprovals: readonly Reach<{ readonly action: string; readonly reason: string }>[]
  /** Actions that no longer wait for a person. */
  readonly droppedApprovals: readonly Reach<{ readonly action: string }>[]
  readonly tagChanges: readonly Reach<{ readonly tag: string; readonly from?: string; readonly to?: string }>[]
  /** Role bindings that reach tenants which they did not reach before. */
  readonly newRights: readonly Reach<{
    readonly binding: string
    readonly role: string
    readonly subjects: readonly string[]
  }>[]
  readonly newConflicts: readonly HeldConflict[]
  /** Tenants that stay behind the release they should have, in the new state. */
  readonly heldTenants: readonly string[]
  /** Why it must not be merged; empty where it may. */
  readonly refusals: readonly Problem[]
}

/** What a change does to every tenant. Costs what changed, plus one look at every tenant. */
export function impactOf(from: DesiredState, to: DesiredState): Impact {
  const comparison = compareStates(from, to)
  const known = new Set(heldConflicts(from).map((conflict) => conflict.id))
  const held = heldConflicts(to)
  const contexts = contextChanges(from, comparison)
  return {
    ...comparison,
    ...contexts,
    newRights: newRights(from, to),
    newConflicts: held.filter((conflict) => !known.has(conflict.id)),
    heldTenants: [...new Set(held.flatMap((conflict) => conflict.tenants))].sort(),
    refusals: [
      ...comparison.problems,
      ...changedReleases(from, to),
      ...(comparison.plan.brake ? [comparison.plan.brake] : []),
    ],
  }
}

function contextChanges(from: DesiredState, { plan }: Comparison) {
  const actions = new Reaches<{ action: string; effect: ActionBinding['effect'] }>()
  const connections = new Reaches<{ connection: string; owner: string; connector: string; secret?: string }>()
  const approvals = new Reaches<{ action: string; reason: string }>()
  const dropped = new Reaches<{ action: string }>()
  const tags = new Reaches<{ tag: string; from?: string; to?: string }>()
  for (const change of plan.changes) {
    if (change.kind === 'remove') continue
    const before = contextOf(from, change.from ?? change.path)
    const after = change.tenant.context
    const known = connectionsOf(before)
    for (const [action, { effect, approval }] of Object.entries(after.bindings)) {
      const earlier = before?.bindings[action]
      if (!earlier) actions.add({ action, effect }, change.path)
      if (approval !== undefined && earlier?.approval === undefined)
        approvals.add({ action, reason: approval }, change.path)
      if (approval === undefined && earlier?.approval !== undefined) dropped.add({ action }, change.path)
    }
    for (const [key, connection] of connectionsOf(after)) if (!known.has(key)) connections.add(connection, change.path)
    for (const tag of new Set([...Object.keys(before?.tags ?? {}), ...Object.keys(after.tags)])) {
      const [old, now] = [before?.tags[tag], after.tags[tag]]
      if (old !== now)
        tags.add({ tag, ...(old !== undefined && { from: old }), ...(now !== undefined && { to: now }) }, change.path)
    }
  }
  return {
    newActions: actions.all(),
    newConnections: connections.all(),
    newApprovals: approvals.all(),
    droppedApprovals: dropped.all(),
    tagChanges: tags.all(),
  }
}

function contextOf(state: DesiredState, path: string): TenantContext | undefined {
  const tenant = state.tenants.get(path)
  return tenant?.kind === 'valid' ? tenant.context : undefined
}

function connectionsOf(
  context: TenantContext | undefined,
): Map<string, { connection: string; owner: string; connector: string; secret?: string }> {
  const found = new Map<string, { connection: string; owner: string; connector: string; secret?: string }>()
  for (const { connections } of Object.values(context?.bindings ?? {})) {
    for (const { name, owner, connector, secret } of connections) {
      found.set(`${owner} ${name} ${connector} ${secret}`, {
        connection: name,
        owner,
        connector,
        ...(secret !== undefined && { secret }),
      })
    }
  }
  return found
}

/** A binding that is as it was can still reach more tenants, by a tag or a move; only then a tenant is looked at. */
function newRights(from: DesiredState, to: DesiredState): Impact['newRights'] {
  const rights = new Reaches<{ binding: string; role: string; subjects: string[] }>()
  const earlier = new Map(from.fleet.bindings.map((binding) => [binding.file, binding]))
  const rolesBefore = rolesOf(from)
  const rolesNow = rolesOf(to)
  for (const binding of to.fleet.bindings) {
    const { role, subjects } = binding.resource.spec
    // A role that says something else gives other rights to everybody who has it.
    const isSameRole = rolesBefore.get(role) === rolesNow.get(role)
    const before = isSameRole ? earlier.get(binding.file) : undefined
    const isSame = before !== undefined && before.oid === binding.oid
    for (const node of subtree(to.hierarchy.nodes, binding.resource.spec.to.subtree ?? binding.owner)) {
      if (!reaches(binding, node)) continue
      const old = from.hierarchy.nodes.get(node.path)
      if (isSame && old && (old.tags === node.tags || reaches(binding, old))) continue
      if (before && old && before.resource.spec.role === role && reaches(before, old) && sameSubjects(before, binding))
        continue
      rights.add(
        {
          binding: binding.resource.metadata.name,
          role,
          subjects: subjects.map(({ kind, name }) => `${kind} ${name}`),
        },
        node.path,
      )
    }
  }
  return rights.all()
}

/** Blob ids of every role of a name; roles of several owners may share one. */
function rolesOf({ fleet }: DesiredState): Map<string, string> {
  const found = new Map<string, string>()
  for (const { resource, owner, oid } of fleet.roles) {
    const { name } = resource.metadata
    found.set(name, `${found.get(name) ?? ''} ${owner} ${oid}`)
  }
  return found
}

function reaches(binding: Declared<'RoleBinding'>, node: TenantNode): boolean {
  return isWithin(node.path, binding.owner) && selects(binding.resource.spec.to, node, binding.owner)
}

function sameSubjects(a: Declared<'RoleBinding'>, b: Declared<'RoleBinding'>): boolean {
  const names = ({ resource }: Declared<'RoleBinding'>): string =>
    resource.spec.subjects
      .map(({ kind, name }) => `${kind} ${name}`)
      .sort()
      .join()
  return names(a) === names(b)
}

/**
 * A release is what tenants run and what overlays were written against: once it is there it never changes. It moves
 * with the tenant that owns it, and leaves with it.
 */
export function changedReleases(from: DesiredState, to: DesiredState): Problem[] {
  const found: Problem[] = []
  let places: ReadonlyMap<string, string> | undefined
  const placeOf = (owner: string): string => {
    const uid = from.hierarchy.nodes.get(owner)?.uid
    if (uid === undefined || to.hierarchy.nodes.get(owner)?.uid === uid) return owner
    places ??= new Map(to.hierarchy.nodes.values().map((node) => [node.uid, node.path]))
    return places.get(uid) ?? owner
  }
  for (const workflow of from.fleet.workflows.values()) {
    const { owner } = workflow
    const place = placeOf(owner)
    if (owner !== '' && place === owner && !to.fleet.tenants.has(owner)) continue
    const after = to.fleet.workflows.get(fullName(place, workflow.name))
    for (const [version, release] of workflow.releases) {
      const now = after?.releases.get(version)
      const at = { place: { file: release.file, line: 1, column: 1 } }
      if (!now) found.push(problem('release-changed', `release ${version} of ${workflow.name} is gone`, at))
      else if (isUnreadable(now) || isUnreadable(release) || now.oid !== release.oid) {
        if (isUnreadable(release)) continue
        found.push(problem('release-changed', `release ${version} of ${workflow.name} is not what it was`, at))
      }
    }
  }
  return found
}

/** Collects tenants by what concerns them. */
class Reaches<T extends object> {
  readonly #found = new Map<string, { what: T; tenants: string[] }>()

  add(what: T, tenant: string): void {
    const key = JSON.stringify(what)
    const known = this.#found.get(key)
    if (known) known.tenants.push(tenant)
    else this.#found.set(key, { what, tenants: [tenant] })
  }

  /** The widest first. */
  all(): Reach<T>[] {
    return [...this.#found.values()].sort((a, b) => b.tenants.length - a.tenants.length)
  }
}
