import type { Digest, EffectiveWorkflow } from '../model/effective.ts'
import { rootChain } from './chain.ts'
import type { TenantNode } from './hierarchy.ts'
import type { RememberedTenant } from './memory.ts'
import type { DesiredTenant } from './resolve.ts'

/** What is worth keeping of a tenant for another process, by its signature. */
export interface Outcome {
  readonly digest: Digest
  /** How many workflows it has. */
  readonly workflows: number
  readonly hasSchedule: boolean
  /** One of its workflows is not at the release that is meant, or a clone, which follows none. */
  readonly isBehind: boolean
}

type ValidTenant = Extract<DesiredTenant, { kind: 'valid' }>

/** Undefined for a tenant of which there is something to say: it is computed again, so that it is said again. */
export function outcomeOf({ tenant, problems }: RememberedTenant): Outcome | undefined {
  if (tenant.kind !== 'valid' || problems.length > 0) return undefined
  if (tenant.known) return tenant.known.outcome
  const { digest, workflows } = tenant
  const isBehind = [...workflows.values()].some(
    ({ wanted, release, chain }) => wanted !== release || rootChain(chain).standsFor !== undefined,
  )
  return { digest, workflows: workflows.size, hasSchedule: hasSchedule(tenant), isBehind }
}

/** Whether one of its workflows starts by a schedule. */
export function hasSchedule(tenant: {
  readonly workflows: ReadonlyMap<string, Pick<EffectiveWorkflow, 'spec'>>
}): boolean {
  if (tenant instanceof KnownTenant) return tenant.outcome.hasSchedule
  for (const { spec } of tenant.workflows.values())
    if (spec.triggers?.some(({ type }) => type === 'schedule')) return true
  return false
}

/** False for a tenant whose contents nobody has read yet. */
export function isMade(tenant: object): boolean {
  return !(tenant instanceof KnownTenant) || tenant.isMade
}

/**
 * A tenant whose digest is known from an earlier process. Most are never asked for more: they are what was applied. The
 * rest is computed when it is read, out of the files, which are the same as long as the tenant is part of a state.
 */
export class KnownTenant implements Omit<ValidTenant, 'known'> {
  readonly kind = 'valid'
  readonly path: string
  readonly uid: string
  readonly outcome: Outcome
  #make: (() => DesiredTenant) | undefined
  #made: ValidTenant | undefined

  constructor({ path, uid }: TenantNode, outcome: Outcome, make: () => DesiredTenant) {
    this.path = path
    this.uid = uid
    this.outcome = outcome
    this.#make = make
  }

  get digest() {
    return this.outcome.digest
  }

  get context() {
    return this.#whole().context
  }

  get contextDigest() {
    return this.#whole().contextDigest
  }

  get workflows() {
    return this.#whole().workflows
  }

  get known() {
    return this
  }

  get isMade(): boolean {
    return this.#made !== undefined
  }

  #whole(): ValidTenant {
    if (this.#made) return this.#made
    const made = this.#make?.()
    if (made?.kind !== 'valid' || made.digest !== this.digest)
      throw new Error(
        `${this.path} is not what the cache says. Delete the folder \`cache\` of the state and start again.`,
      )
    this.#make = undefined
    return (this.#made = made)
  }
}
