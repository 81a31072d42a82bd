import type { ObservedTenant } from '../core/desired/index.ts'
import { emitRoot } from '../core/merge/index.ts'
import type { Json } from '../core/model/values.ts'
import type { LiveTenant } from './live-tenants.ts'

/**
 * The files of a tenant on the rendered branch, so that `git log -p headwater/rendered -- acme/north/contoso` tells
 * what ran for it and when. `workflows` cannot be the name of a tenant, so nothing collides.
 */
export function renderedPaths(tenant: Pick<ObservedTenant, 'path' | 'workflows'>): string[] {
  return [contextPath(tenant.path), ...Object.keys(tenant.workflows).map((name) => workflowPath(tenant.path, name))]
}

/** Those that tell something else than before; all of them where nothing was told. */
export function renderedFiles(tenant: LiveTenant, before?: ObservedTenant): [string, string][] {
  const workflows = [...tenant.workflows.values()]
    .filter(({ name, release, digest }) => {
      const old = before?.workflows[name]
      return old?.digest !== digest || old.release !== release
    })
    .map(({ name, release, digest, spec }): [string, string] => [
      workflowPath(tenant.path, name),
      headed(`# release ${release}, digest ${digest}`, spec),
    ])
  if (before?.contextDigest === tenant.contextDigest) return workflows
  return [[contextPath(tenant.path), yaml(inOrder(tenant.context))], ...workflows]
}

/** Bindings stand in the order of first use, which a history need not show. */
function inOrder(context: LiveTenant['context']): LiveTenant['context'] {
  const bindings = Object.entries(context.bindings).sort(([a], [b]) => (a < b ? -1 : 1))
  return { ...context, bindings: Object.fromEntries(bindings) }
}

/** Says which application the branch tells of, so that a start knows whether it is up to date. */
export const appliedPath = 'applied.yaml'

export function appliedText(commit: string, at: number): string {
  return yaml({ commit, appliedAt: at })
}

function contextPath(tenant: string): string {
  return `${tenant}/context.yaml`
}

function workflowPath(tenant: string, name: string): string {
  return `${tenant}/workflows/${name}.yaml`
}

const style = {
  step: 2,
  indentsLists: true,
  quote: 'single',
  bracketsLists: false,
  mapPadding: '',
  listPadding: '',
} as const

const texts = new WeakMap<object, string>()
const headedTexts = new WeakMap<object, { readonly head: string; readonly text: string }>()

function headed(head: string, value: object): string {
  let known = headedTexts.get(value)
  if (known?.head !== head) {
    known = { head, text: `${head}\n${yaml(value)}` }
    headedTexts.set(value, known)
  }
  return known.text
}

/** Tenants with equal chains share one object, and so its text. */
function yaml(value: object): string {
  let text = texts.get(value)
  if (text === undefined) {
    text = emitRoot(value as Json, { style, eol: '\n' })
    texts.set(value, text)
  }
  return text
}
