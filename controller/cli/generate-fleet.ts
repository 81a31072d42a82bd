import { generateLibrary } from './generate-fleet-library.ts'
import { overlayText } from './generate-fleet-overlay.ts'
import { createRandom, type Random } from './generate-fleet-random.ts'
import { createPacks, type Packs, shareText } from './generate-fleet-shares.ts'
import { connectionText, type GeneratedTenant, tenantText } from './generate-fleet-tenant.ts'
import { generateTree } from './generate-fleet-tree.ts'
import { generateWorkflow, workflowNames } from './generate-fleet-workflow.ts'

export interface GenerateOptions {
  readonly tenants: number
  readonly workflows?: number
  readonly seed?: number
}

const customising = 0.4

/**
 * A fleet of the wanted size whose every name is invented: it validates without errors, every action binds, about two
 * in five tenants customise something, and no overlay conflicts. The same options give the same files.
 */
export function* generateFleet(options: GenerateOptions): Generator<readonly [path: string, text: string]> {
  const { tenants, workflows = 20, seed = 1 } = options
  const names = workflowNames(workflows)
  const packs = createPacks(names)
  yield* generateLibrary()
  for (const share of packs.shares) yield [`policies/shares/${share.name}.yaml`, shareText(share)]
  yield ['policies/guardrails/sessions.yaml', guardrail]
  const random = createRandom(seed)
  for (const tenant of generateTree(tenants, packs, random)) {
    const folder = `tenants/${tenant.path}`
    yield [`${folder}/tenant.yaml`, tenantText(tenant, random)]
    for (const [name, connector] of connectionsOf(tenant))
      yield [`${folder}/connections/${name}.yaml`, connectionText(name, connector, tenant.path)]
    for (const workflow of customisedBy(tenant, packs, random))
      yield [`${folder}/overlays/${workflow}.yaml`, overlayOf(tenant, workflow, random)]
  }
  for (const name of names) yield* generateWorkflow(name, seed)
}

/** Regions bring every product; some partners, and some customers, one of their own. */
function connectionsOf({ level, number, ownTags }: GeneratedTenant): readonly (readonly [string, string])[] {
  if (level === 'region')
    return ['desk', 'endpoint', 'identity', 'logs'].map((name) => [name, `example-${name}`] as const)
  if (ownTags['channel'] === 'reseller') return [['endpoint', 'other-endpoint']]
  return level === 'customer' && number % 10 === 0 ? [['directory', 'example-identity']] : []
}

function customisedBy({ level, number, tags }: GeneratedTenant, packs: Packs, random: Random): readonly string[] {
  const received = packs.received(tags)
  // The first region always changes what everybody receives: a change there is felt far down.
  if (level === 'region' && number === 1) return received.slice(0, 1)
  return random.chance(customising) ? random.some(received, 1 + random.below(3)) : []
}

function overlayOf({ path, level, number }: GeneratedTenant, workflow: string, random: Random): string {
  return overlayText(workflow, `${level}-${number}`, path.split('/').length, random)
}

const guardrail = `apiVersion: headwater.dev/v1
kind: Guardrail
metadata: { name: sessions }
spec:
  rule: approve
  effects: [destructive]
  message: Ending all sessions of a clinic needs a second pair of eyes.
  to:
    tags: { industry: [healthcare] }
`
