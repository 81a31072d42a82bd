import type { ObservedTenant } from '../core/desired/index.ts'
import { emitRoot, type ItemTexts } from '../core/merge/index.ts'
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
export function renderedFiles(
  tenant: LiveTenant,
  before?: ObservedTenant,
  texts: RenderedTexts = new RenderedTexts(),
): [string, string][] {
  const workflows = [...tenant.workflows.values()]
    .filter(({ name, release, digest }) => {
      const old = before?.workflows[name]
      return old?.digest !== digest || old.release !== release
    })
    .map(({ name, release, digest, spec }): [string, string] => [
      workflowPath(tenant.path, name),
      texts.workflow(`# release ${release}, digest ${digest}`, spec),
    ])
  if (before?.contextDigest === tenant.contextDigest) return workflows
  return [[contextPath(tenant.path), texts.yaml(inOrder(tenant.context))], ...workflows]
}

/** Bindings stand in the order of first use, which a history need not show. */
function inOrder(context: LiveTenant['context']): LiveTenant['context'] {
  const bindings = Object.entries(context.bindings).sort(([a], [b]) => (a < b ? -1 : 1))
  return { ...context, bindings: Object.fromEntries(bindings) }
}

/** Says which application the branch tells of, so that a start knows whether it is up to date. */
export const appliedPath = 'applied.yaml'

export function appliedText(commit: string, at: number): string {
  return new RenderedTexts().yaml({ commit, appliedAt: at })
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

/** The texts of one record. Tenants with equal chains share one object, others most of its steps, and so their text. */
export class RenderedTexts {
  readonly #workflows = new Map<object, { readonly head: string; readonly text: string }>()
  readonly #items: ItemTexts = new WeakMap()

  workflow(head: string, spec: object): string {
    let known = this.#workflows.get(spec)
    if (known?.head !== head) this.#workflows.set(spec, (known = { head, text: `${head}\n${this.yaml(spec)}` }))
    return known.text
  }

  yaml(value: object): string {
    return emitRoot(value as Json, { style, eol: '\n', items: this.#items })
  }
}
