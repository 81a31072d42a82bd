import { isWithin } from '../model/names.ts'
import { type Problem, problem } from '../model/problems.ts'
import { type Declared, type Fleet, fullName, type WorkflowFiles } from './fleet.ts'
import type { TenantNode } from './hierarchy.ts'
import { cloneBase, visibleWorkflow } from './subscriptions.ts'

/**
 * The overlays of one workflow from its owner down to a tenant. A tenant without an overlay has the chain of its
 * parent, so equal chains are one object and are rendered once.
 */
export interface Chain {
  /** Blob ids of the overlays, in order: equal keys, equal rendering of a release. */
  readonly key: string
  readonly workflow: WorkflowFiles
  readonly above: Chain | null
  /** Null at the workflow itself. */
  readonly overlay: Declared<'Overlay'> | null
}

export interface Layers {
  /** The chain of a workflow at a tenant. */
  chainOf(tenant: TenantNode, workflow: WorkflowFiles): Chain
  /** Problems of overlays that name no visible workflow, by the tenant they freeze. */
  readonly problems: readonly Problem[]
}

/** Finds the overlays, clones and chains of all tenants. */
export function buildLayers(fleet: Fleet, nodes: ReadonlyMap<string, TenantNode>): Layers {
  const problems: Problem[] = []
  const overlays = new Map<TenantNode, Map<WorkflowFiles, Declared<'Overlay'>>>()
  for (const node of nodes.values()) {
    for (const overlay of node.files.overlays) {
      const at = { place: { file: overlay.file, line: 1, column: 1 }, path: '/spec/workflow', tenant: node.path }
      const workflow = visibleWorkflow(fleet, node.path, overlay.resource.spec.workflow)
      if ('code' in workflow) {
        problems.push({ ...workflow, ...at })
        continue
      }
      const mine = overlays.get(node) ?? new Map<WorkflowFiles, Declared<'Overlay'>>()
      overlays.set(node, mine)
      const twin = mine.get(workflow)
      if (twin)
        problems.push(problem('duplicate-name', `${twin.file} already changes ${workflow.name} for ${node.path}`, at))
      else mine.set(workflow, overlay)
    }
  }

  const roots = new Map<WorkflowFiles, Chain>()
  const interned = new Map<string, Chain>()
  const chains = new Map<WorkflowFiles, Map<TenantNode, Chain>>()

  const rootOf = (workflow: WorkflowFiles): Chain => {
    let root = roots.get(workflow)
    if (!root) {
      root = { key: fullName(workflow.owner, workflow.name), workflow, above: null, overlay: null }
      roots.set(workflow, root)
    }
    return root
  }
  const chainOf = (tenant: TenantNode, workflow: WorkflowFiles): Chain => {
    const known = chains.get(workflow) ?? new Map<TenantNode, Chain>()
    chains.set(workflow, known)
    let chain = known.get(tenant)
    if (!chain) {
      chain = extend(tenant, workflow)
      known.set(tenant, chain)
    }
    return chain
  }
  const extend = (tenant: TenantNode, workflow: WorkflowFiles): Chain => {
    const inScope = tenant.parent !== null && isWithin(tenant.parent.path, workflow.owner)
    const clone = cloneFor(fleet, tenant, workflow)
    const above = clone ? rootOf(clone) : inScope ? chainOf(tenant.parent as TenantNode, workflow) : rootOf(workflow)
    const overlay = overlays.get(tenant)?.get(workflow)
    if (!overlay) return above
    const key = `${above.key} ${overlay.oid}`
    let chain = interned.get(key)
    if (!chain) {
      chain = { key, workflow: above.workflow, above, overlay }
      interned.set(key, chain)
    }
    return chain
  }
  return { chainOf, problems }
}

/** The tenant's own clone of a workflow; it stands in for it from this tenant down. */
function cloneFor(fleet: Fleet, tenant: TenantNode, workflow: WorkflowFiles): WorkflowFiles | undefined {
  const own = fleet.workflows.get(fullName(tenant.path, workflow.name))
  const base = own && cloneBase(own)
  return base?.split('@')[0] === workflow.name ? own : undefined
}

/** Every overlay of a chain, from the top down. */
export function overlaysOf(chain: Chain): Declared<'Overlay'>[] {
  const found: Declared<'Overlay'>[] = []
  for (let at: Chain | null = chain; at; at = at.above) if (at.overlay) found.unshift(at.overlay)
  return found
}
