import type { TenantContext } from '../model/effective.ts'
import type { Workflow } from '../model/generated/kinds.ts'
import { type Problem, problem, warning } from '../model/problems.ts'
import { isTimezone, unknownTimezone } from '../model/timezones.ts'
import { equal, type Json } from '../model/values.ts'
import { actionsOf, type Bind } from './bind.ts'
import { type actionsIn, childrenOf } from './calls.ts'
import { haveSameActions, isAsBefore } from './as-before.ts'
import { type Chain, chainBefore, hasOverlay, isLayer, type LayerChain, overlaysBeside, rootChain } from './chain.ts'
import { contextDigestOf, digestOf, tenantDigestOf } from './digest.ts'
import { type Declared, type Entry, fullName, isUnreadable, type WorkflowFiles } from './fleet.ts'
import type { TenantNode } from './hierarchy.ts'
import { isMade } from './known-tenant.ts'
import { newestFirst } from './releases.ts'
import type { Renderer, Resolved } from './render.ts'
import type { CheckWorkflow, DesiredTenant, DesiredWorkflow } from './resolve.ts'
import type { Subscription, Subscriptions } from './subscriptions.ts'
import { createBindings } from './tenant-bindings.ts'

/** A workflow that a share hands to a tenant, and the overlays on the way to it. */
export interface Received {
  readonly subscription: Subscription
  readonly chain: Chain
}

export interface TenantParts {
  readonly subscriptions: Pick<Subscriptions, 'byTenant'>
  readonly renderer: Renderer
  readonly bind: Bind
  readonly check: CheckWorkflow
  readonly actionOf: ReturnType<typeof actionsIn>
}

type ValidTenant = Extract<DesiredTenant, { kind: 'valid' }>

/** The tenant, and what is to be reported of it. */
export type TenantResolver = (
  node: TenantNode,
  received: readonly Received[],
  /** Its entry so far; a new tenant has none. */
  before?: DesiredTenant,
  /** True where nothing but what it is given can be another than before. */
  isOnlyGiven?: boolean,
) => { readonly tenant: DesiredTenant; readonly problems: readonly Problem[] }

/** Computes one tenant: a function of its node, of what it receives, and of whom its actions are bound to. */
export function createTenantResolver({ subscriptions, renderer, bind, check, actionOf }: TenantParts): TenantResolver {
  const bindingsOf = createBindings(bind)
  const common = new Map<Chain, Map<Subscription, DesiredWorkflow>>()
  let found: Problem[] = []
  const report = (item: Problem): void => void found.push(item)
  return (node, received, before, isOnlyGiven = false) => {
    found = []
    // What nobody has read so far would be made of the files of now.
    const made = before?.kind === 'valid' && isMade(before) ? before : undefined
    return { tenant: resolveTenant(node, received, made, isOnlyGiven ? made : undefined), problems: found }
  }

  function resolveTenant(
    node: TenantNode,
    received: readonly Received[],
    before: ValidTenant | undefined,
    /** The same where its context holds as long as its workflows have the actions that they had. */
    bound: ValidTenant | undefined,
  ): DesiredTenant {
    const { timezone } = node.declared.resource.spec
    if (timezone !== undefined && !isTimezone(timezone)) report(badTimezone(node, timezone))
    const workflows = new Map<string, DesiredWorkflow>()
    for (const { subscription, chain } of received) {
      const known = bound?.workflows.get(subscription.workflow.name)
      const workflow =
        known && isAsBefore(known, subscription, chain) ? known : resolveWorkflow(node, subscription, chain)
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
    }
    const isBound = bound !== undefined && haveSameActions(bound.workflows, workflows)
    const served = isBound ? bound.context : bindingsFor(node, workflows)
    if ('problem' in served) return freeze(node.path, served.problem)
    const { bindings } = served
    const isReceived = (overlay: Declared<'Overlay'>): boolean =>
      workflows.values().some(({ chain }) => hasOverlay(chain, overlay))
    const extra = node.children.length === 0 && node.files.overlays.find((overlay) => !isReceived(overlay))
    if (extra) {
      report(
        warning('overlay-not-shared', `${node.path} does not receive ${extra.resource.spec.workflow}`, {
          tenant: node.path,
          place: { file: extra.file, line: 1, column: 1 },
          path: '/spec/workflow',
        }),
      )
    }
    const called = childrenOf(node.path, workflows, check, actionOf)
    if (called.kind === 'refused') return freeze(node.path, called.problem)
    if (isBound && !called.children && !bound.context.children) {
      const { path, uid, context, contextDigest } = bound
      return {
        kind: 'valid',
        path,
        uid,
        digest: tenantDigestOf(contextDigest, workflows),
        context,
        contextDigest,
        workflows,
      }
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
      bindings,
      ...(node.runDays !== undefined && { runDays: node.runDays }),
      ...(node.mount && { mount: { path: node.mount.path, tags: node.mount.tags } }),
      ...(called.children && { children: called.children }),
    }
    const { digest, ...rest } = withDigests(context, workflows, before)
    return { kind: 'valid', path: node.path, uid: node.uid, digest, ...rest, workflows }
  }

  function bindingsFor(
    node: TenantNode,
    workflows: ReadonlyMap<string, DesiredWorkflow>,
  ): Pick<TenantContext, 'bindings'> | { readonly problem: Problem } {
    const found = bindingsOf(node, workflows.values())
    if (found.kind === 'bound') return found
    const needing = workflows.values().find(({ spec }) => actionsOf(spec).includes(found.action))
    return { problem: { ...found.problem, message: `${found.problem.message} (needed by ${needing?.name})` } }
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
    if (held) report(heldBack(held, workflow.name))
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
    const name = fullName(workflow.owner, workflow.name)
    const isReadOnly = (entry: Entry<'Overlay' | 'Workflow'> | undefined | null): boolean =>
      entry != null && subscriptions.byTenant.get(entry.owner)?.get(name)?.access === 'read-only'
    let change: Entry<'Overlay' | 'Workflow'> | null | undefined
    if (chain.workflow !== workflow && isReadOnly(chain.workflow.head)) change = chain.workflow.head
    // The outermost is the first of them.
    if (!change)
      for (let at: Chain | null = chain; at; at = chainBefore(at)) if (isReadOnly(at.overlay)) change = at.overlay
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
    report(
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
    report(cause)
    return { kind: 'frozen', path, cause }
  }
}

/** Comparing a context costs a tenth of a new digest. */
function withDigests(
  context: TenantContext,
  workflows: ReadonlyMap<string, DesiredWorkflow>,
  before: ValidTenant | undefined,
): Pick<ValidTenant, 'digest' | 'context' | 'contextDigest'> {
  const isSame = before && equal(before.context as unknown as Json, context as unknown as Json)
  const kept = isSame ? before : { context, contextDigest: contextDigestOf(context) }
  return {
    context: kept.context,
    contextDigest: kept.contextDigest,
    digest: tenantDigestOf(kept.contextDigest, workflows),
  }
}

function pinOf(node: TenantNode, workflow: string): string | undefined {
  for (let at: TenantNode | null = node; at; at = at.parent) {
    const pin = at.declared.resource.spec.pins?.[workflow]
    if (pin !== undefined) return pin
  }
  return undefined
}

function cloneVersion(chain: Chain, wanted: string): string {
  const { head, releases } = rootChain(chain).workflow
  return releases.size === 0 && head && !isUnreadable(head) ? head.resource.spec.version : wanted
}

/** Nobody is frozen for it: only schedules without a zone of their own have no times then. */
function badTimezone({ path, declared }: TenantNode, name: string): Problem {
  const place = { file: declared.file, line: 1, column: 1 }
  return problem('bad-schedule', unknownTimezone(name), { tenant: path, place, path: '/spec/timezone' })
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
