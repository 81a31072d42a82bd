import { hash } from 'node:crypto'
import { isWithin, parentPath } from '../model/names.ts'
import { type Problem, problem } from '../model/problems.ts'
import { type Declared, type Fleet, fullName, isUnreadable, type WorkflowFiles } from './fleet.ts'
import type { TenantNode } from './hierarchy.ts'
import { type Chain, isLayer, type LayerChain } from './chain.ts'
import { isExempt } from './locks-of.ts'
import { subtree } from './select.ts'
import { cloneBase, mayBeClone, visibleWorkflow } from './visible-workflow.ts'

export interface Layers {
  /** The chain of a workflow at a tenant. */
  chainOf(tenant: TenantNode, workflow: WorkflowFiles): Chain
  /** Problems of overlays and clones that change no visible workflow; each names the tenant it freezes. */
  readonly problems: readonly Problem[]
  /** The first of them that names the tenant. */
  problemOf(tenant: string): Problem | undefined
  /** After overlays of tenants have changed: their chains and those of everybody below are made anew. */
  renew(tenants: Iterable<TenantNode>): void
}

/** Finds the overlays, clones and chains of all tenants. */
export function buildLayers(fleet: Fleet, nodes: ReadonlyMap<string, TenantNode>): Layers {
  const found = new Map<TenantNode, OwnOverlays['byWorkflow']>()
  const faulty = new Map<TenantNode, readonly Problem[]>()
  const ofClones: Problem[] = []
  const read = (node: TenantNode): void => {
    found.delete(node)
    faulty.delete(node)
    if (node.files.overlays.length === 0) return
    const { byWorkflow, problems } = readOverlays(fleet, node)
    found.set(node, byWorkflow)
    if (problems.length > 0) faulty.set(node, problems)
  }
  for (const node of nodes.values()) read(node)

  for (const workflow of fleet.workflows.values()) {
    const unfounded = cloneProblem(fleet, workflow)
    if (unfounded) ofClones.push(unfounded)
    if (workflow.head && !isUnreadable(workflow.head) && workflow.owner !== '')
      ofClones.push(...undecided(workflow.head, workflow.owner))
  }

  const cloners = new Set([...fleet.workflows.values()].filter(mayBeClone).map(({ owner }) => owner))
  const roots = new Map<WorkflowFiles, Chain>()
  const chains = new Map<TenantNode, Map<WorkflowFiles, Chain>>()

  const rootOf = (workflow: WorkflowFiles): Chain => {
    let root = roots.get(workflow)
    if (!root) {
      root = { key: stampOf(workflow), workflow, above: null, overlay: null }
      roots.set(workflow, root)
    }
    return root
  }
  const chainOf = (tenant: TenantNode, workflow: WorkflowFiles): Chain => {
    const known = chains.get(tenant)
    const before = known?.get(workflow)
    if (before) return before
    const inScope = tenant.parent !== null && isWithin(tenant.parent.path, workflow.owner)
    const given = inScope ? chainOf(tenant.parent, workflow) : rootOf(workflow)
    const chain = extend(given, tenant, workflow)
    // A tenant at the end of the tree that adds nothing has what it is given, which is found as quickly.
    if (tenant.children.length > 0 || chain !== given)
      chains.set(tenant, (known ?? new Map<WorkflowFiles, Chain>()).set(workflow, chain))
    return chain
  }
  const extend = (given: Chain, tenant: TenantNode, workflow: WorkflowFiles): Chain => {
    const clone = cloners.has(tenant.path) ? cloneFor(fleet, tenant, workflow) : undefined
    const above = clone ? standIn(clone, given) : given
    const own = found.get(tenant)?.get(workflow)
    return own ? own.reduce((chain, overlay) => withOverlay(chain, above, overlay), above) : above
  }
  return {
    chainOf,
    get problems() {
      return [...[...faulty.values()].flat(), ...ofClones]
    },
    problemOf: (tenant) => {
      const node = nodes.get(tenant)
      return (node && faulty.get(node)?.[0]) ?? ofClones.find((item) => item.tenant === tenant)
    },
    renew: (tenants) => {
      for (const tenant of tenants) {
        read(tenant)
        for (const below of subtree(nodes, tenant.path)) chains.delete(below)
      }
    },
  }
}

interface OwnOverlays {
  readonly byWorkflow: ReadonlyMap<WorkflowFiles, readonly Declared<'Overlay'>[]>
  readonly problems: readonly Problem[]
}

function readOverlays(fleet: Fleet, { path, files }: TenantNode): OwnOverlays {
  const byWorkflow = new Map<WorkflowFiles, Declared<'Overlay'>[]>()
  const problems: Problem[] = []
  for (const overlay of files.overlays.toSorted((a, b) => (a.file < b.file ? -1 : 1))) {
    const workflow = visibleWorkflow(fleet, path, overlay.resource.spec.workflow)
    if ('code' in workflow) {
      const place = { file: overlay.file, line: 1, column: 1 }
      problems.push({ ...workflow, place, path: '/spec/workflow', tenant: path })
      continue
    }
    byWorkflow.set(workflow, [...(byWorkflow.get(workflow) ?? []), overlay])
    problems.push(...undecided(overlay, path))
  }
  return { byWorkflow, problems }
}

/** Renderings are shared by key, so what depends on who has the overlay must show in it. */
function withOverlay(chain: Chain, above: Chain, overlay: Declared<'Overlay'>): LayerChain {
  const own = isExempt(above, overlay.owner) ? `${overlay.oid}!${overlay.owner}` : overlay.oid
  const alone = { key: `${above.key} ${own}`, workflow: above.workflow, above, overlay }
  return isLayer(chain) && chain !== above
    ? { ...alone, key: `${chain.key}+${own}`, beside: { before: chain, alone } }
    : alone
}

/** The tenant's own clone of a workflow; it stands in for it from this tenant down. */
function cloneFor(fleet: Fleet, tenant: TenantNode, workflow: WorkflowFiles): WorkflowFiles | undefined {
  const own = fleet.workflows.get(fullName(tenant.path, workflow.name))
  return own && own !== workflow && mayBeClone(own) ? own : undefined
}

function standIn(clone: WorkflowFiles, given: Chain): Chain {
  const base = cloneBase(clone)?.split('@')[1]
  return {
    key: `${given.key} ${stampOf(clone)}${isExempt(given, clone.owner) ? `!${clone.owner}` : ''}`,
    workflow: clone,
    above: null,
    overlay: null,
    ...(base !== undefined && { standsFor: { chain: given, base } }),
  }
}

/** Names the workflow and all that can be rendered of it. */
export function stampOf({ owner, name, head, releases }: WorkflowFiles): string {
  const ids = [head, ...releases.values()].map((entry) => (!entry || isUnreadable(entry) ? '-' : entry.oid))
  return hash('sha256', [owner, name, ...releases.keys(), ...ids].join(' '))
}

/** A clone must name the workflow that its folder is called after and one of its releases; else it would stand for nothing. */
function cloneProblem(fleet: Fleet, clone: WorkflowFiles): Problem | undefined {
  const base = cloneBase(clone)
  if (base === undefined || !clone.head || isUnreadable(clone.head)) return undefined
  const at = {
    place: { file: clone.head.file, line: 1, column: 1 },
    path: '/metadata/annotations',
    ...(clone.owner !== '' && { tenant: clone.owner }),
  }
  const [name, version] = base.split('@') as [string, string?]
  if (clone.owner === '' || name.slice(name.indexOf(':') + 1) !== clone.name)
    return problem('unknown-workflow', `a clone of \`${base}\` cannot stand here: nothing above it is called so`, at)
  const original = visibleWorkflow(fleet, parentPath(clone.owner), name)
  if ('code' in original) return { ...original, ...at }
  if (version !== undefined && original.releases.has(version)) return undefined
  return problem('unknown-release', `the clone was made from \`${base}\`, which is no release of ${name}`, at)
}

export const unresolvedAnnotation = 'headwater.dev/unresolved'

/** An upgrade that was proposed with open conflicts must not take effect before somebody has decided them. */
function undecided({ file, resource }: Declared<'Overlay' | 'Workflow'>, tenant: string): Problem[] {
  const paths = resource.metadata.annotations?.[unresolvedAnnotation]
  if (paths === undefined) return []
  const at = { place: { file, line: 1, column: 1 }, path: '/metadata/annotations', tenant }
  return [
    problem('conflict', `nobody has decided ${paths}`, {
      ...at,
      hint: 'edit the values and remove the annotation, or run `headwater upgrade` with --take',
    }),
  ]
}
