import { depthOf, isWithin, selfAndAncestors } from '../model/names.ts'
import { type Problem, problem, warning } from '../model/problems.ts'
import { type Declared, type Fleet, fullName, isUnreadable, type WorkflowFiles } from './fleet.ts'
import type { TenantNode } from './hierarchy.ts'
import { type Target, targetRelease } from './releases.ts'
import { selects, subtree } from './select.ts'

/** What a share hands to one tenant. */
export interface Subscription {
  readonly workflow: WorkflowFiles
  readonly share: Declared<'Share'>
  readonly target: Target
  readonly access: 'customisable' | 'read-only'
  readonly updates: 'auto' | 'review' | 'pinned' | undefined
}

export interface Subscriptions {
  /** By tenant path, then by full name of the workflow. */
  readonly byTenant: ReadonlyMap<string, ReadonlyMap<string, Subscription>>
  /** Tenants for which two shares disagree. */
  readonly frozen: ReadonlyMap<string, Problem>
  readonly problems: readonly Problem[]
}

/**
 * Which tenant receives which workflow. The nearest owner wins; two shares of one owner may both select a tenant iff
 * they say the same. Shares are taken from the nearest owner up, so that a dispute further up is none where a nearer
 * share has decided.
 */
export function selectSubscriptions(fleet: Fleet, nodes: ReadonlyMap<string, TenantNode>): Subscriptions {
  const byTenant = new Map<string, Map<string, Subscription>>()
  const frozen = new Map<string, Problem>()
  const problems: Problem[] = []
  const shared = new Set<WorkflowFiles>()

  for (const share of [...fleet.shares].sort((a, b) => depthOf(b.owner) - depthOf(a.owner))) {
    const { spec } = share.resource
    const at = (path: string) => ({ place: { file: share.file, line: 1, column: 1 }, path })
    const root = spec.to.subtree ?? share.owner
    if (!isWithin(root, share.owner)) {
      const beyond = problem('out-of-scope', `a share of ${share.owner} cannot reach ${root}`, at('/spec/to/subtree'))
      problems.push(beyond)
      freeze(frozen, subtree(nodes, share.owner), beyond)
      continue
    }
    if (root !== '' && !nodes.has(root) && !fleet.tenants.has(root))
      problems.push(problem('unknown-tenant', `there is no tenant ${root}`, at('/spec/to/subtree')))
    const tenants = [...subtree(nodes, root)].filter((tenant) => selects(spec.to, tenant))
    if (tenants.length === 0) problems.push(warning('empty-selector', 'the share selects no tenant', at('/spec/to')))

    for (const wanted of spec.workflows) {
      const path = `/spec/workflows/[name=${wanted.name}]`
      const workflow = visibleWorkflow(fleet, share.owner, wanted.name)
      if ('code' in workflow) {
        const unknown = { ...workflow, ...at(`${path}/name`) }
        problems.push(unknown)
        // A misspelt name must not read as "these tenants no longer get the workflow".
        freeze(frozen, tenants, unknown)
        continue
      }
      shared.add(workflow)
      const target = targetRelease(workflow, wanted, { file: share.file, path })
      if (target.kind === 'none') problems.push(target.problem)
      const subscription = {
        workflow,
        share,
        target,
        access: spec.access ?? 'customisable',
        updates: spec.updates,
      } as const
      for (const tenant of tenants) {
        const mine = byTenant.get(tenant.path) ?? new Map<string, Subscription>()
        byTenant.set(tenant.path, mine)
        const key = fullName(workflow.owner, workflow.name)
        const other = mine.get(key)
        if (!other) mine.set(key, subscription)
        else if (other.share.owner === share.owner && !agree(other, subscription)) {
          const clash = problem(
            'share-conflict',
            `${share.file} and ${other.share.file} disagree about ${wanted.name} for ${tenant.path}`,
            { ...at(path), tenant: tenant.path },
          )
          problems.push(clash)
          frozen.set(tenant.path, clash)
        }
      }
    }
  }
  for (const workflow of fleet.workflows.values()) {
    if (workflow.head && !isUnreadable(workflow.head) && !shared.has(workflow) && !isClone(workflow)) {
      problems.push(
        warning('not-shared', `${workflow.name} is shared with nobody`, {
          place: { file: workflow.head.file, line: 1, column: 1 },
        }),
      )
    }
  }
  return { byTenant, frozen, problems }
}

/** The workflow of a short or full name as seen from a tenant (empty: the root), or what is wrong with the name. */
export function visibleWorkflow(fleet: Fleet, from: string, name: string): WorkflowFiles | Problem {
  if (name.includes(':')) {
    const workflow = fleet.workflows.get(name)
    if (workflow && isWithin(from, workflow.owner)) return workflow
    return problem('unknown-workflow', `no workflow \`${name}\` is visible here`)
  }
  const found = ['', ...[...selfAndAncestors(from)].reverse()]
    .map((owner) => fleet.workflows.get(fullName(owner, name)))
    .filter((workflow): workflow is WorkflowFiles => workflow !== undefined)
    .filter((workflow, index) => !isClone(workflow) && !(index > 0 && mayBeClone(workflow)))
  const [first, second] = found
  if (first && second) {
    return problem(
      'ambiguous-workflow',
      `\`${name}\` may be ${fullName(first.owner, name)} or ${fullName(second.owner, name)}`,
    )
  }
  return first ?? problem('unknown-workflow', `no workflow \`${name}\` is visible here`)
}

export const baseAnnotation = 'headwater.dev/base'

/** A clone is a full copy that stands in for the workflow it was made from; it names it in an annotation. */
export function isClone(workflow: WorkflowFiles): boolean {
  return cloneBase(workflow) !== undefined
}

/** A head that cannot be read may be that of a clone: then nobody may be handed the original in its place. */
export function mayBeClone(workflow: WorkflowFiles): boolean {
  return workflow.head !== undefined && (isUnreadable(workflow.head) || isClone(workflow))
}

/** `phishing-response@2.0.0` of a clone. */
export function cloneBase(workflow: WorkflowFiles): string | undefined {
  if (!workflow.head || isUnreadable(workflow.head)) return undefined
  return workflow.head.resource.metadata.annotations?.[baseAnnotation]
}

function freeze(frozen: Map<string, Problem>, tenants: Iterable<TenantNode>, cause: Problem): void {
  for (const tenant of tenants) if (!frozen.has(tenant.path)) frozen.set(tenant.path, cause)
}

function agree(a: Subscription, b: Subscription): boolean {
  const [left, right] = [a.target, b.target]
  const sameTarget = left.kind === 'release' && right.kind === 'release' && left.version === right.version
  return sameTarget && a.access === b.access && a.updates === b.updates
}
