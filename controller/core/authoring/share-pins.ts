import type { TenantNode } from '../desired/hierarchy.ts'
import { editYaml } from '../merge/index.ts'
import { schemaOf } from '../model/schemas.ts'
import { type Refusal, refused, type TextOf } from './authored.ts'

/**
 * Pins for tenants in the modes review and pinned: a release moves there only when a file of theirs says so, hence one
 * must say where it begins. Tenants come parents first, and a pin holds for all below.
 */
export function pinEdits(
  textOf: TextOf,
  tenants: readonly TenantNode[],
  want: { readonly workflow: string; readonly version: string; readonly updates?: 'auto' | 'review' | 'pinned' },
): ReadonlyMap<string, string> | Refusal {
  const { workflow, version, updates } = want
  const pinned = new Set<string>()
  const edits = new Map<string, string>()
  for (const tenant of tenants) {
    if ((updates ?? tenant.updates) === 'auto' || hasPin(tenant, workflow, pinned) || hasOverlay(tenant, workflow))
      continue
    pinned.add(tenant.path)
    const { file } = tenant.declared
    const written = editYaml({
      text: textOf(file),
      schema: schemaOf('Tenant'),
      edits: [{ path: ['spec', 'pins', workflow], value: version }],
    })
    if (written.kind === 'failed') return refused('wrong-value', `${file} cannot be edited: ${written.reason}`)
    edits.set(file, written.text)
  }
  return edits
}

function hasPin(tenant: TenantNode, workflow: string, pinned: ReadonlySet<string>): boolean {
  for (let at: TenantNode | null = tenant; at; at = at.parent)
    if (pinned.has(at.path) || at.declared.resource.spec.pins?.[workflow] !== undefined) return true
  return false
}

/** The base of its overlay is its pin. */
function hasOverlay(tenant: TenantNode, workflow: string): boolean {
  return tenant.files.overlays.some(
    ({ resource }) => resource.spec.workflow.slice(resource.spec.workflow.indexOf(':') + 1) === workflow,
  )
}
