import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeFiles } from '../fakes/write-files.ts'
import type { Report } from './harness.ts'
import { categoryFor, measureAgainst, names, patched, patchFor, templates, workflows } from './patched-tenants.ts'

/** Ten times as fast to YAML, sixty times to digests. */
const goals = { yaml: 1 / 10, digest: 1 / 60 }

/**
 * The same rendering by `kubectl kustomize` and here, from files to YAML and to digests. Where kubectl is not installed
 * nothing is measured: a figure without its peer says nothing.
 */
export async function benchKustomize(runs: number): Promise<Report> {
  const version = spawnSync('kubectl', ['version', '--client', '-o', 'json'], { encoding: 'utf8' })
  if (version.status !== 0) {
    console.log('\nkustomize: skipped, kubectl is not installed')
    return { benchmark: 'kustomize', parameters: {}, counts: {}, figures: [] }
  }
  const { kustomizeVersion = 'unknown' } = JSON.parse(version.stdout) as { readonly kustomizeVersion?: string }
  const folder = mkdtempSync(join(tmpdir(), 'headwater-kustomize-'))
  try {
    writeFiles(folder, Object.fromEntries(kustomizations()))
    const documents = names.length * workflows.length
    const figures = await measureAgainst(
      { name: 'kubectl kustomize', goals, render: () => kustomize(folder) },
      runs,
      (theirs, ours) => {
        const built = theirs.split(/^---$/m).length
        const changed = [...ours.values()].filter((text) => text.includes(`category: ${categoryFor('')}`)).length
        if (changed !== names.length || built !== documents)
          throw new Error(`${changed} tenants were customised here, ${built} documents came from kustomize`)
      },
    )
    const parameters = { tenants: names.length, workflows: workflows.length, runs, kustomize: kustomizeVersion }
    return { benchmark: 'kustomize', parameters, counts: { documents }, figures }
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

function* kustomizations(): Generator<readonly [path: string, text: string]> {
  for (const [at, text] of templates().entries()) yield [`base/${workflows[at]}.yaml`, text]
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
metadata: { name: ${patched.workflow} }
spec:
${patchFor(name).replaceAll(/^/gm, '  ')}
`,
    ]
  }
  yield ['kustomization.yaml', `resources:\n${names.map((name) => `  - tenants/${name}\n`).join('')}`]
}
