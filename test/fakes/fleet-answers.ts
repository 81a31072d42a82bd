import type { DesiredState, DesiredTenant, DesiredWorkflow } from '../../controller/core/desired/index.ts'

/** What a case asks of a desired state, short enough to stand in an expectation. */

/** The digest of every tenant; `frozen` for one that has none. */
export function digestsOf(state: DesiredState): Record<string, string> {
  return Object.fromEntries(
    [...state.tenants].map(([path, tenant]) => [path, tenant.kind === 'valid' ? tenant.digest : 'frozen']),
  )
}

/** The digests of every workflow of every tenant. */
export function renderDigestsOf(state: DesiredState): Record<string, string> {
  return Object.fromEntries(
    [...state.tenants.values()].flatMap((tenant) =>
      tenant.kind === 'valid'
        ? [...tenant.workflows.values()].map(({ name, digest }) => [`${tenant.path} ${name}`, digest])
        : [],
    ),
  )
}

/** Every frozen tenant with the code of its cause. */
export function frozenOf(state: DesiredState): Record<string, string> {
  return Object.fromEntries(
    [...state.tenants].flatMap(([path, tenant]) => (tenant.kind === 'frozen' ? [[path, tenant.cause.code]] : [])),
  )
}

/** `code file` of each problem, in the order in which they were found. */
export function problemsOf(state: DesiredState): string[] {
  return state.problems.map(({ code, place }) => `${code} ${place?.file ?? '-'}`)
}

export function errorsOf(state: DesiredState): string[] {
  return state.problems
    .filter(({ severity }) => severity === 'error')
    .map(({ code, place }) => `${code} ${place?.file ?? '-'}`)
}

export function validTenant(state: DesiredState, path: string): Extract<DesiredTenant, { kind: 'valid' }> {
  const tenant = state.tenants.get(path)
  if (tenant?.kind !== 'valid') throw new Error(`${path} is ${tenant ? `frozen: ${tenant.cause.message}` : 'absent'}`)
  return tenant
}

export function workflowOf(state: DesiredState, path: string, name: string): DesiredWorkflow {
  const workflow = validTenant(state, path).workflows.get(name)
  if (!workflow) throw new Error(`${path} has no ${name}`)
  return workflow
}

/** `name@release` of each workflow of a tenant. */
export function receives(state: DesiredState, path: string): string[] {
  return [...validTenant(state, path).workflows.values()].map(({ name, release }) => `${name}@${release}`)
}

/** Paths whose digest differs, or that only one side has. */
export function changedBetween(before: DesiredState, after: DesiredState): string[] {
  const [old, now] = [digestsOf(before), digestsOf(after)]
  return [...new Set([...Object.keys(old), ...Object.keys(now)])].filter((path) => old[path] !== now[path]).sort()
}
