import type { ActionBinding, Digest, EffectiveWorkflow, TenantContext } from '../model/effective.ts'
import type { Connector, Workflow } from '../model/generated/kinds.ts'
import { type Problem, problem, warning } from '../model/problems.ts'
import { actionsOf, actionUses, createBinder, createBindings } from './bind.ts'
import { checkGuardrails } from './check-guardrails.ts'
import { contextDigestOf, digestOf, digestOnce } from './digest.ts'
import {
  type Declared,
  type Fleet,
  type FleetFile,
  fullName,
  isUnreadable,
  readFleet,
  type WorkflowFiles,
} from './fleet.ts'
import { buildHierarchy, type Hierarchy, type TenantNode } from './hierarchy.ts'
import { type Chain, isLayer, type LayerChain, overlaysBeside, overlaysOf } from './chain.ts'
import { buildLayers, type Layers } from './layers.ts'
import type { JsonMap } from '../model/values.ts'
import { createSignatures, type Memory, newMemory } from './memory.ts'
import { createRenderer, type Renderer, type Resolved } from './render.ts'
import { frozenBy, newestFirst } from './releases.ts'
import { selectSubscriptions, type Subscription, type Subscriptions } from './subscriptions.ts'

/** One workflow of one tenant, with how it came about. */
export interface DesiredWorkflow extends EffectiveWorkflow {
  readonly chain: Chain
  readonly share: Declared<'Share'>
  /** The release that the share's channel or range means. */
  readonly wanted: string
  readonly updates: 'auto' | 'review' | 'pinned'
  readonly held?: Resolved['held']
}

export type DesiredTenant =
  | {
      readonly kind: 'valid'
      readonly path: string
      readonly uid: string
      /** Over the context and every effective workflow: equal digests, nothing to do. */
      readonly digest: Digest
      readonly context: TenantContext
      readonly contextDigest: Digest
      /** By short name, sorted. */
      readonly workflows: ReadonlyMap<string, DesiredWorkflow>
    }
  /** Applying leaves such a tenant as it is. */
  | { readonly kind: 'frozen'; readonly path: string; readonly cause: Problem }

export interface DesiredState {
  readonly tenants: ReadonlyMap<string, DesiredTenant>
  readonly problems: readonly Problem[]
  readonly connectors: ReadonlyMap<Digest, Connector['spec']>
  /** Input schemas of the actions. */
  readonly inputSchemas: ReadonlyMap<Digest, JsonMap>
  /** For explain and plan: what the state was made of. */
  readonly fleet: Fleet
  readonly hierarchy: Hierarchy
  readonly layers: Layers
  readonly renderer: Renderer
}

interface Received {
  readonly subscription: Subscription
  readonly chain: Chain
}

/** Static check of a workflow document; problems carry field paths of the workflow. */
export type CheckWorkflow = (workflow: Workflow['spec']) => readonly Problem[]

/**
 * The desired state of a fleet: a pure function of its files. A problem freezes the tenants it concerns and nobody
 * else; every tenant that a file speaks of is in the result, valid or frozen.
 */
export function resolve(files: Iterable<FleetFile>, check: CheckWorkflow): DesiredState {
  return createResolver(check)(files)
}

/** Resolves again and again; what did not change is not computed again, and the state is the same as without memory. */
export function createResolver(check: CheckWorkflow): (files: Iterable<FleetFile>) => DesiredState {
  let memory = newMemory()
  return (files) => {
    const next = newMemory(memory)
    const state = resolveWith(files, check, memory, next)
    memory = next
    return state
  }
}

function resolveWith(files: Iterable<FleetFile>, check: CheckWorkflow, before: Memory, next: Memory): DesiredState {
  const fleet = readFleet(files)
  const hierarchy = buildHierarchy(fleet)
  const subscriptions = selectSubscriptions(fleet, hierarchy.nodes)
  const layers = buildLayers(fleet, hierarchy.nodes)
  const renderer = createRenderer(
    (document) => check(document.spec as unknown as Workflow['spec']).find((item) => item.severity === 'error'),
    next.renderings,
  )
  const bind = createBinder(fleet)
  const bindingsOf = createBindings()
  const signatureOf = createSignatures(fleet, before, next)
  const problems = [
    ...fleet.problems,
    ...hierarchy.problems,
    ...subscriptions.problems,
    ...layers.problems,
    ...checkGuardrails(fleet),
    ...checkTemplates(fleet, check),
  ]

  const frozen = frozenTenants(hierarchy, subscriptions, layers)
  const common = new Map<Chain, Map<Subscription, DesiredWorkflow>>()
  const tenants = new Map<string, DesiredTenant>()
  for (const path of [...fleet.tenants.keys()].sort()) {
    const node = hierarchy.nodes.get(path)
    const cause = frozen.get(path)
    const tenant = node && !cause ? rememberedTenant(node) : frozenTenant(path, cause)
    tenants.set(path, tenant)
  }
  const connectors = new Map<Digest, Connector['spec']>()
  for (const connector of fleet.connectors.values()) {
    if (!isUnreadable(connector)) connectors.set(digestOf(connector.resource.spec), connector.resource.spec)
  }
  const inputSchemas = new Map<Digest, JsonMap>()
  for (const action of fleet.actions.values()) {
    if (!isUnreadable(action)) inputSchemas.set(digestOf(action.resource.spec.input), action.resource.spec.input)
  }
  return { tenants, problems: unique(problems), connectors, inputSchemas, fleet, hierarchy, layers, renderer }

  function rememberedTenant(node: TenantNode): DesiredTenant {
    const received = [...(subscriptions.byTenant.get(node.path)?.values() ?? [])]
      .sort((a, b) => (a.workflow.name < b.workflow.name ? -1 : 1))
      .map((subscription) => ({ subscription, chain: layers.chainOf(node, subscription.workflow) }))
    const signature = signatureOf(node, received)
    const known = before.tenants.get(node.path)
    if (known?.signature === signature) {
      problems.push(...known.problems)
      next.tenants.set(node.path, known)
      return known.tenant
    }
    const reported = problems.length
    const tenant = resolveTenant(node, received)
    if (tenant.kind === 'valid') next.tenants.set(node.path, { signature, tenant, problems: problems.slice(reported) })
    return tenant
  }

  function resolveTenant(node: TenantNode, received: readonly Received[]): DesiredTenant {
    const workflows = new Map<string, DesiredWorkflow>()
    const bindings = new Map<string, ActionBinding>()
    for (const { subscription, chain } of received) {
      const workflow = resolveWorkflow(node, subscription, chain)
      if ('code' in workflow) return freeze(node.path, workflow)
      const twin = workflows.get(workflow.name)
      if (twin) {
        const message = `two workflows named ${workflow.name} reach ${node.path}, by ${twin.share.file} and ${subscription.share.file}`
        return freeze(
          node.path,
          problem('ambiguous-workflow', message, {
            tenant: node.path,
            place: { file: subscription.share.file, line: 1, column: 1 },
          }),
        )
      }
      workflows.set(workflow.name, workflow)
      for (const action of actionsOf(workflow.spec)) {
        if (bindings.has(action)) continue
        const bound = bind(node, action)
        if (bound.kind === 'unbound')
          return freeze(node.path, {
            ...bound.problem,
            message: `${bound.problem.message} (needed by ${workflow.name})`,
          })
        bindings.set(action, bound.binding)
      }
    }
    const extra =
      node.children.length === 0 &&
      node.files.overlays.find(
        (overlay) => ![...workflows.values()].some((workflow) => overlaysOf(workflow.chain).includes(overlay)),
      )
    if (extra) {
      problems.push(
        warning('overlay-not-shared', `${node.path} does not receive ${extra.resource.spec.workflow}`, {
          tenant: node.path,
          place: { file: extra.file, line: 1, column: 1 },
          path: '/spec/workflow',
        }),
      )
    }
    const context: TenantContext = {
      path: node.path,
      uid: node.uid,
      displayName: node.declared.resource.spec.displayName,
      tags: node.tags,
      values: node.values,
      timezone: node.timezone,
      concurrentRuns: node.concurrentRuns,
      suspended: node.suspended,
      bindings: bindingsOf(bindings),
    }
    const contextDigest = contextDigestOf(context)
    const rendered: Record<string, unknown> = {}
    for (const [name, { digest, release, owner }] of workflows) rendered[name] = { digest, owner, release }
    const digest = digestOnce({ context: contextDigest, workflows: rendered })
    return { kind: 'valid', path: node.path, uid: node.uid, digest, context, contextDigest, workflows }
  }

  /** Tenants that are given the same workflow, with the same overlays and by the same share, have one object in common. */
  function resolveWorkflow(node: TenantNode, subscription: Subscription, chain: Chain): DesiredWorkflow | Problem {
    const isCommon = (subscription.updates ?? node.updates) === 'auto'
    const known = isCommon ? common.get(chain)?.get(subscription) : undefined
    if (known) return known
    const workflow = resolveAlone(node, subscription, chain)
    if (!isCommon || 'code' in workflow || workflow.held) return workflow
    const bySubscription = common.get(chain) ?? new Map<Subscription, DesiredWorkflow>()
    common.set(chain, bySubscription.set(subscription, workflow))
    return workflow
  }

  function resolveAlone(node: TenantNode, subscription: Subscription, chain: Chain): DesiredWorkflow | Problem {
    const { workflow, share, target } = subscription
    if (target.kind === 'none') return { ...target.problem, tenant: node.path }
    const own = isLayer(chain) && chain.overlay.owner === node.path ? chain : undefined
    const refused = changeOfReadOnly(chain, workflow)
    if (refused) return { ...refused, tenant: node.path }
    const wanted =
      chain.workflow === workflow
        ? releaseInForce(node, subscription, own, target.version)
        : cloneVersion(chain, target.version)
    const { rendering, release, held } = renderer.resolve(chain, wanted)
    if (rendering.kind === 'invalid') {
      const from = own
        ? { place: { file: own.overlay.file, line: 1, column: 1 }, path: '/spec/base' }
        : { place: { file: node.declared.file, line: 1, column: 1 }, path: `/spec/pins/${workflow.name}` }
      return { ...(!rendering.problem.place && from), ...rendering.problem, tenant: node.path }
    }
    if (held) problems.push(heldBack(held, workflow.name))
    const { document } = rendering
    return {
      name: workflow.name,
      owner: chain.workflow.owner,
      release,
      digest: digestOf(document.spec),
      spec: document.spec as unknown as Workflow['spec'],
      chain,
      share,
      wanted: target.version,
      updates: subscription.updates ?? node.updates,
      ...(held && { held }),
    }
  }

  /** An overlay or a clone of somebody to whom the workflow is shared read-only; it would reach all below its owner. */
  function changeOfReadOnly(chain: Chain, workflow: WorkflowFiles): Problem | undefined {
    const isReadOnly = (owner: string): boolean =>
      subscriptions.byTenant.get(owner)?.get(fullName(workflow.owner, workflow.name))?.access === 'read-only'
    const changes = [...(chain.workflow === workflow ? [] : [chain.workflow.head]), ...overlaysOf(chain)]
    const change = changes.find((entry) => entry && isReadOnly(entry.owner))
    if (!change) return undefined
    return problem('not-customisable', `${workflow.name} is shared read-only with ${change.owner}`, {
      place: { file: change.file, line: 1, column: 1 },
      path: '/spec/workflow',
    })
  }

  /** In the modes review and pinned a release moves only when a file of the tenant says so. */
  function releaseInForce(
    node: TenantNode,
    subscription: Subscription,
    own: LayerChain | undefined,
    target: string,
  ): string {
    if ((subscription.updates ?? node.updates) === 'auto') return target
    const bases = own ? overlaysBeside(own).map(({ overlay }) => overlay.resource.spec.base) : []
    const pinned = newestFirst(bases).at(-1) ?? pinOf(node, subscription.workflow.name)
    if (pinned !== undefined) return pinned
    problems.push(
      warning(
        'not-pinned',
        `${node.path} follows the channel of ${subscription.workflow.name} until a release is pinned`,
        {
          tenant: node.path,
          place: { file: node.declared.file, line: 1, column: 1 },
          path: '/spec/updates',
        },
      ),
    )
    return target
  }

  function freeze(path: string, cause: Problem): DesiredTenant {
    problems.push(cause)
    return { kind: 'frozen', path, cause }
  }
}

function frozenTenant(path: string, cause: Problem | undefined): DesiredTenant {
  return { kind: 'frozen', path, cause: cause ?? problem('unknown-tenant', `${path} is not declared`) }
}

/** A tenant is frozen by its own broken files, by those of its ancestors, and by nothing else. */
function frozenTenants(
  hierarchy: Hierarchy,
  subscriptions: Subscriptions,
  layers: Layers,
): ReadonlyMap<string, Problem> {
  const frozen = new Map(hierarchy.frozen)
  for (const item of layers.problems)
    if (item.tenant !== undefined && !frozen.has(item.tenant)) frozen.set(item.tenant, item)
  for (const node of hierarchy.nodes.values()) {
    const above = node.parent && frozen.get(node.parent.path)
    if (above && !frozen.has(node.path)) {
      const file = above.place?.file ?? node.parent?.declared.file ?? ''
      frozen.set(node.path, above.code === 'frozen-by' ? above : { ...frozenBy(file, above), tenant: node.path })
    }
  }
  // Last, because a share that two files dispute concerns the one tenant and is not handed down.
  for (const [path, cause] of subscriptions.frozen) if (!frozen.has(path)) frozen.set(path, cause)
  return frozen
}

function pinOf(node: TenantNode, workflow: string): string | undefined {
  for (let at: TenantNode | null = node; at; at = at.parent) {
    const pin = at.declared.resource.spec.pins?.[workflow]
    if (pin !== undefined) return pin
  }
  return undefined
}

function cloneVersion(chain: Chain, wanted: string): string {
  let root = chain
  while (root.above) root = root.above
  const { head, releases } = root.workflow
  return releases.size === 0 && head && !isUnreadable(head) ? head.resource.spec.version : wanted
}

function heldBack(held: NonNullable<Resolved['held']>, workflow: string): Problem {
  const { level, conflicts } = held.at
  const message = `${workflow} stays behind ${held.wanted} at ${level.owner}: ${conflicts.length} conflict${conflicts.length === 1 ? '' : 's'}`
  return warning('held-back', message, {
    tenant: level.owner,
    place: { file: level.file, line: 1, column: 1 },
    path: '/spec/base',
  })
}

/** Static problems of every head and release, once a file. */
function checkTemplates(fleet: Fleet, check: CheckWorkflow): Problem[] {
  const found: Problem[] = []
  for (const workflow of fleet.workflows.values()) {
    for (const entry of [...workflow.releases.values(), ...(workflow.head ? [workflow.head] : [])]) {
      if (isUnreadable(entry)) continue
      const place = { file: entry.file, line: 1, column: 1 }
      for (const item of check(entry.resource.spec)) found.push({ ...item, place })
      for (const { action, path } of actionUses(entry.resource.spec.steps))
        if (!fleet.actions.has(action))
          found.push(problem('unknown-action', `the action \`${action}\` is not declared`, { place, path }))
    }
  }
  return found
}

/** The same cause met by many tenants is one problem. */
function unique(problems: readonly Problem[]): Problem[] {
  const seen = new Map<string, Problem>()
  for (const item of problems) {
    const key = `${item.code} ${item.place?.file} ${item.place?.line} ${item.path} ${item.message}`
    if (!seen.has(key)) seen.set(key, item)
  }
  return [...seen.values()]
}
