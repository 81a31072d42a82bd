import type { Declared, WorkflowFiles } from './fleet.ts'

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
  /**
   * Of a tenant with several overlays of one workflow, at each but the first: the chain with the overlays before it, and
   * the chain with this one alone. All of them change the same level above; none changes what another has made.
   */
  readonly beside?: { readonly before: LayerChain; readonly alone: LayerChain }
  /** Of a clone: what it stands in for, and the release it was made from. */
  readonly standsFor?: { readonly chain: Chain; readonly base: string }
}

/** A chain that ends in an overlay. */
export type LayerChain = Chain & { readonly above: Chain; readonly overlay: Declared<'Overlay'> }

export function isLayer(chain: Chain): chain is LayerChain {
  return chain.above !== null && chain.overlay !== null
}

/** What this one builds on, one overlay less. */
export function chainBefore(chain: Chain): Chain | null {
  return chain.beside?.before ?? chain.above
}

/** The overlays of the last level, each alone on the level above. */
export function overlaysBeside(chain: LayerChain): LayerChain[] {
  return chain.beside ? [...overlaysBeside(chain.beside.before), chain.beside.alone] : [chain]
}

/** Every overlay of a chain, from the top down. */
export function overlaysOf(chain: Chain): Declared<'Overlay'>[] {
  const found: Declared<'Overlay'>[] = []
  for (let at: Chain | null = chain; at; at = chainBefore(at)) if (at.overlay) found.unshift(at.overlay)
  return found
}

export function hasOverlay(chain: Chain, overlay: Declared<'Overlay'>): boolean {
  for (let at: Chain | null = chain; at; at = chainBefore(at)) if (at.overlay === overlay) return true
  return false
}

/** The chain below every overlay: the workflow itself, or a clone of it. */
export function rootChain(chain: Chain): Chain {
  let at = chain
  while (at.above) at = at.above
  return at
}

/** The workflow that the chain starts from, clones in between left out. */
export function originOf(chain: Chain): WorkflowFiles {
  const { standsFor, workflow } = rootChain(chain)
  return standsFor ? originOf(standsFor.chain) : workflow
}
