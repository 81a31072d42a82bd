import { equal, get, isList, isMap, type Json, type JsonMap, newMap } from '../model/values.ts'
import { applyKeyedList, applySet } from './apply-list.ts'
import { listRule } from './list-rule.ts'
import { fieldSchema, isUnknownField, type SchemaNode } from './merge-schema.ts'
import type { MergeProblem, Notice } from './notice.ts'
import {
  fromOverlayKey,
  has,
  isDirective,
  isListForm,
  isOn,
  toOverlayKey,
  valueDirectives,
} from './overlay-directives.ts'
import { OverlayWalk } from './overlay-walk.ts'
import { readPath } from './read-path.ts'

export interface OverlayInput {
  readonly base: Json | undefined
  readonly overlay: Json | undefined
  readonly schema?: SchemaNode
  /** The parent as it was before: tells a tombstone that has done its work from one that never had a target. */
  readonly previousBase?: Json
}

export type OverlayResult =
  | { readonly kind: 'applied'; readonly value: Json | undefined; readonly notices: readonly Notice[] }
  | { readonly kind: 'invalid'; readonly problems: readonly MergeProblem[] }

/**
 * Applies a change description to its parent. Without directives it is RFC 7396 (null deletes, other lists and scalars
 * replace), except that keyed lists merge by key and sets by element.
 * Directives: `$null` sets null, `$delete` deletes, `$replace` forgets the parent's value; in members of keyed lists
 * `$move` and `$after`, `$before`, `$position`, `$anchor`; for sets `{ $remove: [], $add: [] }`.
 * Untouched subtrees of the parent are shared. Every problem is reported, not only the first.
 */
export function applyOverlay({ base, overlay, schema, previousBase }: OverlayInput): OverlayResult {
  if (overlay === undefined || overlay === null)
    return { kind: 'applied', value: overlay === null ? null : base, notices: [] }
  const walk = new OverlayWalk(
    (path) => previousBase !== undefined && readPath(previousBase, path, schema) !== undefined,
  )
  const value = applyNode(base, overlay, schema, walk)
  if (walk.problems.length > 0) return { kind: 'invalid', problems: walk.problems }
  return { kind: 'applied', value, notices: walk.notices }
}

/** The value at one place; undefined deletes it. */
function applyNode(base: Json | undefined, overlay: Json, schema: SchemaNode, walk: OverlayWalk): Json | undefined {
  if (schema?.['x-merge-identity'] === 'immutable' && base !== undefined && !equal(base, overlay)) {
    walk.problem('immutable', 'An overlay cannot change what identifies the resource.')
    return base
  }
  const rule = listRule(schema)
  if (isMap(overlay)) {
    if (isOn(overlay, '$null')) return null
    if (isOn(overlay, '$delete')) return deleted(base, walk)
    if (isListForm(overlay)) {
      if (rule?.kind === 'keyed') return applyKeyedList(base, overlay, rule, walk, applyMap)
      if (rule?.kind === 'set') return applySet(base, overlay, rule, walk)
      walk.problem('misplaced-directive', 'This is no set, so there is nothing to add to or remove from.')
      return base
    }
    if (rule === undefined) return applyMap(base, overlay, schema, walk, valueDirectives)
  }
  if (rule === undefined) return overlay === null ? deleted(base, walk) : overlay
  if (overlay === null) return deleted(base, walk)
  if (!isList(overlay)) {
    walk.problem('wrong-type', 'Expected a list.')
    return base
  }
  return rule.kind === 'keyed'
    ? applyKeyedList(base, overlay, rule, walk, applyMap)
    : applySet(base, overlay, rule, walk)
}

function deleted(base: Json | undefined, walk: OverlayWalk): undefined {
  if (base === undefined) walk.noTarget()
}

function applyMap(
  base: Json | undefined,
  overlay: JsonMap,
  schema: SchemaNode,
  walk: OverlayWalk,
  allowed: ReadonlySet<string>,
): JsonMap {
  const parent =
    isMap(base) && !isOn(overlay, '$replace') && schema?.['x-kubernetes-map-type'] !== 'atomic' ? base : newMap()
  const result = newMap()
  let changed = parent !== base
  for (const key in parent) {
    const before = parent[key] as Json
    const change = get(overlay, toOverlayKey(key))
    const after =
      change === undefined ? before : walk.at(key, () => applyNode(before, change, fieldSchema(schema, key), walk))
    if (after !== before) changed = true
    if (after !== undefined) result[key] = after
  }
  for (const overlayKey in overlay) {
    const key = fromOverlayKey(overlayKey)
    if (isDirective(overlayKey)) checkDirective(overlay, overlayKey, walk, allowed)
    else if (overlayKey.startsWith('$') && isUnknownField(schema, key)) {
      walk.problem('unknown-directive', `There is no directive or field ${overlayKey}.`)
    } else if (!has(parent, key)) {
      const after = walk.at(key, () =>
        applyNode(undefined, overlay[overlayKey] as Json, fieldSchema(schema, key), walk),
      )
      if (after !== undefined) {
        result[key] = after
        changed = true
      }
    }
  }
  return changed ? result : (base as JsonMap)
}

function checkDirective(overlay: JsonMap, key: string, walk: OverlayWalk, allowed: ReadonlySet<string>): void {
  if (!allowed.has(key)) walk.problem('misplaced-directive', `${key} means nothing here.`)
  else if (valueDirectives.has(key) && get(overlay, key) !== true)
    walk.problem('bad-directive', `${key} can only be true.`)
}
