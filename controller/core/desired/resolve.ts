import type { Digest, EffectiveWorkflow, TenantContext } from '../model/effective.ts'
import type { Action, Connector, Workflow } from '../model/generated/kinds.ts'
import { isError, type Problem, problem } from '../model/problems.ts'
import type { JsonMap } from '../model/values.ts'
import { createBinder } from './bind.ts'
import { actionsIn, checkCallsOfHeads } from './calls.ts'
import type { Chain } from './chain.ts'
import { checkTemplates } from './check-templates.ts'
import { checkGuardrails } from './check-guardrails.ts'
import type { Declared, Fleet } from './fleet.ts'
import { createFreezes, type Freezes } from './freezes.ts'
import type { Hierarchy, TenantNode } from './hierarchy.ts'
import { KnownTenant, type Outcome } from './known-tenant.ts'
import { buildLayers, type Layers } from './layers.ts'
import { createSignatures, type Memory } from './memory.ts'
import { referredObjects } from './referred-objects.ts'
import type { Renewed } from './renew-nodes.ts'
import { createRenderer, type Renderer, type Resolved } from './render.ts'
import { createTenantResolver, type Received, type TenantParts, type TenantResolver } from './resolve-tenant.ts'
import { selectSubscriptions, type Subscriptions } from './subscriptions.ts'

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
      /** Present where an earlier process found it, without a problem: what is read beside the digest is computed then. */
      readonly known?: KnownTenant
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

/**
 * Static check of a workflow document; problems carry field paths of the workflow. With what names mean around it also of
 * what it asks of its actions and of the workflows that it performs.
 */
export type CheckWorkflow = (
  workflow: Workflow['spec'],
  around?: {
    readonly calleeOf: (name: string) => Workflow['spec'] | undefined
    readonly actionOf: (name: string) => Action['spec'] | undefined
  },
  /** A workflow that it has most of its steps from. */
  from?: Workflow['spec'],
) => readonly Problem[]

/** What an earlier process found out about a tenant with this signature. */
export type Recall = (signature: string) => Outcome | undefined

/** A state, and what it takes to go on from it. */
export interface Parts {
  readonly state: Omit<DesiredState, 'tenants'> & { readonly tenants: Map<string, DesiredTenant> }
  readonly subscriptions: Subscriptions
  readonly freezes: Freezes
  /** What was reported of single tenants; most have nothing. */
  readonly reported: Map<string, readonly Problem[]>
  /** What concerns the fleet as a whole. */
  readonly general: readonly Problem[]
}

interface Given {
  readonly fleet: Fleet
  readonly hierarchy: Hierarchy
  readonly check: CheckWorkflow
  readonly recall: Recall
}

export function resolveWhole({ fleet, hierarchy, check, recall }: Given, before: Memory, next: Memory): Parts {
  const subscriptions = selectSubscriptions(fleet, hierarchy.nodes)
  const layers = buildLayers(fleet, hierarchy.nodes)
  const renderer = createRenderer((spec, from) => check(spec, undefined, from).find(isError), next)
  const signatureOf = createSignatures(fleet)
  const freezes = createFreezes(hierarchy, subscriptions, layers)
  const resolveTenant = tenantResolverOf({ fleet, subscriptions, renderer }, check)
  const receivedOf = (node: TenantNode): Received[] => receivedBy(node, subscriptions, layers)
  const tenants = new Map<string, DesiredTenant>()
  const reported = new Map<string, readonly Problem[]>()
  for (const path of [...fleet.tenants.keys()].sort()) {
    const node = hierarchy.nodes.get(path)
    const cause = freezes.causeOf(path)
    if (!node || cause) {
      tenants.set(path, frozenTenant(path, cause))
      continue
    }
    const signature = signatureOf(node, subscriptions.byTenant.get(path) ?? nothingGiven)
    let known = before.tenants.get(path)
    if (known?.signature !== signature) {
      const outcome = recall(signature)
      known = outcome
        ? {
            signature,
            tenant: new KnownTenant(node, outcome, () => resolveTenant(node, receivedOf(node)).tenant),
            problems: nothing,
          }
        : { signature, ...resolveTenant(node, receivedOf(node), known?.tenant) }
    }
    if (known.tenant.kind === 'valid') next.tenants.set(path, known)
    tenants.set(path, known.tenant)
    if (known.problems.length > 0) reported.set(path, known.problems)
  }
  const parts = {
    subscriptions,
    freezes,
    reported,
    general: [...checkGuardrails(fleet), ...checkTemplates(fleet, check), ...checkCallsOfHeads(fleet)],
  }
  const state = { tenants, ...referredObjects(fleet), fleet, hierarchy, layers, renderer }
  return { ...parts, state: { ...state, problems: problemsOf({ ...parts, state }) } }
}

const nothing: readonly Problem[] = []
const nothingGiven = new Map<string, never>()

function tenantResolverOf(
  { fleet, ...parts }: Pick<TenantParts, 'subscriptions' | 'renderer'> & { readonly fleet: Fleet },
  check: CheckWorkflow,
): TenantResolver {
  return createTenantResolver({ ...parts, check, actionOf: actionsIn(fleet), bind: createBinder(fleet) })
}

/** Resolves the tenants that changed files reach, and says which entries are others now. */
export function resolveReached(
  parts: Parts,
  { reached, rebound }: Pick<Renewed, 'reached' | 'rebound'>,
  memory: Memory,
  check: CheckWorkflow,
): Set<string> {
  const { state, subscriptions, freezes, reported } = parts
  const { tenants, layers, fleet, renderer } = state
  const resolveTenant = tenantResolverOf({ fleet, subscriptions, renderer }, check)
  for (const node of reached) {
    const { path } = node
    const cause = freezes.causeOf(path)
    const { tenant, problems } = cause
      ? { tenant: frozenTenant(path, cause), problems: [] }
      : resolveTenant(node, receivedBy(node, subscriptions, layers), tenants.get(path), !rebound.has(node))
    tenants.set(path, tenant)
    if (problems.length > 0) reported.set(path, problems)
    else reported.delete(path)
    // Its signature is of another time. It is named anew when somebody asks, or looked at once more with all others.
    memory.tenants.delete(path)
  }
  return new Set([...reached].map(({ path }) => path))
}

/** Signatures of tenants that were patched in. */
export function nameTenants({ state, subscriptions, reported }: Parts, paths: Iterable<string>, memory: Memory): void {
  let signatureOf: ReturnType<typeof createSignatures> | undefined
  for (const path of paths) {
    const tenant = state.tenants.get(path)
    const node = state.hierarchy.nodes.get(path)
    if (tenant?.kind !== 'valid' || !node || memory.tenants.has(path)) continue
    signatureOf ??= createSignatures(state.fleet)
    const signature = signatureOf(node, subscriptions.byTenant.get(path) ?? nothingGiven)
    memory.tenants.set(path, { signature, tenant, problems: reported.get(path) ?? nothing })
  }
}

function receivedBy(node: TenantNode, subscriptions: Subscriptions, layers: Layers): Received[] {
  const received: Received[] = []
  for (const subscription of (subscriptions.byTenant.get(node.path) ?? nothingGiven).values())
    received.push({ subscription, chain: layers.chainOf(node, subscription.workflow) })
  return received
}

function frozenTenant(path: string, cause: Problem | undefined): DesiredTenant {
  return { kind: 'frozen', path, cause: cause ?? problem('unknown-tenant', `${path} is not declared`) }
}

export function problemsOf({
  state,
  subscriptions,
  general,
  reported,
}: Pick<Parts, 'subscriptions' | 'general' | 'reported'> & {
  readonly state: Pick<DesiredState, 'fleet' | 'hierarchy' | 'layers'>
}): Problem[] {
  const { fleet, hierarchy, layers } = state
  const first = [fleet.problems, hierarchy.problems, subscriptions.problems, layers.problems, general]
  return unique([...first.flat(), ...[...reported.values()].flat()])
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
