import { hash } from 'node:crypto'
import type { Problem } from '../model/problems.ts'
import { type Fleet, isUnreadable } from './fleet.ts'
import type { TenantNode } from './hierarchy.ts'
import { stampOf } from './layers.ts'
import type { Rendered } from './render.ts'
import type { DesiredTenant } from './resolve.ts'
import { StepPool } from './step-pool.ts'
import type { Subscription } from './subscriptions.ts'

/**
 * What one resolve leaves to the next. Everything here is named by the ids of all that it was made of, so equal names
 * mean equal values and nothing has to be computed again; forgetting it costs time and nothing else.
 */
export interface Memory extends Rendered {
  /** By path. */
  readonly tenants: Map<string, RememberedTenant>
}

export interface RememberedTenant {
  readonly signature: string
  readonly tenant: DesiredTenant
  /** What was reported on the way. */
  readonly problems: readonly Problem[]
}

/** Renderings and steps that no tenant uses any more are dropped all at once, when they have become many. */
const keptRenderings = 50_000

export function isCrowded({ renderings }: Memory, tenants: number): boolean {
  return renderings.size > keptRenderings + 2 * tenants
}

/** For a fleet of so many tenants. */
export function newMemory(before?: Memory, tenants = 0): Memory {
  const isKept = before !== undefined && !isCrowded(before, tenants)
  const { renderings, steps } = isKept ? before : { renderings: new Map(), steps: new StepPool() }
  return { renderings, steps, tenants: new Map() }
}

/**
 * Names everything that a tenant's state is made of: its own files and those above it, what it is given by which share, and
 * what holds for the whole fleet. Equal for another process, too.
 */
export function createSignatures(fleet: Fleet): (node: TenantNode, given: Given) => string {
  const whole = stampOfFleet(fleet)
  const workflows = Map.groupBy(fleet.workflows.values(), ({ owner }) => owner)
  const nodes = new Map<TenantNode, string>()
  const choices = new Map<Given, string>()

  const nameOfNode = (node: TenantNode): string => {
    let name = nodes.get(node)
    if (name !== undefined) return name
    const { path, declared, files, parent, children } = node
    let text = `${parent ? nameOfNode(parent) : ''}\n${declared.file} ${declared.oid} ${children.length > 0}`
    for (const { file, oid } of files.connections.values()) text += `\n${file} ${oid}`
    for (const { file, oid } of files.overlays) text += `\n${file} ${oid}`
    // Clones among them.
    for (const own of workflows.get(path) ?? []) text += `\n${stampOf(own)}`
    // Of those at the end of the tree, which are most, nobody else asks for the name.
    if (children.length === 0) return text
    name = shortened(text)
    nodes.set(node, name)
    return name
  }
  const nameOfChoice = (given: Given): string => {
    let name = choices.get(given)
    if (name !== undefined) return name
    const texts = [...given.values()].map(({ share, target, workflow, access, updates }) => {
      const version = target.kind === 'release' ? target.version : ''
      return `${stampOf(workflow)} ${version} ${access} ${updates} ${share.file}`
    })
    name = shortened(texts.sort().join('\n'))
    choices.set(given, name)
    return name
  }
  return (node, given) => shortened(`${whole}\n${nameOfNode(node)}\n${nameOfChoice(given)}`)
}

type Given = ReadonlyMap<string, Subscription>

function shortened(text: string): string {
  return hash('sha256', text, 'base64url')
}

/** Connectors, actions, guardrails and shares reach across the tree: where one of them changes, everybody is looked at. */
function stampOfFleet(fleet: Fleet): string {
  const entries = [...fleet.actions.values(), ...fleet.connectors.values(), ...fleet.guardrails, ...fleet.shares]
  return shortened(entries.map((entry) => `${entry.file} ${isUnreadable(entry) ? '' : entry.oid}`).join('\n'))
}
