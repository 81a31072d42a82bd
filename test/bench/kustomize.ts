import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateLibrary } from '../../controller/cli/generate-fleet-library.ts'
import { generateWorkflow, workflowNames } from '../../controller/cli/generate-fleet-workflow.ts'
import { resolve } from '../../controller/core/desired/index.ts'
import { checkWorkflowSpec } from '../../controller/reconcile/check-workflow-spec.ts'
import { renderedFiles } from '../../controller/reconcile/rendered-files.ts'
import { type Files, connection, overlay, parsed, share, tenant } from '../fakes/fleet-files.ts'
import { against, type Figure, type Report, timed } from './harness.ts'
import { writeFiles } from '../fakes/write-files.ts'

/** One parent, so many tenants below it, five workflows for each, and one change of each tenant to the first of them. */
const tenants = 200
const workflows = workflowNames(5)
const release = '2.0.0'
const names = Array.from({ length: tenants }, (_, at) => `t${at + 1}`)
/** Ten times as fast to YAML, sixty times to digests. */
const goals = { yaml: 1 / 10, digest: 1 / 60 }

/**
 * The same rendering by `kubectl kustomize` and here: five templates for 200 tenants, a patch each, from files to YAML
 * and to digests. Where kubectl is not installed nothing is measured: a figure without its peer says nothing.
 */
export async function benchKustomize(runs: number): Promise<Report> {
  const version = spawnSync('kubectl', ['version', '--client', '-o', 'json'], { encoding: 'utf8' })
  if (version.status !== 0) {
    console.log('\nkustomize: skipped, kubectl is not installed')
    return { benchmark: 'kustomize', parameters: {}, counts: {}, figures: [] }
  }
  const { kustomizeVersion } = JSON.parse(version.stdout) as { readonly kustomizeVersion: string }
  const folder = mkdtempSync(join(tmpdir(), 'headwater-kustomize-'))
  try {
    writeFiles(folder, Object.fromEntries(kustomizations()))
    const files = fleet()
    const [peer, yaml, digest]: [number[], number[], number[]] = [[], [], []]
    let documents = 0
    for (let run = 0; run < runs; run++) {
      const built = await timed(() => kustomize(folder))
      documents = built.result.split(/^---$/m).length
      peer.push(built.ms)
      const { result, ms } = await timed(() => resolve(parsed(files), checkWorkflowSpec))
      digest.push(ms)
      const { result: texts, ms: more } = await timed(() =>
        [...result.tenants.values()].flatMap((item) => (item.kind === 'valid' ? renderedFiles(item) : [])),
      )
      yaml.push(ms + more)
      const changed = texts.filter(([, text]) => text.includes('category: changed-for-')).length
      if (changed !== tenants || documents !== tenants * workflows.length)
        throw new Error(`${changed} tenants were customised here, ${documents} documents came from kustomize`)
    }
    const limit: Figure = { name: 'kubectl kustomize', unit: 'ms', samples: peer }
    const here: Figure = { name: 'to YAML', unit: 'ms', samples: yaml }
    const hashed: Figure = { name: 'to digests', unit: 'ms', samples: digest }
    return {
      benchmark: 'kustomize',
      parameters: { tenants, workflows: workflows.length, runs, kustomize: kustomizeVersion },
      counts: { documents },
      figures: [limit, against(here, limit, goals.yaml), against(hashed, limit, goals.digest)],
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function kustomize(folder: string): string {
  const args = ['kustomize', folder, '--load-restrictor', 'LoadRestrictionsNone']
  const { status, stdout, stderr } = spawnSync('kubectl', args, { encoding: 'utf8', maxBuffer: 2 ** 28 })
  if (status !== 0) throw new Error(`kubectl kustomize: ${stderr}`)
  return stdout
}

function releases(): (readonly [path: string, text: string])[] {
  return workflows.flatMap((name) =>
    [...generateWorkflow(name, 1)].filter(
      ([path]) => path.endsWith(`/${release}.yaml`) || path.endsWith('channels.yaml'),
    ),
  )
}

function fleet(): Files {
  const products = ['desk', 'endpoint', 'identity', 'logs']
  return Object.assign(
    Object.fromEntries([...generateLibrary(), ...releases()]),
    share('everybody', `[${workflows.map((name) => `{ name: ${name}, channel: canary }`).join(', ')}]`),
    tenant('acme'),
    ...products.map((name) => connection('acme', name, `example-${name}`)),
    ...names.map((name) => tenant(`acme/${name}`)),
    ...names.map((name) => overlay(`acme/${name}`, workflows[0] ?? '', release, patchFor(name))),
  ) as Files
}

function patchFor(name: string): string {
  return `steps:\n  - id: ticket\n    with: { category: changed-for-${name} }`
}

function* kustomizations(): Generator<readonly [path: string, text: string]> {
  const texts = releases().filter(([path]) => path.endsWith(`/${release}.yaml`))
  for (const [at, [, text]] of texts.entries()) yield [`base/${workflows[at]}.yaml`, text]
  yield ['base/kustomization.yaml', `resources:\n${workflows.map((name) => `  - ${name}.yaml\n`).join('')}`]
  // Without a schema kustomize replaces the whole list of steps.
  const steps = { type: 'array', 'x-kubernetes-patch-merge-key': 'id', 'x-kubernetes-patch-strategy': 'merge' }
  const step = { type: 'object', properties: { id: { type: 'string' } } }
  const workflow = {
    type: 'object',
    'x-kubernetes-group-version-kind': [{ group: 'headwater.dev', version: 'v1', kind: 'Workflow' }],
    properties: { spec: { type: 'object', properties: { steps: { ...steps, items: step } } } },
  }
  yield ['schema.json', JSON.stringify({ definitions: { 'dev.headwater.v1.Workflow': workflow } })]
  for (const name of names) {
    yield [
      `tenants/${name}/kustomization.yaml`,
      `resources: [../../base]\nnameSuffix: -${name}\nopenapi: { path: ../../schema.json }\npatches: [{ path: patch.yaml }]\n`,
    ]
    yield [
      `tenants/${name}/patch.yaml`,
      `apiVersion: headwater.dev/v1
kind: Workflow
metadata: { name: ${workflows[0]} }
spec:
${patchFor(name).replaceAll(/^/gm, '  ')}
`,
    ]
  }
  yield ['kustomization.yaml', `resources:\n${names.map((name) => `  - tenants/${name}\n`).join('')}`]
}
