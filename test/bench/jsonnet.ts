import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { parse } from 'yaml'
import { writeFiles } from '../fakes/write-files.ts'
import type { Report } from './harness.ts'
import { categoryFor, measureAgainst, names, patched, templates, workflows } from './patched-tenants.ts'

/** Four times as fast to YAML, twenty-five times to digests. */
const goals = { yaml: 1 / 4, digest: 1 / 25 }

/**
 * The same rendering by one `jsonnet` for all tenants and here, from files to YAML and to digests. jsonnet is given its
 * own best case: templates as JSON, patches as objects that extend others, and a stream of JSON for YAML. Where it is not
 * installed nothing is measured.
 */
export async function benchJsonnet(runs: number): Promise<Report> {
  const version = jsonnetVersion()
  if (version === undefined) {
    console.log('\njsonnet: skipped, it is not installed')
    return { benchmark: 'jsonnet', parameters: {}, counts: {}, figures: [] }
  }
  const folder = mkdtempSync(join(tmpdir(), 'headwater-jsonnet-'))
  try {
    writeFiles(folder, jsonnetFiles())
    let documents = 0
    const figures = await measureAgainst(
      { name: 'jsonnet', goals, render: () => jsonnet(folder) },
      runs,
      (theirs, ours) => (documents ||= equalDocuments(theirs, ours)),
    )
    const parameters = { tenants: names.length, workflows: workflows.length, runs, jsonnet: version }
    return { benchmark: 'jsonnet', parameters, counts: { documents }, figures }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Of jsonnet where it is installed; undefined elsewhere. */
export function jsonnetVersion(): string | undefined {
  const { status, stdout } = spawnSync('jsonnet', ['--version'], { encoding: 'utf8' })
  return status === 0 ? /\d+(\.\d+)+/.exec(stdout)?.[0] : undefined
}

function jsonnet(folder: string): string {
  const options = { cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 28 } as const
  const { status, stdout, stderr } = spawnSync('jsonnet', ['-y', 'main.jsonnet'], options)
  if (status !== 0) throw new Error(`jsonnet: ${stderr}`)
  return stdout
}

/** How many documents of all tenants there are; throws where one of them differs from ours. */
function equalDocuments(theirs: string, ours: ReadonlyMap<string, string>): number {
  const documents = theirs
    .split(/^---$/m)
    .flatMap((text) => (text.trim() === '' ? [] : [text.replace(/^\.\.\.$/m, '')]))
  const paths = names.flatMap((name) => workflows.map((workflow) => `acme/${name}/workflows/${workflow}.yaml`))
  if (documents.length !== paths.length) throw new Error(`${documents.length} documents came from jsonnet`)
  for (const [at, path] of paths.entries())
    if (!isDeepStrictEqual(JSON.parse(documents[at] ?? ''), parse(ours.get(path) ?? '')))
      throw new Error(`${path} is another one by jsonnet`)
  return documents.length
}

function jsonnetFiles(): Record<string, string> {
  const bases = templates().map((text, at) => {
    const { spec } = parse(text) as { readonly spec: object }
    return [`base/${workflows[at]}.json`, JSON.stringify(spec)] as const
  })
  const tenants = names.map((name) => {
    const patch = `{ ${patched.step}: { with+: { category: '${categoryFor(name)}' } } }`
    return [`tenants/${name}.jsonnet`, `{ '${patched.workflow}': ${patch} }\n`] as const
  })
  return { ...Object.fromEntries([...bases, ...tenants]), 'main.jsonnet': program() }
}

function program(): string {
  return `local bases = [
${workflows.map((name) => `  { name: '${name}', spec: import 'base/${name}.json' },\n`).join('')}];
local tenants = [
${names.map((name) => `  import 'tenants/${name}.jsonnet',\n`).join('')}];
local patched(spec, patch) = spec {
  steps: [if std.objectHas(patch, step.id) then step + patch[step.id] else step for step in spec.steps],
};
[
  if std.objectHas(tenant, base.name) then patched(base.spec, tenant[base.name]) else base.spec
  for tenant in tenants
  for base in bases
]
`
}
