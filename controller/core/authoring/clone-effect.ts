import type { Declared, DesiredState, DesiredWorkflow, WorkflowFiles } from '../desired/index.ts'
import { digestOf } from '../desired/digest.ts'
import { fullName } from '../desired/fleet.ts'
import { type Chain, overlaysOf } from '../desired/chain.ts'
import { isWithin } from '../model/names.ts'
import { newMap } from '../model/values.ts'
import { originName } from './find-workflow.ts'

export interface Standing {
  /** What the clone stands in for, and at which release. */
  readonly above: Chain
  readonly base: string
  /** The tenant's overlay, where it stays for its locks. */
  readonly locks?: Declared<'Overlay'>
}

/** Tenants that would run something else once the clone is there: the owner and all below that have the workflow from it. */
export function changedByClone(
  state: DesiredState,
  workflow: DesiredWorkflow,
  clone: WorkflowFiles,
  { above, base, locks }: Standing,
): string[] {
  const root: Chain = {
    key: `${fullName(clone.owner, clone.name)} as cloned`,
    workflow: clone,
    above: null,
    overlay: null,
    standsFor: { chain: above, base },
  }
  const digests = new Map<string, string | undefined>()
  const changed: string[] = []
  for (const tenant of state.tenants.values()) {
    if (tenant.kind === 'frozen' || !isWithin(tenant.path, clone.owner)) continue
    const received = tenant.workflows.get(clone.name)
    // One that has a clone of its own further down, or another workflow of the same name, has nothing to do with this one.
    if (received?.chain.workflow !== workflow.chain.workflow || originName(received) !== originName(workflow)) continue
    const below = overlaysOf(received.chain).filter(
      ({ owner }) => owner !== clone.owner && isWithin(owner, clone.owner),
    )
    const chain = [...(locks ? [emptied(locks)] : []), ...below].reduce(onto, root)
    if (!digests.has(chain.key)) digests.set(chain.key, digestAt(state, chain, workflow.spec.version))
    if (digests.get(chain.key) !== received.digest) changed.push(tenant.path)
  }
  return changed
}

function onto(above: Chain, overlay: Declared<'Overlay'>): Chain {
  return { key: `${above.key} ${overlay.oid}`, workflow: above.workflow, above, overlay }
}

function emptied(overlay: Declared<'Overlay'>): Declared<'Overlay'> {
  const { resource } = overlay
  return {
    ...overlay,
    oid: `${overlay.oid} without its patch`,
    resource: { ...resource, spec: { ...resource.spec, patch: newMap() } },
  }
}

function digestAt({ renderer }: DesiredState, chain: Chain, release: string): string | undefined {
  const { rendering } = renderer.resolve(chain, release)
  return rendering.kind === 'rendered' ? digestOf(rendering.document.spec) : undefined
}
