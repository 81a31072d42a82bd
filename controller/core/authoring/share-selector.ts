import { parseSelector } from '../desired/index.ts'
import type { Selector } from '../desired/select.ts'
import { canonicalText, type Json, toValue } from '../model/values.ts'
import { type Refusal, refused } from './authored.ts'
import { inline } from './new-document.ts'

/** A tag expression as the `to` of a share, without what it leaves open. */
export function selectorOf(expression: string): Selector | Refusal {
  const parsed = parseSelector(expression)
  if (typeof parsed === 'string')
    return refused('wrong-value', parsed, 'for example `tier=gold,silver !industry=retail under:acme/north`')
  const { subtree, tags = {}, not = {} } = parsed
  return {
    ...(subtree !== undefined && { subtree }),
    ...(Object.keys(tags).length > 0 && { tags }),
    ...(Object.keys(not).length > 0 && { not }),
  }
}

/** The order of tags and of their values does not count, nor does an owner's own subtree. */
export function isSameSelector(a: Selector, b: Selector, owner: string): boolean {
  return canonicalText(normal(a, owner)) === canonicalText(normal(b, owner))
}

function normal({ subtree, tags = {}, not = {}, exclude = [] }: Selector, owner: string): Json {
  const sorted = (map: Readonly<Record<string, readonly string[]>>): Json =>
    Object.fromEntries(Object.entries(map).map(([tag, values]) => [tag, [...new Set(values)].sort()]))
  return toValue({ subtree: subtree ?? owner, tags: sorted(tags), not: sorted(not), exclude: [...exclude].sort() })
}

/** The lines below `to:`. */
export function selectorLines({ subtree, tags, not }: Selector): string {
  return [
    ...(subtree === undefined ? [] : [`    subtree: ${inline(subtree)}\n`]),
    ...(tags === undefined ? [] : [`    tags: ${inline(tags)}\n`]),
    ...(not === undefined ? [] : [`    not: ${inline(not)}\n`]),
  ].join('')
}
