import type { Declared, DesiredState, WorkflowFiles } from '../desired/index.ts'
import type { TenantNode } from '../desired/hierarchy.ts'
import { fullName } from '../desired/fleet.ts'
import { selects, subtree } from '../desired/select.ts'
import { selectSubscriptions, type Subscriptions } from '../desired/subscriptions.ts'
import { counted, firstOf, type Refusal, refused, refusedUnplaced } from './authored.ts'

export interface ShareEffect {
  /** Those that the share selects, parents first. */
  readonly selected: readonly TenantNode[]
  /** Those of them that did not have the workflow before. */
  readonly fresh: readonly TenantNode[]
  /** Those that keep what a nearer share hands them. */
  readonly kept: readonly TenantNode[]
}

/** What a share does once it is there, `share` standing in for any present one of the same file; refused where it would freeze a tenant. */
export function shareEffect(
  state: DesiredState,
  share: Declared<'Share'>,
  workflow: WorkflowFiles,
): ShareEffect | Refusal {
  const { fleet, hierarchy } = state
  const { to } = share.resource.spec
  const selected = [...subtree(hierarchy.nodes, to.subtree ?? share.owner)].filter((tenant) =>
    selects(to, tenant, share.owner),
  )
  if (selected.length === 0)
    return refused('empty-selector', 'the tag expression selects no tenant', '`headwater tenants` shows the tags')
  const shares = [...fleet.shares.filter(({ file }) => file !== share.file), share]
  const before = selectSubscriptions(fleet, hierarchy.nodes)
  const after = selectSubscriptions({ ...fleet, shares }, hierarchy.nodes)
  const clash = newConflict(before, after) ?? twoOfOneName(selected, after, workflow)
  if (clash) return clash
  const key = fullName(workflow.owner, workflow.name)
  const giver = (found: Subscriptions, tenant: TenantNode) => found.byTenant.get(tenant.path)?.get(key)?.share
  return {
    selected,
    fresh: selected.filter((tenant) => giver(before, tenant) === undefined),
    kept: selected.filter((tenant) => (giver(after, tenant)?.owner.length ?? 0) > share.owner.length),
  }
}

function newConflict(before: Subscriptions, after: Subscriptions): Refusal | undefined {
  const fresh = [...after.frozen].filter(([path]) => !before.frozen.has(path))
  const [first] = fresh
  if (!first) return undefined
  const [, cause] = first
  const more = fresh.length > 1 ? ` (and for ${counted(fresh.length - 1, 'more tenant')})` : ''
  return refusedUnplaced({
    ...cause,
    message: `${cause.message}${more}`,
    hint: 'narrow the tag expression, or change the other share',
  })
}

/** Two workflows of one short name cannot both reach a tenant. */
function twoOfOneName(
  selected: readonly TenantNode[],
  after: Subscriptions,
  { owner, name }: WorkflowFiles,
): Refusal | undefined {
  const twice = selected.filter((tenant) =>
    [...(after.byTenant.get(tenant.path) ?? [])].some(
      ([key, other]) => other.workflow.name === name && key !== fullName(owner, name),
    ),
  )
  if (twice.length === 0) return undefined
  const paths = firstOf(twice.map(({ path }) => path))
  return refused('ambiguous-workflow', `another workflow named ${name} reaches ${paths}`, 'narrow the tag expression')
}
