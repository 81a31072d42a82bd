import type { Share } from '../model/generated/kinds.ts'
import { isWithin } from '../model/names.ts'
import type { TenantNode } from './hierarchy.ts'

type Selectable = Pick<TenantNode, 'path' | 'tags'>

export type Selector = Share['spec']['to']

/**
 * True iff the tenant satisfies every field of the selector: inside the subtree, one value of each tag, no value of
 * `not`, and not below an excluded path. `owner` is the tenant whose file holds the selector: tags that a customer gives
 * in a repository of its own count inside it only, or they would take somebody out of a guardrail from above.
 */
export function selects(
  selector: Selector,
  tenant: Selectable & { readonly mount: Selectable | null },
  owner?: string,
): boolean {
  const isFromAbove = owner !== undefined && tenant.mount !== null && !isWithin(owner, tenant.mount.path)
  const { tags } = isFromAbove ? tenant.mount : tenant
  if (selector.subtree !== undefined && !isWithin(tenant.path, selector.subtree)) return false
  for (const tag in selector.tags) {
    const value = tags[tag]
    if (value === undefined || !selector.tags[tag]?.includes(value)) return false
  }
  for (const tag in selector.not) {
    const value = tags[tag]
    if (value !== undefined && selector.not[tag]?.includes(value)) return false
  }
  return !selector.exclude?.some((path) => isWithin(tenant.path, path))
}

/** The tenants of a subtree, a parent before its children. */
export function* subtree(nodes: ReadonlyMap<string, TenantNode>, root: string): Generator<TenantNode> {
  if (root === '') yield* nodes.values()
  else {
    const top = nodes.get(root)
    if (top) yield* descend(top)
  }
}

function* descend(node: TenantNode): Generator<TenantNode> {
  yield node
  for (const child of node.children) yield* descend(child)
}

/**
 * Reads a tag expression of the command line: `tier=gold,silver region=eu !industry=retail under:acme/north`.
 * OR inside one tag's list, AND across tags. Returns a message where it cannot be read: a term that is given twice
 * would take the place of the first one without a word.
 */
export function parseSelector(text: string): Selector | string {
  const selector: { subtree?: string; tags: Record<string, string[]>; not: Record<string, string[]> } = {
    tags: Object.create(null),
    not: Object.create(null),
  }
  for (const term of text.trim().split(/\s+/)) {
    const under = /^under:(.+)$/.exec(term)
    const tag = /^(!?)([A-Za-z][\w.-]*)=(.+)$/.exec(term)
    if (under) {
      if (selector.subtree !== undefined) return `\`${term}\`: a tag expression names one subtree`
      selector.subtree = under[1] as string
    } else if (tag) {
      const [, not, name, list] = tag as unknown as [string, string, string, string]
      const values = list.split(',')
      if (values.includes('')) return `\`${term}\` has an empty value`
      const known = not ? selector.not[name] : selector.tags[name]
      if (known && !not) return `\`${name}\` stands twice: write ${name}=${[...known, ...values].join(',')}`
      if (not) selector.not[name] = [...(known ?? []), ...values]
      else selector.tags[name] = values
    } else return `\`${term}\` is not a tag expression: write tag=value[,value], !tag=value or under:path`
  }
  return selector
}
