import { hash } from 'node:crypto'
import type { DesiredState, DesiredWorkflow } from '../../controller/core/desired/index.ts'
import type { LoadedFleet } from '../../controller/reconcile/load-fleet.ts'

export interface Counts {
  readonly tenants: number
  readonly frozen: number
  readonly problems: number
  readonly files: number
  readonly subscriptions: number
  readonly customised: number
  /** Distinct pairs of release and chain, and distinct rendered objects: the second is never the larger. */
  readonly pairs: number
  readonly renderings: number
  /** Workflows that follow by a three-way merge, and workflows that a conflict holds back. */
  readonly followed: number
  readonly held: number
  /** Over the digests of all tenants: equal states, equal text. */
  readonly state: string
}

export function countsOf({ desired, snapshot, problems }: LoadedFleet): Counts {
  const received = workflowsOf(desired)
  const pairs = new Set(received.map(({ chain, release }) => `${chain.key} ${release}`))
  const tenants = [...desired.tenants.values()]
  const own = received.filter(({ chain }) => chain.overlay !== null)
  return {
    tenants: tenants.length,
    frozen: tenants.filter(({ kind }) => kind === 'frozen').length,
    problems: problems.length,
    files: snapshot.files.size,
    subscriptions: received.length,
    customised: own.length,
    pairs: pairs.size,
    renderings: distinctSpecs(desired).size,
    followed: own.filter(({ chain, release }) => chain.overlay?.resource.spec.base !== release).length,
    held: received.filter(({ held }) => held !== undefined).length,
    state: stateOf(desired),
  }
}

export function stateOf(desired: DesiredState): string {
  const lines = [...desired.tenants.values()].map((tenant) => `${tenant.path} ${digestOf(tenant)}`)
  return hash('sha256', lines.join('\n'))
}

function digestOf(tenant: DesiredState['tenants'] extends ReadonlyMap<string, infer T> ? T : never): string {
  return tenant.kind === 'valid' ? tenant.digest : 'frozen'
}

export function distinctSpecs(desired: DesiredState): Set<DesiredWorkflow['spec']> {
  return new Set(workflowsOf(desired).map(({ spec }) => spec))
}

function workflowsOf(desired: DesiredState): DesiredWorkflow[] {
  return [...desired.tenants.values()].flatMap((tenant) =>
    tenant.kind === 'valid' ? [...tenant.workflows.values()] : [],
  )
}

/** Every document of the fleet that could be read. */
export function documentsOf({ fleet }: DesiredState): unknown[] {
  const entries: unknown[] = [
    ...fleet.actions.values(),
    ...fleet.connectors.values(),
    ...fleet.shares,
    ...fleet.guardrails,
  ]
  for (const { head, channels, releases, tests } of fleet.workflows.values())
    entries.push(head, channels, ...releases.values(), ...tests)
  for (const { tenant, overlays, connections } of fleet.tenants.values())
    entries.push(tenant, ...overlays, ...connections.values())
  return entries.flatMap((entry) =>
    typeof entry === 'object' && entry !== null && 'resource' in entry ? [entry.resource] : [],
  )
}
