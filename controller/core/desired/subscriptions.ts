import { depthOf, isWithin } from '../model/names.ts'
import { type Problem, problem, warning } from '../model/problems.ts'
import { type Declared, type Fleet, fullName, isUnreadable, type WorkflowFiles } from './fleet.ts'
import { mountBelow, type TenantNode } from './hierarchy.ts'
import { type Target, targetRelease } from './releases.ts'
import { createHandOn, type HandOn } from './hand-on.ts'
import { selects } from './select.ts'
import { isClone, visibleWorkflow } from './visible-workflow.ts'

/** What a share hands to one tenant. */
export interface Subscription {
  readonly workflow: WorkflowFiles
  readonly share: Declared<'Share'>
  readonly target: Target
  readonly access: 'customisable' | 'read-only'
  readonly updates: 'auto' | 'review' | 'pinned' | undefined
}

export interface Subscriptions {
  /** By tenant path, then by full name of the workflow, in the order of the short names. Tenants that the same offers select have the same map. */
  readonly byTenant: ReadonlyMap<string, ReadonlyMap<string, Subscription>>
  /** Tenants for which two shares disagree. */
  readonly frozen: ReadonlyMap<string, Problem>
  readonly problems: readonly Problem[]
  /** Selects anew for tenants whose tags have changed; everything else stays. */
  renew(tenants: Iterable<TenantNode>): void
  /** Looks anew where channels point to, and answers with the tenants for which that makes a difference. */
  retarget(): readonly TenantNode[]
}

/** A share made ready: what it hands to whoever it selects. */
export interface Offer {
  readonly order: number
  readonly share: Declared<'Share'>
  /** Present where the share reaches beyond its owner: it hands out nothing and freezes those below him. */
  readonly beyond?: Problem
  readonly given: readonly (Given | { readonly unknown: Problem })[]
}

interface Given {
  readonly key: string
  readonly path: string
  readonly name: string
  readonly subscription: Subscription
}

interface Choice {
  /** In the order of the short names. */
  readonly subscriptions: ReadonlyMap<string, Subscription>
  readonly selectedBy: readonly Offer[]
  readonly frozen?: Problem
  readonly clashes: readonly Problem[]
}

/**
 * Which tenant receives which workflow. The nearest owner wins; two shares of one owner may both select a tenant iff
 * they say the same. Shares are taken from the nearest owner up, so that a dispute further up is none where a nearer
 * share has decided.
 */
export function selectSubscriptions(fleet: Fleet, nodes: ReadonlyMap<string, TenantNode>): Subscriptions {
  let { offers, problems } = readShares(fleet, nodes)
  let choose = createChooser(offers)
  const choices = new Map<string, Choice>()
  const byTenant = new Map<string, ReadonlyMap<string, Subscription>>()
  const frozen = new Map<string, Problem>()

  /** Each once; most tenants have one in common. */
  let made: ReadonlySet<Choice> | undefined

  const renew = (tenants: Iterable<TenantNode>): void => {
    for (const tenant of tenants) {
      made = undefined
      const { path } = tenant
      const choice = choose(tenant)
      choices.set(path, choice)
      replace(byTenant, path, choice.subscriptions.size > 0 ? choice.subscriptions : undefined)
      replace(frozen, path, choice.frozen)
    }
  }
  renew(nodes.values())
  const retarget = (): TenantNode[] => {
    const before = new Map(byTenant)
    const disputed = new Set(frozen.keys())
    ;({ offers, problems } = readShares(fleet, nodes))
    choose = createChooser(offers)
    renew(nodes.values())
    return [...nodes.values()].filter(
      ({ path }) => disputed.has(path) || frozen.has(path) || !isSameChoice(before.get(path), byTenant.get(path)),
    )
  }
  return {
    byTenant,
    frozen,
    renew,
    retarget,
    get problems() {
      made ??= new Set(choices.values())
      const selecting = new Set(made.values().flatMap(({ selectedBy }) => selectedBy))
      const missed = offers
        .filter((offer) => !offer.beyond && !selecting.has(offer))
        .map(({ share }) =>
          warning('empty-selector', 'the share selects no tenant', { ...placeIn(share), path: '/spec/to' }),
        )
      return [...problems, ...missed, ...made.values().flatMap(({ clashes }) => clashes)]
    },
  }
}

function isSameChoice(a: ReadonlyMap<string, Subscription> = new Map(), b: typeof a = new Map()): boolean {
  if (a.size !== b.size) return false
  for (const [key, one] of a) {
    const other = b.get(key)
    if (!other || one.share !== other.share || !agree(one, other)) return false
  }
  return true
}

function replace<T>(map: Map<string, T>, key: string, value: T | undefined): void {
  if (value === undefined) map.delete(key)
  else map.set(key, value)
}

/** What can be said of the shares themselves, from the nearest owners up. */
function readShares(
  fleet: Fleet,
  nodes: ReadonlyMap<string, TenantNode>,
): { readonly offers: readonly Offer[]; readonly problems: readonly Problem[] } {
  const problems: Problem[] = []
  const shared = new Set<WorkflowFiles>()
  const shares = [...fleet.shares].sort((a, b) => depthOf(b.owner) - depthOf(a.owner))
  const offers = shares.map((share, order): Offer => {
    const { spec } = share.resource
    const root = spec.to.subtree ?? share.owner
    if (!isWithin(root, share.owner)) {
      const message = `a share of ${share.owner} cannot reach ${root}`
      const beyond = problem('out-of-scope', message, { ...placeIn(share), path: '/spec/to/subtree' })
      problems.push(beyond)
      return { order, share, beyond, given: [] }
    }
    if (root !== '' && !nodes.has(root) && !fleet.tenants.has(root))
      problems.push(
        problem('unknown-tenant', `there is no tenant ${root}`, { ...placeIn(share), path: '/spec/to/subtree' }),
      )
    const given = spec.workflows.map((wanted) => {
      const path = `/spec/workflows/[name=${wanted.name}]`
      const workflow = visibleWorkflow(fleet, share.owner, wanted.name)
      if ('code' in workflow) {
        const unknown = { ...workflow, ...placeIn(share), path: `${path}/name` }
        problems.push(unknown)
        return { unknown }
      }
      shared.add(workflow)
      const target = targetRelease(workflow, wanted, { file: share.file, path })
      if (target.kind === 'none') problems.push(target.problem)
      const subscription: Subscription = {
        workflow,
        share,
        target,
        access: spec.access ?? 'customisable',
        updates: spec.updates,
      }
      return { key: fullName(workflow.owner, workflow.name), path, name: wanted.name, subscription }
    })
    return { order, share, given }
  })
  for (const workflow of fleet.workflows.values()) {
    if (workflow.head && !isUnreadable(workflow.head) && !shared.has(workflow) && !isClone(workflow))
      problems.push(warning('not-shared', `${workflow.name} is shared with nobody`, placeIn(workflow.head)))
  }
  return { offers, problems }
}

/** The offers that may select a tenant, in order: those whose subtree it lies in. Tenants without an own one share the list. */
function createReach(offers: readonly Offer[]): (tenant: TenantNode) => readonly Offer[] {
  const byRoot = Map.groupBy(offers, ({ share, beyond }) =>
    beyond ? share.owner : (share.resource.spec.to.subtree ?? share.owner),
  )
  const known = new Map<TenantNode, readonly Offer[]>()
  const reach = (tenant: TenantNode): readonly Offer[] => {
    let all = known.get(tenant)
    if (!all) {
      const above = tenant.parent ? reach(tenant.parent) : (byRoot.get('') ?? [])
      const own = byRoot.get(tenant.path)
      all = own ? [...above, ...own].sort((a, b) => a.order - b.order) : above
      // Nobody asks again for a tenant at the end of the tree.
      if (tenant.children.length > 0) known.set(tenant, all)
    }
    return all
  }
  return reach
}

/** Tenants that the very same offers select share one choice, and with it the map of what they receive. */
function createChooser(offers: readonly Offer[]): (tenant: TenantNode) => Choice {
  const reaching = createReach(offers)
  const made = new Map<string, Choice>()
  return (tenant) => {
    const selecting = reaching(tenant).filter(
      ({ share, beyond }) => beyond || selects(share.resource.spec.to, tenant, share.owner),
    )
    const mount = mountBelow(tenant)
    if (mount) return choose(tenant, selecting, createHandOn(mount, reaching))
    const key = selecting.map(({ order }) => order).join()
    let choice = made.get(key)
    if (!choice) {
      choice = choose(tenant, selecting, (_offer, _key, subscription) => subscription)
      // A dispute names its tenant.
      if (choice.clashes.length === 0) made.set(key, choice)
    }
    return choice
  }
}

function choose(tenant: TenantNode, selecting: readonly Offer[], handOn: HandOn): Choice {
  const subscriptions = new Map<string, Subscription>()
  const selectedBy: Offer[] = []
  const clashes: Problem[] = []
  let frozen: Problem | undefined
  for (const offer of selecting) {
    if (offer.beyond) {
      frozen ??= offer.beyond
      continue
    }
    selectedBy.push(offer)
    for (const given of offer.given) {
      if ('unknown' in given) {
        // A misspelt name must not read as "these tenants no longer get the workflow".
        frozen ??= given.unknown
        continue
      }
      const { key, path, name } = given
      const subscription = handOn(offer, key, given.subscription)
      if (!subscription) {
        const message = `${name} comes from above, and nobody there shares it with ${offer.share.owner}`
        clashes.push(warning('out-of-scope', message, { ...placeIn(offer.share), path }))
        continue
      }
      const other = subscriptions.get(key)
      if (!other) subscriptions.set(key, subscription)
      else if (other.share.owner === offer.share.owner && !agree(other, subscription)) {
        const message = `${offer.share.file} and ${other.share.file} disagree about ${name} for ${tenant.path}`
        frozen = problem('share-conflict', message, { ...placeIn(offer.share), path, tenant: tenant.path })
        clashes.push(frozen)
      }
    }
  }
  return { subscriptions: inOrder(subscriptions), selectedBy, clashes, ...(frozen && { frozen }) }
}

function inOrder(subscriptions: ReadonlyMap<string, Subscription>): ReadonlyMap<string, Subscription> {
  return new Map([...subscriptions].sort(([, a], [, b]) => (a.workflow.name < b.workflow.name ? -1 : 1)))
}

function placeIn({ file }: { readonly file: string }) {
  return { place: { file, line: 1, column: 1 } }
}

function agree(a: Subscription, b: Subscription): boolean {
  const [left, right] = [a.target, b.target]
  const sameTarget = left.kind === 'release' && right.kind === 'release' && left.version === right.version
  return sameTarget && a.access === b.access && a.updates === b.updates
}
