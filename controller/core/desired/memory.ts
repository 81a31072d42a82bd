import { hash } from 'node:crypto'
import type { Problem } from '../model/problems.ts'
import { type Fleet, isUnreadable } from './fleet.ts'
import type { TenantNode } from './hierarchy.ts'
import type { Chain } from './chain.ts'
import type { Rendering } from './render.ts'
import type { DesiredTenant } from './resolve.ts'
import type { Subscription } from './subscriptions.ts'

/**
 * What one resolve leaves to the next. Everything here is named by the ids of all that it was made of, so equal names
 * mean equal values and nothing has to be computed again; forgetting it costs time and nothing else.
 */
export interface Memory {
  /** By key of the chain and release. */
  readonly renderings: Map<string, Rendering & { kind: 'rendered' }>
  /** By path. */
  readonly tenants: Map<string, RememberedTenant>
  /** Small names for long signatures. */
  readonly names: Map<string, number>
  /** Goes on from resolve to resolve: a number that was given must never come to mean something else. */
  readonly counter: { last: number }
}

export interface RememberedTenant {
  readonly signature: string
  readonly tenant: DesiredTenant
  /** What was reported on the way. */
  readonly problems: readonly Problem[]
}

/** Renderings that no tenant uses any more are dropped all at once, when they have become many. */
const keptRenderings = 50_000

export function isCrowded({ renderings, tenants }: Memory): boolean {
  return renderings.size > keptRenderings + 2 * tenants.size
}

export function newMemory(before?: Memory): Memory {
  const isKept = before !== undefined && !isCrowded(before)
  return {
    renderings: isKept ? before.renderings : new Map(),
    tenants: new Map(),
    names: new Map(),
    counter: before?.counter ?? { last: 0 },
  }
}

/**
 * Names everything that a tenant's state is made of: its own files and those above it, what it is given by which share,
 * every layer of each workflow, and what holds for the whole fleet.
 */
export function createSignatures(
  fleet: Fleet,
  before: Memory,
  next: Memory,
): (node: TenantNode, received: readonly { readonly subscription: Subscription; readonly chain: Chain }[]) => string {
  const nodes = new Map<TenantNode, number>()
  const whole = stampOf(fleet)

  const nameOf = (text: string): number => {
    const known = next.names.get(text) ?? before.names.get(text) ?? ++next.counter.last
    next.names.set(text, known)
    return known
  }
  const nodeName = (node: TenantNode): number => {
    const known = nodes.get(node)
    if (known !== undefined) return known
    const { declared, files, parent, children } = node
    const own = [...files.connections.values(), ...files.overlays].map(({ file, oid }) => `${file} ${oid}`)
    const name = nameOf(
      [parent ? nodeName(parent) : 0, declared.file, declared.oid, children.length > 0, ...own].join('\n'),
    )
    nodes.set(node, name)
    return name
  }
  return (node, received) => {
    const given = received.map(({ subscription, chain }) => {
      const { share, target, workflow, access, updates } = subscription
      const version = target.kind === 'release' ? target.version : ''
      return [workflow.owner, workflow.name, version, access, updates, share.file, nameOf(chain.key)].join(' ')
    })
    return [whole, nodeName(node), ...given].join('\n')
  }
}

/** Connectors, actions, guardrails and shares reach across the tree: where one of them changes, everybody is looked at. */
function stampOf(fleet: Fleet): string {
  const entries = [...fleet.actions.values(), ...fleet.connectors.values(), ...fleet.guardrails, ...fleet.shares]
  return hash('sha256', entries.map((entry) => `${entry.file} ${isUnreadable(entry) ? '' : entry.oid}`).join('\n'))
}
