import type { KindName, Kinds } from './generated/kinds.ts'
import type { Problem } from './problems.ts'

declare const gate: unique symbol

/** An object that came through `parseDocument`; nothing else makes one. Its value is frozen, deeply. */
export type ResourceOf<K extends KindName> = K extends KindName ? Kinds[K] & { readonly [gate]: true } : never
export type Resource = ResourceOf<KindName>

export type Verdict<K extends KindName = KindName> =
  | { readonly kind: 'parsed'; readonly resource: ResourceOf<K> }
  | { readonly kind: 'problems'; readonly problems: readonly Problem[] }
