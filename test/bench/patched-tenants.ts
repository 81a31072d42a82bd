import { generateLibrary } from '../../controller/cli/generate-fleet-library.ts'
import { generateWorkflow, workflowNames } from '../../controller/cli/generate-fleet-workflow.ts'
import { resolve } from '../../controller/core/desired/index.ts'
import { checkWorkflowSpec } from '../../controller/reconcile/check-workflow-spec.ts'
import { renderedFiles, RenderedTexts } from '../../controller/reconcile/rendered-files.ts'
import { type Files, connection, overlay, parsed, share, tenant } from '../fakes/fleet-files.ts'
import { against, type Figure, median, timed } from './harness.ts'

/** What is rendered here and by a peer: 200 tenants below one parent, five workflows each, a patch each to the first. */
export const workflows = workflowNames(5)
export const names = Array.from({ length: 200 }, (_, at) => `t${at + 1}`)
const release = '2.0.0'

/** The workflow that tenants patch, the step, and what becomes of it. */
export const patched = { workflow: workflows[0] ?? '', step: 'ticket' }
export function categoryFor(tenant: string): string {
  return `changed-for-${tenant}`
}

export function patchFor(tenant: string): string {
  return `steps:\n  - id: ${patched.step}\n    with: { category: ${categoryFor(tenant)} }`
}

/** The text of each workflow, in their order. */
export function templates(): string[] {
  return workflows.map((name) => new Map(generateWorkflow(name, 1)).get(releasePath(name)) ?? '')
}

/** YAML by path on the rendered branch, and milliseconds from the files to the digests and from there to YAML. */
export async function renderTenants(files: Files = fleet()): Promise<{
  readonly texts: ReadonlyMap<string, string>
  readonly digestMs: number
  readonly yamlMs: number
}> {
  const { result, ms: digestMs } = await timed(() => resolve(parsed(files), checkWorkflowSpec))
  // One record tells of all of them.
  const record = new RenderedTexts()
  const { result: texts, ms } = await timed(() =>
    [...result.tenants.values()].flatMap((item) =>
      item.kind === 'valid' ? renderedFiles(item, undefined, record) : [],
    ),
  )
  return { texts: new Map(texts), digestMs, yamlMs: digestMs + ms }
}

interface Goals {
  readonly yaml: number
  readonly digest: number
}

/** A peer takes so much longer that it would not notice what hits one of ours: the median of several counts. */
const times = 5

/** The peer and both roads of ours in turn; `check` looks at what came of them. */
export async function measureAgainst(
  peer: { readonly name: string; readonly goals: Goals; render(): string },
  runs: number,
  check: (theirs: string, ours: ReadonlyMap<string, string>) => void,
): Promise<readonly Figure[]> {
  const files = fleet()
  const [theirs, yaml, digest]: [number[], number[], number[]] = [[], [], []]
  for (let run = 0; run < runs; run++) {
    const { result, ms } = await timed(peer.render)
    theirs.push(ms)
    check(result, (await renderTenants(files)).texts)
    const ours = []
    for (let time = 0; time < times; time++) ours.push(await renderTenants(files))
    digest.push(median(ours.map(({ digestMs }) => digestMs)))
    yaml.push(median(ours.map(({ yamlMs }) => yamlMs)))
  }
  const limit: Figure = { name: peer.name, unit: 'ms', samples: theirs }
  return [
    limit,
    against({ name: 'to YAML', unit: 'ms', samples: yaml }, limit, peer.goals.yaml),
    against({ name: 'to digests', unit: 'ms', samples: digest }, limit, peer.goals.digest),
  ]
}

function fleet(): Files {
  const products = ['desk', 'endpoint', 'identity', 'logs']
  const releases = workflows.flatMap((name) =>
    [...generateWorkflow(name, 1)].filter(([path]) => path === releasePath(name) || path.endsWith('channels.yaml')),
  )
  return Object.assign(
    Object.fromEntries([...generateLibrary(), ...releases]),
    share('everybody', `[${workflows.map((name) => `{ name: ${name}, channel: canary }`).join(', ')}]`),
    tenant('acme'),
    ...products.map((name) => connection('acme', name, `example-${name}`)),
    ...names.map((name) => tenant(`acme/${name}`)),
    ...names.map((name) => overlay(`acme/${name}`, patched.workflow, release, patchFor(name))),
  ) as Files
}

function releasePath(workflow: string): string {
  return `workflows/${workflow}/releases/${release}.yaml`
}
