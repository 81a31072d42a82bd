import { stringify } from 'yaml'
import type { ObservedTenant } from '../core/desired/index.ts'
import type { LiveTenant } from './live-tenants.ts'

/** The branch that tells what was applied; commits go through it, never through a checkout. */
export interface RenderedRecord {
  /** Message of its last commit; null where there is none. */
  lastMessage(): Promise<string | null>
  /** Paths of every file at its tip. */
  paths(): Promise<readonly string[]>
  /** Null deletes a file. Answers with the commit. */
  commit(files: ReadonlyMap<string, string | null>, message: string, at: number): Promise<string | null>
}

/**
 * The files of a tenant on the rendered branch, so that `git log -p headwater/rendered -- acme/north/contoso` tells
 * what ran for it and when. `workflows` cannot be the name of a tenant, so nothing collides.
 */
export function renderedPaths(tenant: Pick<ObservedTenant, 'path' | 'workflows'>): string[] {
  return [contextPath(tenant.path), ...Object.keys(tenant.workflows).map((name) => workflowPath(tenant.path, name))]
}

export function renderedFiles(tenant: LiveTenant): [string, string][] {
  const workflows = [...tenant.workflows.values()].map(({ name, release, digest, spec }): [string, string] => [
    workflowPath(tenant.path, name),
    `# release ${release}, digest ${digest}\n${yaml(spec)}`,
  ])
  return [[contextPath(tenant.path), yaml(tenant.context)], ...workflows]
}

function contextPath(tenant: string): string {
  return `${tenant}/context.yaml`
}

function workflowPath(tenant: string, name: string): string {
  return `${tenant}/workflows/${name}.yaml`
}

function yaml(value: object): string {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false })
}
