import { hash } from 'node:crypto'
import { isWithin, parentPath } from '../model/names.ts'
import { type Problem, problem } from '../model/problems.ts'
import { type Declared, type Fleet, fullName, isUnreadable, type WorkflowFiles } from './fleet.ts'
import type { TenantNode } from './hierarchy.ts'
import { cloneBase, mayBeClone, visibleWorkflow } from './subscriptions.ts'

/**
 * The overlays of one workflow from its owner down to a tenant. A tenant without an overlay has the chain of its parent.
 * Tenants that write the same overlay have chains of their own, since problems and explanations name the owner; their
 * keys are equal, and so are their renderings.
 */
export interface Chain {
  /** Ids of the workflow's files and of the overlays, in order: equal keys, equal rendering of a release. */
  readonly key: string
  readonly workflow: WorkflowFiles
  readonly above: Chain | null
  /** Null at the workflow itself. */
  readonly overlay: Declared<'Overlay'> | null
  /** Of a clone: what it stands in for, and the release it was made from. */
  readonly standsFor?: { readonly chain: Chain; readonly base: string }
}

export interface Layers {
  /** The chain of a workflow at a tenant. */
  chainOf(tenant: TenantNode, workflow: WorkflowFiles): Chain
  /** Problems of overlays and clones that change no visible workflow; each names the tenant it freezes. */
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
      problems.push(...undecided(overlay, node.path))
    }
  }

  for (const workflow of fleet.workflows.values()) {
    const unfounded = cloneProblem(fleet, workflow)
    if (unfounded) problems.push(unfounded)
    if (workflow.head && !isUnreadable(workflow.head) && workflow.owner !== '')
      problems.push(...undecided(workflow.head, workflow.owner))
  }

  const roots = new Map<WorkflowFiles, Chain>()
  const chains = new Map<WorkflowFiles, Map<TenantNode, Chain>>()

  const rootOf = (workflow: WorkflowFiles): Chain => {
    let root = roots.get(workflow)
    if (!root) {
      root = { key: stampOf(workflow), workflow, above: null, overlay: null }
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
    const given = inScope ? chainOf(tenant.parent, workflow) : rootOf(workflow)
    const clone = cloneFor(fleet, tenant, workflow)
    const above = clone ? standIn(clone, given) : given
    const overlay = overlays.get(tenant)?.get(workflow)
    return overlay ? { key: `${above.key} ${overlay.oid}`, workflow: above.workflow, above, overlay } : above
  }
  return { chainOf, problems }
}

/** The tenant's own clone of a workflow; it stands in for it from this tenant down. */
function cloneFor(fleet: Fleet, tenant: TenantNode, workflow: WorkflowFiles): WorkflowFiles | undefined {
  const own = fleet.workflows.get(fullName(tenant.path, workflow.name))
  return own && own !== workflow && mayBeClone(own) ? own : undefined
}

function standIn(clone: WorkflowFiles, given: Chain): Chain {
  const base = cloneBase(clone)?.split('@')[1]
  return {
    key: `${given.key} ${stampOf(clone)}`,
    workflow: clone,
    above: null,
    overlay: null,
    ...(base !== undefined && { standsFor: { chain: given, base } }),
  }
}

/** Names the workflow and all that can be rendered of it. */
function stampOf({ owner, name, head, releases }: WorkflowFiles): string {
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

/** Every overlay of a chain, from the top down. */
export function overlaysOf(chain: Chain): Declared<'Overlay'>[] {
  const found: Declared<'Overlay'>[] = []
  for (let at: Chain | null = chain; at; at = at.above) if (at.overlay) found.unshift(at.overlay)
  return found
}
