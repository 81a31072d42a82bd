import { createHash } from 'node:crypto'
import { type DesiredState, type FleetFile, resolve } from '../../controller/core/desired/index.ts'
import { parseDocument } from '../../controller/core/model/parse-document.ts'
import { checkWorkflowSpec } from '../../controller/reconcile/check-workflow-spec.ts'

/** The files of a fleet: YAML text by path. The builders below each make one file, or the few that belong together. */
export type Files = Readonly<Record<string, string>>

/** The files as the loader hands them on: through the parse gate, with the blob id git would give them. */
export function parsed(files: Files): FleetFile[] {
  return Object.entries(files).map(([path, text]) => ({
    path,
    oid: hash(`blob ${Buffer.byteLength(text)}\0${text}`),
    verdict: parseDocument({ file: path, bytes: Buffer.from(text) }),
  }))
}

export function resolveFiles(...parts: readonly Files[]): DesiredState {
  return resolve(parsed(Object.assign({}, ...parts)), checkWorkflowSpec)
}

/** `tenants/<path>/tenant.yaml`; `spec` is the YAML below `spec:`. */
export function tenant(path: string, spec = '', uid = `tenant-${hash(path).slice(0, 12)}`): Files {
  const name = path.slice(path.lastIndexOf('/') + 1)
  return {
    [`tenants/${path}/tenant.yaml`]: resource('Tenant', name, `displayName: ${name}\n${block(spec)}`, `, uid: ${uid}`),
  }
}

/** A chain of tenants, each below the one before: `acme/north/contoso` makes three. */
export function tenantsDownTo(path: string): Files {
  const parts = path.split('/')
  return Object.assign({}, ...parts.map((_, index) => tenant(parts.slice(0, index + 1).join('/'))))
}

/** `workflows/<name>/releases/<version>.yaml`; `spec` is what stands beside version and title. */
export function release(name: string, version: string, spec: string, owner = ''): Files {
  return {
    [`${folderOf(owner)}workflows/${name}/releases/${version}.yaml`]: resource(
      'Workflow',
      name,
      `version: ${version}\ntitle: ${name}\n${block(spec)}`,
    ),
  }
}

export function channels(name: string, map: string, owner = ''): Files {
  return {
    [`${folderOf(owner)}workflows/${name}/channels.yaml`]: resource('Channels', name, `channels: ${map}`),
  }
}

/** One step that needs nobody: what a workflow does where a case is not about steps. */
export const oneStep = 'steps: [{ id: note, set: { text: hello } }]'

/** A workflow with a release and a stable channel that points to it. */
export function workflow(name: string, spec = oneStep, owner = ''): Files {
  return { ...release(name, '1.0.0', spec, owner), ...channels(name, '{ stable: 1.0.0 }', owner) }
}

/** `spec` is the YAML below `spec:`; everybody receives the stable channel where it is left out. */
export function share(name: string, workflow: string, spec = 'to: {}', owner = ''): Files {
  const workflows = workflow.startsWith('[') ? workflow : `[{ name: ${workflow} }]`
  return {
    [`${folderOf(owner)}policies/shares/${name}.yaml`]: resource(
      'Share',
      name,
      `workflows: ${workflows}\n${block(spec)}`,
    ),
  }
}

/** `patch` is the YAML below `patch:`, and `rest` what stands beside it, such as locks. */
export function overlay(owner: string, workflow: string, base: string, patch: string, rest = ''): Files {
  const spec = `workflow: ${workflow}\nbase: ${base}\npatch:\n${indent(block(patch), 2)}\n${block(rest)}`
  return { [`tenants/${owner}/overlays/${workflow}.yaml`]: resource('Overlay', workflow, spec) }
}

export function guardrail(name: string, spec: string, owner = ''): Files {
  return { [`${folderOf(owner)}policies/guardrails/${name}.yaml`]: resource('Guardrail', name, block(spec)) }
}

export function action(name: string, effect = 'contain'): Files {
  const spec = `{ title: ${name}, effect: ${effect}, input: { type: object }, output: { type: object } }`
  return { [`connectors/actions/${name}.yaml`]: document('Action', name, spec) }
}

export function connector(name: string, actions: readonly string[], rest = ''): Files {
  const requests = '[{ id: call, method: POST, path: /do, example: { status: 200 } }]'
  const items = actions.map((each) => `  - { action: ${each}, requests: ${requests}, output: {} }`).join('\n')
  const spec = `vendor: ${name}\nproduct: ${name}\nauth: { scheme: none }\n${block(rest)}\nactions:\n${items}`
  return { [`connectors/vendors/${name}.yaml`]: resource('Connector', name, spec) }
}

export function connection(owner: string, name: string, connector: string, rest = ''): Files {
  const spec = `connector: ${connector}\nbaseUrl: https://${name}.example\n${block(rest)}`
  return { [`tenants/${owner}/connections/${name}.yaml`]: resource('Connection', name, spec) }
}

/** A file that no kind accepts, at the place of another one. */
export function broken(path: string): Files {
  return { [path]: 'kind: [' }
}

export function without(files: Files, ...paths: readonly string[]): Files {
  return Object.fromEntries(Object.entries(files).filter(([path]) => !paths.includes(path)))
}

function hash(text: string): string {
  return createHash('sha1').update(text).digest('hex')
}

function resource(kind: string, name: string, spec: string, metadata = ''): string {
  return document(kind, name, `\n${indent(spec, 2)}`, metadata)
}

function document(kind: string, name: string, spec: string, metadata = ''): string {
  return `apiVersion: headwater.dev/v1\nkind: ${kind}\nmetadata: { name: ${name}${metadata} }\nspec: ${spec}\n`
}

function folderOf(owner: string): string {
  return owner === '' ? '' : `tenants/${owner}/`
}

/** A template literal without the indentation of the code around it. */
function block(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  const margin = Math.min(...lines.map((line) => line.length - line.trimStart().length))
  return lines.map((line) => line.slice(margin)).join('\n')
}

function indent(text: string, by: number): string {
  return text
    .split('\n')
    .map((line) => ' '.repeat(by) + line)
    .join('\n')
}
