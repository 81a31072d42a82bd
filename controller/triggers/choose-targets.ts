import { setImmediate as turn } from 'node:timers/promises'
import { parseSelector, selects } from '../core/desired/index.ts'
import type { EffectiveWorkflow } from '../core/model/effective.ts'
import type { JsonMap } from '../core/model/values.ts'
import type { BulkRequest } from '../core/run/bulk-run.ts'
import { checkInputs } from '../core/run/check-inputs.ts'
import type { AppliedTenants } from '../reconcile/applied-tenants.ts'

export type Choice =
  | ({ readonly kind: 'chosen' } & Pick<BulkRequest, 'targets' | 'skipped'>)
  | { readonly kind: 'refused'; readonly messages: readonly string[] }

/** Tenants that are read in one go; runs go on in between. */
const tenantsAtOnce = 100
const messagesShown = 3

/** The tenants that a tag expression chooses for a workflow, as they are applied; nobody where somebody's inputs are wrong. */
export async function chooseTargets(
  applied: AppliedTenants,
  { to, workflow: name, inputs }: Pick<BulkRequest, 'to' | 'workflow' | 'inputs'>,
): Promise<Choice> {
  const selector = parseSelector(to)
  if (typeof selector === 'string') return { kind: 'refused', messages: [selector] }
  const targets: BulkRequest['targets'][number][] = []
  const skipped: BulkRequest['skipped'][number][] = []
  const refused: string[] = []
  const verdicts = new Map<EffectiveWorkflow['spec'], readonly string[]>()
  let read = 0
  for (const path of applied.paths()) {
    if (++read % tenantsAtOnce === 0) await turn()
    const tenant = applied.get(path)
    if (!tenant) continue
    const { tags, mount = null } = tenant.context
    // Asked from above: what a repository of somebody's own says of itself lets nobody in, and keeps nobody out.
    if (!selects(selector, { path, tags, mount }, '')) continue
    const workflow = tenant.workflows.get(name)
    if (!workflow) skipped.push({ tenant: path, reason: `does not receive ${name}` })
    else if (tenant.context.suspended) skipped.push({ tenant: path, reason: 'is suspended' })
    else {
      const faults = verdicts.get(workflow.spec) ?? faultsOf(workflow.spec, inputs)
      verdicts.set(workflow.spec, faults)
      if (faults.length > 0) refused.push(`${path}: ${faults.join(' ')}`)
      targets.push({ tenant: path, uid: tenant.uid, owner: workflow.owner })
    }
  }
  if (targets.length === 0) return { kind: 'refused', messages: [`\`${to}\` selects no tenant that receives ${name}.`] }
  if (refused.length === 0) return { kind: 'chosen', targets, skipped }
  const more = refused.length > messagesShown ? [`… and ${refused.length - messagesShown} more tenants`] : []
  return { kind: 'refused', messages: [...refused.slice(0, messagesShown), ...more] }
}

function faultsOf(spec: EffectiveWorkflow['spec'], inputs: JsonMap): readonly string[] {
  const checked = checkInputs(spec.inputs, inputs)
  return checked.kind === 'refused' ? checked.messages : []
}
